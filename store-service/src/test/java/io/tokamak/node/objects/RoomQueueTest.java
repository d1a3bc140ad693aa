package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.SessionFile;
import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests for room in a store of 16 MiB that is nearly full. */
@DisplayName("Requests that wait for room")
@Timeout(120)
class RoomQueueTest {
    private static final int MIB = 1 << 20;
    private static final int RECORD_BYTES = 64 << 10;

    private final StoreFixture fixture = StoreFixture.open();
    private final LaneClient client = fixture.attach();
    private final List<ObjectId> objects = new ArrayList<>();

    @AfterEach
    void close() {
        client.close();
        fixture.close();
    }

    /** With records that lie close together. */
    private void fill(long leaveBytes) {
        while (fixture.ledger().free() >= leaveBytes + RECORD_BYTES) {
            Store.Lease lease = StoreFixture.get(ask(RECORD_BYTES, 0));
            client.lane = lease.lane();
            client.use(lease.extentNumber(), lease.start(), lease.length());
            ObjectId id = client.nextId();
            client.header(lease.start(), id, RECORD_BYTES - 64, 0);
            client.commit(RECORD_BYTES);
            client.giveBackLane();
            objects.add(id);
        }
    }

    private CompletableFuture<Store.Lease> ask(long bytes, long seconds) {
        return fixture.store.lease(
                client.name,
                null,
                SessionFile.KIND_SINGLE,
                bytes,
                0,
                null,
                TimeUnit.SECONDS.toNanos(seconds));
    }

    private void giveBack(Store.Lease lease) {
        StoreFixture.get(fixture.store.giveBack(client.name, List.of(lease.lane())));
    }

    private void delete(int count) {
        deleteNow(count);
        Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
    }

    private void deleteNow(int count) {
        List<ObjectId> first = objects.subList(0, count);
        StoreFixture.get(fixture.store.delete(List.copyOf(first)));
        first.clear();
    }

    @Test
    @DisplayName("I18: get what was deleted before, even if they have no time to wait")
    void roomOfTheDeleted() {
        fill(MIB);
        deleteNow(2 * MIB / RECORD_BYTES);
        assertThat(StoreFixture.get(ask(2 * MIB, 0)).length()).isEqualTo(2 * MIB);
        fixture.balanced();
    }

    @Test
    @DisplayName("I18: pass a large one for which there is no room, one after the other")
    void smallOnesPass() {
        fill(3 * MIB);
        CompletableFuture<Store.Lease> large = ask(4 * MIB, 60);
        // More in all than the large one asks for, and than there is room for at once.
        for (int i = 0; i < 40; i++) {
            giveBack(StoreFixture.get(ask(128 << 10, 60)));
        }
        assertThat(large).isNotDone();
        delete(objects.size());
        assertThat(StoreFixture.get(large).length()).isEqualTo(4 * MIB);
        fixture.balanced();
    }

    @Test
    @DisplayName("take from the large one a known part of what becomes free, and no more")
    void largeOneIsNotStarved() {
        fill(MIB);
        CompletableFuture<Store.Lease> large = ask(4 * MIB, 60);
        List<CompletableFuture<Store.Lease>> small = new ArrayList<>();
        List<Store.Lease> lent = new ArrayList<>();
        // Whoever gets room holds it, and others ask for more than ever becomes free.
        Random random = new Random(5);
        long begun = System.nanoTime();
        while (!large.isDone() && !objects.isEmpty()) {
            while (small.size() < 20) {
                small.add(ask((1 + random.nextInt(32)) * (32L << 10), 60));
            }
            delete(1);
            small.removeIf(
                    request -> {
                        if (request.isDone()) {
                            lent.add(StoreFixture.get(request));
                        }
                        return request.isDone();
                    });
        }
        assertThat(large).as("served before the store was empty").isDone();
        long passed = lent.stream().mapToLong(Store.Lease::length).sum();
        long tenths = 1 + (System.nanoTime() - begun) / RoomQueue.PASS_NANOS;
        assertThat(passed).isLessThanOrEqualTo(4L * MIB + tenths * (4 * MIB / 16));
    }

    @Test
    @DisplayName("of the same size are served in the order of their arrival")
    void equalsInOrder() {
        fill(MIB);
        List<CompletableFuture<Store.Lease>> requests = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            requests.add(ask(2 * MIB, 60));
        }
        for (int i = 0; i < 3; i++) {
            int next = i;
            while (!requests.get(next).isDone()) {
                delete(1);
                assertThat(requests.subList(next + 1, 3))
                        .allSatisfy(
                                later ->
                                        assertThat(later.isDone() && !requests.get(next).isDone())
                                                .isFalse());
            }
        }
    }

    @Test
    @DisplayName("say at their deadline that another came before")
    void saysWho() {
        fill(MIB);
        var _ = ask(4 * MIB, 60);
        assertThatThrownBy(() -> StoreFixture.get(ask(3 * MIB, 0)))
                .isInstanceOf(CommandRefused.class)
                .hasMessageContaining("a request for %d came before", 4 * MIB);
        assertThatThrownBy(() -> StoreFixture.get(ask(17 * MIB, 0)))
                .isInstanceOfSatisfying(
                        CommandRefused.class,
                        refused ->
                                assertThat(refused.kind())
                                        .isEqualTo(CommandRefused.Kind.TOO_LARGE));
    }
}
