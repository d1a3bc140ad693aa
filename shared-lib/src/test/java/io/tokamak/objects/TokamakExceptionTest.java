package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An error")
class TokamakExceptionTest {
    private static final ObjectId ID = ObjectId.anonymous(1, 2, 3);
    private static final ObjectName NAME = new ObjectName("models", "llama");
    private static final MemoryShortage SHORTAGE =
            new MemoryShortage(
                    512L << 20,
                    8L << 30,
                    7L << 30,
                    96L << 20,
                    6_549_825_126L,
                    64L << 20,
                    0,
                    0,
                    0,
                    List.of(new MemoryShortage.Holder("s17", 4711, "python", 5_583_457_485L)),
                    List.of());

    private static final List<TokamakException> ALL =
            List.of(
                    new CorruptObject("record"),
                    new DeadlineExceeded("wait", Duration.ofSeconds(10)),
                    new DigestMismatch("sha-256", "aa", "bb"),
                    new IncompatibleStore(
                            "/dev/shm/t", "layout", "2", "1", "spill it with version 1"),
                    new InvalidRequest(InvalidRequest.BAD_LIMIT, "bad limit: 0", "use 1 to 1000"),
                    InvalidState.used("view", "closed"),
                    new NodeDown("n1", "connection refused", Duration.ofMillis(500)),
                    new NotCoLocated(NotCoLocated.NONCE_DIFFERS, "/dev/shm/t"),
                    new ObjectExists(NAME, ID, "n1", Instant.EPOCH),
                    new ObjectLost(ID, "n1"),
                    new ObjectNotFound(ID),
                    new ObjectNotFound(NAME),
                    new OutOfMemory(SHORTAGE),
                    new PartialReplication(ID, 3, 2),
                    new PermissionDenied("ann", "delete", "namespace models"),
                    new QuotaExceeded("models", "bytes", 10, 95, 100),
                    new SessionFenced("s17", "bad record"),
                    new StoreRetired("/dev/shm/t"),
                    new TooLarge(2L << 30, 1L << 30),
                    new TooManyPins(4096, 4096),
                    new Unauthenticated("no token"));

    @Test
    @DisplayName("has a stable code, a remedy, and both in its message")
    void isComplete() {
        assertThat(ALL)
                .allSatisfy(
                        error -> {
                            assertThat(error.code()).matches("[a-z]+(-[a-z]+)*");
                            assertThat(error.remedy()).isNotBlank();
                            assertThat(error).hasMessage(error.detail() + "; " + error.remedy());
                        });
        assertThat(ALL.stream().map(TokamakException::code).distinct())
                .containsExactly(
                        "corrupt-object",
                        "deadline-exceeded",
                        "digest-mismatch",
                        "incompatible-store",
                        "bad-limit",
                        "invalid-state",
                        "unavailable",
                        "not-co-located",
                        "object-exists",
                        "object-lost",
                        "object-not-found",
                        "out-of-memory",
                        "partial-replication",
                        "forbidden",
                        "quota-exceeded",
                        "session-fenced",
                        "store-retired",
                        "too-large",
                        "too-many-pins",
                        "unauthenticated");
    }

    @Test
    @DisplayName("of every permitted type is tested here")
    void isTested() {
        assertThat(ALL.stream().<Class<?>>map(Object::getClass).distinct().toList())
                .containsExactlyInAnyOrder(TokamakException.class.getPermittedSubclasses());
    }

    @Test
    @DisplayName("of memory says who holds what and what would help")
    void explainsMemory() {
        assertThat(new OutOfMemory(SHORTAGE))
                .hasMessage(
                        "out of memory: put of 512 MiB, free 96 MiB of 8 GiB, pinned 6.1 GiB (5.2"
                            + " GiB by python with pid 4711), leased 64 MiB; close views, delete,"
                            + " or raise tokamak.pool.size");
        assertThat(new OutOfMemory(SHORTAGE).numbers())
                .containsEntry("requested", 512L << 20)
                .containsEntry("capacity", 8L << 30)
                .containsEntry("live", 7L << 30)
                .containsEntry("pinned", 6_549_825_126L)
                .containsEntry("leased", 64L << 20)
                .containsEntry(
                        "pinHolders",
                        List.of(
                                Map.of(
                                        "session",
                                        "s17",
                                        "pid",
                                        4711L,
                                        "process",
                                        "python",
                                        "bytes",
                                        5_583_457_485L)));
    }

    @Test
    @DisplayName("reads the same in every language of the machine")
    void ignoresLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(new TooLarge(1536, 1 << 20))
                    .hasMessageStartingWith("too large: 1.5 KiB, the pool is 1 MiB;");
            assertThat(new ObjectNotFound(ID))
                    .hasMessageContaining("01000000010000000200000000000003");
        } finally {
            Locale.setDefault(before);
        }
    }
}
