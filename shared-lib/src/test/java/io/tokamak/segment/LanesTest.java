package io.tokamak.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.MemoryShortage;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.OutOfMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Lanes")
class LanesTest {
    private static final int EXTENT_BYTES = 64 << 10;
    private static final long POOL_BYTES = 4 << 20;

    private final Memory session = Memory.onHeap(SessionFile.LENGTH);
    private final Memory pool = Memory.onHeap(POOL_BYTES);
    private final Memory store = Memory.onHeap(StoreFile.LENGTH);
    private final FakeNode node = new FakeNode();
    private final Lanes lanes = new Lanes(session, pool, new Doorbell(store, pool), node, () -> {});

    /** Lends extents one after the other. */
    private final class FakeNode implements Leases {
        final List<Integer> returned = new ArrayList<>();
        final List<Integer> returnedLater = new ArrayList<>();
        long next = PoolFile.DATA_OFFSET;
        int lanes;
        boolean isFull;

        @Override
        public Extent leaseShared(long sizeBytes, Deadline deadline) {
            return extent(lanes++, 1, sizeBytes);
        }

        @Override
        public Extent leaseNext(int lane, long sizeBytes, Deadline deadline) {
            long base = SessionFile.laneOffset(lane);
            long number = session.getLong(base + SessionFile.OFFERED_OFFSET) + 1;
            return extent(lane, number, sizeBytes);
        }

        @Override
        public Extent leaseSingle(long sizeBytes, @Nullable ObjectId reserve, Deadline deadline) {
            return extent(lanes++, 1, sizeBytes);
        }

        @Override
        public Extent leaseGrowing(long sizeBytes, long welcomeBytes, Deadline deadline) {
            return extent(lanes++, 1, welcomeBytes);
        }

        @Override
        public long extend(int lane, long length, Deadline deadline) {
            long base = SessionFile.laneOffset(lane) + SessionFile.extentOffset(1);
            boolean isLast =
                    session.getLong(base) + session.getLong(base + Long.BYTES) == next && !isFull;
            if (isLast) {
                next = session.getLong(base) + length;
                session.putLong(base + Long.BYTES, length);
            }
            return session.getLong(base + Long.BYTES);
        }

        private Extent extent(int lane, long number, long sizeBytes) {
            if (isFull) {
                throw new OutOfMemory(
                        new MemoryShortage(1, 1, 0, 0, 0, 0, 0, 0, 0, List.of(), List.of()));
            }
            long length = Math.max(EXTENT_BYTES, (sizeBytes + 4095) & -4096L);
            long base = SessionFile.laneOffset(lane);
            session.putInt(base + SessionFile.KIND_OFFSET, SessionFile.KIND_SHARED);
            session.putLong(base + SessionFile.extentOffset(number), next);
            session.putLong(base + SessionFile.extentOffset(number) + Long.BYTES, length);
            session.putLongRelease(base + SessionFile.OFFERED_OFFSET, number);
            next += length;
            return new Extent(lane, number, next - length, length);
        }

        @Override
        public void giveBack(int lane) {
            returned.add(lane);
        }

        @Override
        public void giveBackLater(int lane) {
            returnedLater.add(lane);
        }

        @Override
        public void giveBackNow(int lane, Deadline deadline) {
            returned.add(lane);
        }
    }

    private Lane take(long payloadLength) {
        return Objects.requireNonNull(lanes.take(0, payloadLength, Deadline.NONE));
    }

    private long commit(Lane lane, long payloadLength) {
        long location = lane.location();
        lane.commit(PoolFile.recordEnd(location, 0, payloadLength));
        return location;
    }

    private long tail(long extentNumber) {
        return session.getLong(SessionFile.laneOffset(0) + SessionFile.tailOffset(extentNumber));
    }

    @Test
    @DisplayName("I19: move the tail by a commit, and by nothing else")
    void tail() {
        Lane lane = take(64);
        assertThat(tail(1)).isEqualTo(SessionFile.position(1, 0));
        pool.putLong(lane.location(), 42);
        assertThat(tail(1)).isEqualTo(SessionFile.position(1, 0));

        commit(lane, 64);
        assertThat(tail(1)).isEqualTo(SessionFile.position(1, 96));
    }

    @Test
    @DisplayName("never commit beyond the extent, and close it by the tail of the next")
    void extents() {
        for (int i = 0; i < 200; i++) {
            Lane lane = take(1024);
            long extentEnd = lane.extentEnd();
            long location = commit(lane, 1024);
            assertThat(PoolFile.recordEnd(location, 0, 1024)).isLessThanOrEqualTo(extentEnd);
            lanes.give(lane);
        }

        assertThat(node.lanes).isEqualTo(1);
        long offered = session.getLong(SessionFile.laneOffset(0) + SessionFile.OFFERED_OFFSET);
        assertThat(offered).isGreaterThan(2);
        assertThat(SessionFile.isInExtent(tail(offered), offered)).isTrue();
        assertThat(SessionFile.isInExtent(tail(offered - 1), offered - 1)).isTrue();
    }

    @Test
    @DisplayName(
            "I22: ask for the next extent once half of one is used, and enter it without a call")
    void offers() {
        Lane lane = take(EXTENT_BYTES / 2);
        long base = SessionFile.laneOffset(0);
        commit(lane, EXTENT_BYTES / 2);
        assertThat(session.getLong(base + SessionFile.WANTED_OFFSET)).isEqualTo(2);
        lanes.give(lane);

        Extent offered = node.leaseNext(0, 1, Deadline.NONE);
        node.isFull = true;
        Lane again = take(EXTENT_BYTES / 2);
        assertThat(again.location()).isEqualTo(offered.start());
    }

    @Test
    @DisplayName("I27: ring the node only when it says that somebody waits")
    void doorbell() {
        Lane lane = take(64);
        commit(lane, 64);
        assertThat(pool.getInt(PoolFile.DOORBELL_OFFSET)).isZero();

        store.putInt(StoreFile.WANTED_OFFSET, 1);
        commit(lane, 64);
        assertThat(pool.getInt(PoolFile.DOORBELL_OFFSET)).isEqualTo(1);
    }

    @Test
    @DisplayName("give a thread its own lane again, and another one while it is busy")
    void affinity() {
        Lane first = take(64);
        Lane inside = take(64);
        assertThat(inside).isNotSameAs(first);
        lanes.give(inside);
        lanes.give(first);

        assertThat(lanes.takeOwn(0, 64)).isSameAs(inside);
    }

    @Test
    @DisplayName("never have two threads in one lane")
    void exclusive() throws Exception {
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        Set<Long> locations = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 4; i++) {
            threads.add(
                    CompletableFuture.runAsync(
                            () -> {
                                for (int k = 0; k < 500; k++) {
                                    Lane lane =
                                            Objects.requireNonNull(
                                                    lanes.take(
                                                            0,
                                                            64,
                                                            Deadline.after(Duration.ofSeconds(5))));
                                    assertThat(locations.add(commit(lane, 64))).isTrue();
                                    lanes.give(lane);
                                }
                            },
                            task -> Thread.ofVirtual().start(task)));
        }
        for (CompletableFuture<Void> thread : threads) {
            thread.get(10, TimeUnit.SECONDS);
        }
        assertThat(locations).hasSize(2000);
    }

    @Test
    @DisplayName("fail with OutOfMemory at the deadline, and leave no lane taken")
    void outOfMemory() {
        node.isFull = true;
        assertThatThrownBy(() -> take(64)).isInstanceOf(OutOfMemory.class);

        node.isFull = false;
        assertThat(take(64)).isNotNull();
    }

    @Test
    @DisplayName("give back what was idle for ten seconds, and are never touched again")
    void idle() {
        Lane lane = take(64);
        commit(lane, 64);
        lanes.give(lane);
        lanes.keep(0);
        lanes.keep(TimeUnit.SECONDS.toNanos(9));
        assertThat(node.returned).isEmpty();

        lanes.keep(TimeUnit.SECONDS.toNanos(10));
        assertThat(node.returned).containsExactly(0);
        assertThat(lanes.takeOwn(0, 64)).isNull();
    }

    @Test
    @DisplayName("for one record are given back at once when bytes or a name are freed by it")
    void singles() {
        long record = PoolFile.recordBytesMax(0, EXTENT_BYTES);
        Lane aborted = lanes.leaseSingle(record, null, Deadline.NONE);
        lanes.giveBack(aborted);
        Lane named =
                lanes.leaseSingle(record, ObjectId.named(new ObjectName("a", "b")), Deadline.NONE);
        commit(named, named.extentEnd() - named.location() - PoolFile.HEADER_BYTES);
        lanes.giveBack(named);
        assertThat(node.returned).containsExactly(aborted.number(), named.number());
        assertThat(node.returnedLater).isEmpty();

        Lane full = lanes.leaseSingle(record, null, Deadline.NONE);
        commit(full, full.extentEnd() - full.location() - PoolFile.HEADER_BYTES);
        lanes.giveBack(full);
        assertThat(node.returned).hasSize(2);
        assertThat(node.returnedLater).containsExactly(full.number());
        assertThat(lanes.hasSingles()).isFalse();
    }

    @Test
    @DisplayName("are all given back at the end, and nobody gets one afterwards")
    void close() {
        lanes.give(take(64));
        lanes.close();

        assertThat(node.returned).containsExactly(0);
        assertThat(lanes.take(0, 64, Deadline.NONE)).isNull();
    }

    @Test
    @DisplayName("refuse an extent that lies outside of the pool")
    void badExtent() {
        node.next = POOL_BYTES - 4096;
        assertThatThrownBy(() -> take(64)).isInstanceOf(CorruptObject.class);
    }

    @Test
    @DisplayName("never give the same anonymous id twice")
    void ids() {
        IdSource source = new IdSource(7, 8);
        Set<ObjectId> ids = new HashSet<>();
        Lane first = take(64);
        Lane second = take(64);
        for (int i = 0; i < 2 * IdSource.BLOCK_COUNT; i++) {
            ids.add(first.nextId(source));
            ids.add(second.nextId(source));
            ids.add(source.next());
        }

        assertThat(ids).hasSize(6 * IdSource.BLOCK_COUNT);
        ObjectId any = ids.iterator().next();
        assertThat(any.storeNumber()).isEqualTo(7);
        assertThat(any.sessionNumber()).isEqualTo(8);
    }
}
