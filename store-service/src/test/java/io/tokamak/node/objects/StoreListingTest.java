package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.ListQuery;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A list")
@Timeout(120)
class StoreListingTest {
    private static final StoreListing.Filter ALL = new StoreListing.Filter(null, null, null, null);
    private static final byte[] PAYLOAD = new byte[64];
    private static final int LIMIT_MAX = 1000;

    private final StoreFixture fixture = StoreFixture.open();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** All ids page by page, each as often as it was given. */
    private static List<ObjectId> list(StoreListing listing, int limit) {
        return list(listing, limit, () -> {});
    }

    private static List<ObjectId> list(StoreListing listing, int limit, Runnable betweenPages) {
        List<ObjectId> ids = new ArrayList<>();
        String cursor = null;
        do {
            StoreListing.Page page = listing.page(ALL, limit, cursor);
            assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
            page.entries().forEach(entry -> ids.add(entry.id()));
            cursor = page.cursor();
            betweenPages.run();
        } while (cursor != null);
        return ids;
    }

    @Test
    @DisplayName(
            "has what is there from beginning to end exactly once, while the index grows and others"
                    + " come and go")
    void whileTheIndexGrows() throws Exception {
        StoreListing listing = new StoreListing(fixture.store);
        Queue<ObjectId> lasting = new ConcurrentLinkedQueue<>();
        Semaphore pages = new Semaphore(0);
        CompletableFuture<Void> others =
                CompletableFuture.runAsync(() -> comeAndGo(lasting, pages));
        Random random = new Random(5);
        int lists = 0;
        while (!others.isDone()) {
            List<ObjectId> before = List.copyOf(lasting);
            List<ObjectId> ids = list(listing, 50 + random.nextInt(LIMIT_MAX - 50), pages::release);
            Set<ObjectId> distinct = new HashSet<>(ids);
            assertThat(distinct).hasSameSizeAs(ids);
            assertThat(before).allMatch(distinct::contains);
            lists++;
        }
        others.get();
        assertThat(lists).isGreaterThan(20);
        assertThat(list(listing, LIMIT_MAX)).hasSize((int) fixture.status().objects());
    }

    /**
     * From nothing to tens of thousands of objects, ever more with each page; each third one is
     * deleted later.
     */
    private void comeAndGo(Queue<ObjectId> lasting, Semaphore pages) {
        LaneClient client = fixture.attach();
        ArrayDeque<ObjectId> mortal = new ArrayDeque<>();
        for (int puts = 1; puts < 300; puts++) {
            pages.acquireUninterruptibly();
            List<ObjectId> put = new ArrayList<>();
            for (int i = 0; i < puts; i++) {
                put.add(client.put(PAYLOAD));
            }
            mortal.addAll(put.subList(0, puts / 3));
            List<ObjectId> some = new ArrayList<>();
            while (mortal.size() > 200) {
                some.add(mortal.remove());
            }
            StoreFixture.get(fixture.store.delete(some)); // drains, too
            lasting.addAll(put.subList(puts / 3, puts));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"split.copied", "split.advanced", "split.emptying", "split.shortening"})
    @DisplayName("has an object once that is in two places, on its way to the other")
    void whileAnEntryMoves(String where) {
        AtomicReference<@Nullable StoreListing> listing = new AtomicReference<>();
        List<List<ObjectId>> lists = new ArrayList<>();
        fixture.settings =
                fixture.settings.withSteps(
                        step -> {
                            StoreListing now = listing.get();
                            if (step.equals(where) && now != null) {
                                listing.set(null);
                                lists.add(list(now, 100));
                            }
                        });
        fixture.restart();
        LaneClient client = fixture.attach();
        StoreListing all = new StoreListing(fixture.store);
        Set<ObjectId> lasting = new HashSet<>();
        while (lists.size() < 5) { // of five splits, of which not all shorten a chain
            listing.set(all);
            for (int i = 0; i < 200; i++) {
                lasting.add(client.putSeen(PAYLOAD));
            }
            assertThat(lasting).hasSizeLessThan(100_000);
        }
        assertThat(lists).allSatisfy(ids -> assertThat(ids).doesNotHaveDuplicates());
        assertThat(list(all, LIMIT_MAX)).containsExactlyInAnyOrderElementsOf(lasting);
    }

    @Test
    @DisplayName("has what was put before it began")
    void readsWhatWasPut() {
        var _ = fixture.served();
        try (TokamakClient client = TokamakClient.connect(fixture.connectOptions())) {
            for (int i = 0; i < 50; i++) {
                ObjectId id = client.put(PAYLOAD, PutOptions.DEFAULTS).id();
                assertThat(client.list(ListQuery.ALL).map(ObjectInfo::id)).contains(id);
            }
        }
    }
}
