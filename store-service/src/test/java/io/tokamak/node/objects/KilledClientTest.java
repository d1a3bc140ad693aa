package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.memory.KillPoint;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A client that is killed")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class KilledClientTest {
    private static final long POOL_BYTES = 192L << 20;
    private static final int SMALL_BYTES = 1_000;

    private StoreFixture fixture;
    private LaneClient other;

    @BeforeAll
    void open() throws IOException {
        fixture = StoreFixture.open(POOL_BYTES).served();
        other = fixture.attach();
        try (ClientProcess client = ClientProcess.start(fixture.folder, List.of(), "put", "10")) {
            assertThat(client.rest()).as("one that is not killed").hasSize(1);
        }
        clear();
    }

    @AfterAll
    void close() {
        other.close();
        fixture.close();
    }

    @ParameterizedTest(name = "{0} of {1} bytes at {2}: {3}")
    @CsvSource({
        // A record in a shared lane.
        "put, 1000, lane.leased, absent",
        "put, 1000, put.copied, absent",
        "put, 1000, put.written, absent",
        "put, 1000, put.committed, present",
        "put, 1000, put.rung, present",
        "put in place, 1000, put.written, absent",
        "put in place, 1000, put.committed, present",
        // Extent after extent: what was promised before is there.
        "put many, 60000, lane.entered:3, absent",
        "put many, 60000, put.written:200, absent",
        "put many, 60000, put.committed:200, present",
        // A named one: the node's answer may come to nobody.
        "put named, 1000, put.written, absent",
        "put named, 1000, put.committed, present",
        "put named, 1000, put.rung, present",
        "put named, 1000, put.answered, present",
        // One in a lane of its own, copied by several threads.
        "put, 25165824, lane.leased, absent",
        "put, 25165824, copy.chunk:1, absent",
        "put, 25165824, copy.chunk:6, absent",
        "put, 25165824, put.copied, absent",
        "put, 25165824, put.written, absent",
        "put, 25165824, put.committed, present",
        "put, 25165824, lane.closed, present",
        "put, 25165824, lane.returned, present",
        "put named, 25165824, put.written, absent",
        "put named, 25165824, put.committed, present",
        "put named, 25165824, put.answered, present",
        // A stream of unknown length, which moves to where its extent can grow.
        "stream, 5000000, stream.written, absent",
        "stream, 5000000, stream.leased, absent",
        "stream, 5000000, stream.moved, absent",
        "stream, 5000000, stream.extended:2, absent",
        "stream, 5000000, stream.extended:3, absent",
        "stream, 5000000, lane.returned:1, absent",
        "stream, 5000000, put.written, absent",
        "stream, 5000000, put.committed, present",
        // More than half of the pool: two extents of it would find no room.
        "stream, 130000000, stream.extended:7, absent",
        "stream, 130000000, put.committed, present",
        "stream named, 5000000, stream.moved, absent",
        "stream named, 5000000, lane.returned:1, absent",
        "stream named, 5000000, put.committed, present",
        // In place.
        "create, 3000000, lane.leased, absent",
        "create, 3000000, put.written, absent",
        "create, 3000000, put.committed, present",
        "create, 3000000, lane.closed, present",
        "abort, 3000000, lane.closed, absent",
        "abort, 3000000, lane.returned, absent",
    })
    @DisplayName(
            "I19, I12, I28: leaves an object whole or not at all, and every byte accounted for")
    void atEachStepOfAPut(String call, int size, String step, String expected) throws IOException {
        List<String> said = killed(step, call, Integer.toString(size));

        Set<ObjectId> promised = new HashSet<>();
        said.forEach(line -> promised.add(ObjectId.parse(line.substring("put ".length()))));
        long bytes = soundAndHolding(promised, expected.equals("present") ? 1 : 0);
        assertThat(fixture.balanced())
                .satisfies(
                        ledger -> {
                            assertThat(ledger.leased()).as("leased").isZero();
                            assertThat(ledger.condemned()).as("condemned").isZero();
                            assertThat(ledger.withheld()).as("withheld").isZero();
                            assertThat(ledger.inUse()).as("in use").isBetween(bytes, 2 * bytes);
                        });
        clear();
    }

    @ParameterizedTest(name = "{0} at {1}")
    @CsvSource({
        "get, get.stored",
        "get, get.fenced",
        "get, get.checked",
        "get, view.closed",
        "getAll, getAll.stored",
        "getAll, view.closed:2",
    })
    @DisplayName("I12, I28: holds no byte of what it was about to read, or read")
    void atEachStepOfAGet(String call, String step) throws IOException {
        ObjectId[] ids = {
            other.putSeen(TestBytes.of(SMALL_BYTES)), other.putSeen(TestBytes.of(SMALL_BYTES + 1))
        };
        killed(step, call, ids[0].toString(), ids[1].toString());

        soundAndHolding(Set.of(ids), 0);
        clear();
    }

    /** What the client said until it was killed at the step; its session is gone within 1 s. */
    private List<String> killed(String step, String... arguments) {
        try (ClientProcess client =
                ClientProcess.start(
                        fixture.folder,
                        List.of("-D%s=%s".formatted(KillPoint.PROPERTY, step)),
                        arguments)) {
            List<String> said = client.rest();
            assertThat(client.wasKilled()).as("killed at %s, having said %s", step, said).isTrue();
            assertThat(Eventually.holds("buried", () -> fixture.status().sessions().size() == 1))
                    .as("milliseconds until everything that it held is free")
                    .isLessThan(1_000);
            return said;
        }
    }

    /**
     * The checker finds what was promised, and so many objects more, all of them whole.
     *
     * @return bytes of payload in the store
     */
    private long soundAndHolding(Set<ObjectId> promised, int more) throws IOException {
        StoreFixture.get(fixture.store.resolve(List.copyOf(promised), 0, 0)); // drains
        Set<ObjectId> present = new HashSet<>();
        long[] bytes = new long[1];
        List<String> torn = new ArrayList<>();
        StoreReport report =
                StoreChecker.check(
                        fixture.files(),
                        StoreChecker.Mode.STRICT,
                        (id, _, payload) -> {
                            present.add(id);
                            bytes[0] += payload.byteSize();
                            String wrong = TestBytes.verify(payload);
                            if (wrong != null) {
                                torn.add(id + ": " + wrong);
                            }
                            return wrong;
                        });
        assertThat(torn).isEmpty();
        assertThat(report.findings(Severity.WARNING)).isEmpty();
        assertThat(present).containsAll(promised).hasSize(promised.size() + more);
        return bytes[0];
    }

    /** Every object can be deleted, and leaves nothing. */
    private void clear() throws IOException {
        List<ObjectId> all = new ArrayList<>();
        StoreChecker.check(
                fixture.files(),
                StoreChecker.Mode.STRICT,
                (id, _, _) -> {
                    all.add(id);
                    return null;
                });
        StoreFixture.get(fixture.store.delete(all));
        if (other.lane >= 0) {
            other.giveBackLane();
        }
        Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
        assertThat(fixture.balanced().inUse()).as(Arrays.toString(all.toArray())).isZero();
    }
}
