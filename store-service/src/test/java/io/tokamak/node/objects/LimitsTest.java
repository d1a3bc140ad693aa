package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.stub.StreamObserver;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import io.tokamak.session.Control;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A client that wants too much")
@Timeout(120)
class LimitsTest {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(100);

    private final StoreFixture fixture = StoreFixture.open().served();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static final StreamObserver<AttachResponse> DEAF =
            new StreamObserver<>() {
                @Override
                public void onNext(AttachResponse response) {}

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
            };

    private long sessionFiles() {
        try (Stream<Path> all = Files.list(fixture.files().sessions())) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName(
            "puts objects of an eighth of the pool as long as there is room, beside the lanes of"
                    + " others")
    void largeForThePool() {
        byte[] eighth = new byte[(int) (StoreFixture.POOL_BYTES / 8)];
        try (TokamakClient other = TokamakClient.connect(fixture.connectOptions());
                TokamakClient client = TokamakClient.connect(fixture.connectOptions())) {
            other.put(new byte[64], PutOptions.DEFAULTS);
            for (int i = 0; i < 6; i++) {
                client.put(eighth, PutOptions.DEFAULTS);
            }
            assertThat(client.node().ledger().inUse()).isGreaterThan(6L * eighth.length);
        }
    }

    @Test
    @DisplayName("is refused the sessions of a process beyond a number, until one has ended")
    void sessionsOfAProcess() {
        try (Control control = new Control(fixture.files())) {
            List<StreamObserver<AttachRequest>> streams = new ArrayList<>();
            for (int i = 0; i < SessionTable.SESSIONS_OF_PROCESS_MAX; i++) {
                StreamObserver<AttachRequest> stream = control.events().attach(DEAF);
                stream.onNext(
                        AttachRequest.newBuilder()
                                .setHello(
                                        AttachRequest.Hello.newBuilder()
                                                .setLayout(StoreFile.LAYOUT))
                                .build());
                streams.add(stream);
            }
            Eventually.holds("offered", () -> sessionFiles() == streams.size());
            assertThatThrownBy(() -> TokamakClient.connect(fixture.connectOptions()))
                    .isInstanceOfSatisfying(
                            QuotaExceeded.class,
                            refused -> {
                                assertThat(refused)
                                        .hasMessageContaining(
                                                "64 of 64 sessions of process %d are in use",
                                                Processes.pid());
                                assertThat(refused.remedy()).contains("connect once in a process");
                            });

            streams.getFirst().onCompleted();
            Eventually.holds("forgotten", () -> sessionFiles() < streams.size());
            try (TokamakClient client = TokamakClient.connect(fixture.connectOptions())) {
                assertThat(client.node().sessions()).hasSize(1);
            }
        }
    }

    @Test
    @DisplayName("is refused the sessions of a user beyond a number, and others are not")
    void sessionsOfAUser() {
        for (int i = 0; i < SessionTable.SESSIONS_OF_USER_MAX; i++) {
            StoreFixture.get(fixture.store.offer(new Peer(7, 1 + i)));
        }
        assertThatThrownBy(() -> StoreFixture.get(fixture.store.offer(new Peer(7, 0))))
                .isInstanceOf(CommandRefused.class)
                .hasMessageContaining("1024 of 1024 sessions of user 7 are in use");
        assertThat(StoreFixture.get(fixture.store.offer(new Peer(8, 1))).number()).isPositive();
    }

    private static List<ObjectId> ids(long from, int count) {
        return LongStream.range(from, from + count)
                .mapToObj(counter -> ObjectId.anonymous(1, 1, counter))
                .toList();
    }

    @Test
    @DisplayName("is refused to be notified of more objects than a number, until it needs fewer")
    void interests() {
        try (LaneClient client = fixture.attach();
                LaneClient other = fixture.attach()) {
            StoreFixture.get(fixture.store.addInterest(client.name, ids(1, Waits.INTERESTS_MAX)));
            assertThatThrownBy(
                            () ->
                                    StoreFixture.get(
                                            fixture.store.addInterest(client.name, ids(0, 1))))
                    .isInstanceOf(CommandRefused.class)
                    .hasMessageContaining(
                            "100000 of 100000 objects that session %d is notified of are in use",
                            client.number);
            StoreFixture.get(fixture.store.addInterest(other.name, ids(0, 1)));
            StoreFixture.get(fixture.store.removeInterest(client.name, ids(5, 2)));
            StoreFixture.get(fixture.store.addInterest(client.name, ids(5, 2)));
        }
    }

    @Test
    @DisplayName("is refused to wait for more objects than a number, until others have ended")
    void waits() {
        for (int i = 0; i < 9; i++) {
            var _ = fixture.store.resolve(ids(i * 100_000L, 100_000), 1, LONG_NANOS);
        }
        CompletableFuture<Store.Presence> last =
                fixture.store.resolve(ids(0, 100_000), 1, LONG_NANOS);
        assertThatThrownBy(() -> StoreFixture.get(fixture.store.resolve(ids(0, 1), 1, LONG_NANOS)))
                .isInstanceOf(CommandRefused.class)
                .hasMessageContaining("1000000 of 1000000 objects that calls wait for");
        last.complete(new Store.Presence(Set.of())); // its caller has gone
        Eventually.holds("room for another", this::isThereRoomForAWait);
    }

    @Test
    @DisplayName("I28: leaves nothing behind when it gives up waiting for room")
    void interruptedPut() throws InterruptedException {
        PutOptions named =
                PutOptions.named(new ObjectName("test", "given up"))
                        .withTimeout(Duration.ofSeconds(60));
        try (LaneClient prober = fixture.attach();
                TokamakClient client = TokamakClient.connect(fixture.connectOptions());
                TokamakClient other = TokamakClient.connect(fixture.connectOptions())) {
            ObjectId large =
                    client.put(MemorySegment.ofArray(new byte[13 << 20]), PutOptions.DEFAULTS).id();
            Eventually.holds("given back", () -> fixture.ledger().leased() == 0);

            Thread waiting =
                    Thread.ofPlatform()
                            .start(
                                    () ->
                                            assertThatThrownBy(() -> client.create(4 << 20, named))
                                                    .isInstanceOf(DeadlineExceeded.class));
            Eventually.holds("waits for room", () -> isSomebodyBefore(prober));
            waiting.interrupt();
            waiting.join();
            client.delete(large);

            try (ObjectWriter writer = other.create(4 << 20, named)) {
                writer.write(MemorySegment.ofArray(new byte[4 << 20]));
                assertThat(writer.seal().created()).isTrue();
            }
            Eventually.holds("given back", () -> fixture.ledger().leased() == 0);
            fixture.balanced();
        }
    }

    /** Whether a request for room waits. */
    private boolean isSomebodyBefore(LaneClient prober) {
        try {
            StoreFixture.get(
                    fixture.store.lease(
                            prober.name, null, SessionFile.KIND_SINGLE, 4 << 20, 0, null, 0));
            throw new AssertionError("there is room");
        } catch (CommandRefused none) {
            return String.valueOf(none.getMessage()).contains("came before");
        }
    }

    private boolean isThereRoomForAWait() {
        try {
            return StoreFixture.get(fixture.store.resolve(ids(0, 1), 1, 1)).present().isEmpty();
        } catch (CommandRefused full) {
            return false;
        }
    }
}
