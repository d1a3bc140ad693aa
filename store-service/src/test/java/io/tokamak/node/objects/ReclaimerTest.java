package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The barrier is passed when the test says so: in the node that takes milliseconds. */
@DisplayName("Reclaiming, while a barrier is under way,")
@Timeout(60)
class ReclaimerTest {
    private static final long RECORD_BYTES = 4_096;
    private static final int BUCKETS = 2 << IndexFile.LEVEL_MIN;

    private final IndexWriter index = newIndex();
    private final PoolSpace space = new PoolSpace(StoreFixture.POOL_BYTES);
    private final Accounts accounts = new Accounts();
    private final Condemned condemned = new Condemned();
    private final SessionTable sessions = new SessionTable();
    private CompletableFuture<Void> barrier = new CompletableFuture<>();
    private final Reclaimer reclaimer =
            new Reclaimer(
                    condemned,
                    index,
                    space,
                    accounts,
                    sessions,
                    new Withheld(space, accounts),
                    () -> barrier,
                    () -> {},
                    _ -> {});
    private Path folder;
    private long objects;

    private static IndexWriter newIndex() {
        Memory store = Memory.onHeap(StoreFile.LENGTH);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, BUCKETS);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, BUCKETS);
        Memory buckets = Memory.onHeap(IndexFile.length(BUCKETS, BUCKETS));
        IndexWriter index = new IndexWriter(store, buckets, (_, _) -> true, _ -> {});
        assertThat(index.create()).isTrue();
        return index;
    }

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-");
    }

    @AfterEach
    void close() throws IOException {
        for (AttachedSession session : List.copyOf(sessions.all())) {
            session.close();
            Files.delete(folder.resolve(session.name));
        }
        Files.delete(folder);
    }

    private AttachedSession attach() throws IOException {
        String name = "" + sessions.all().size();
        OpenFile file = OpenFile.create(folder.resolve(name), 0600);
        file.setSize(SessionFile.LENGTH);
        file.allocate(0, SessionFile.pinOffset(SessionFile.PINS_ALLOCATED));
        AttachedSession session =
                new AttachedSession(name, 1, file, LeaseProofs.ofNewStore(file), 0);
        sessions.add(session);
        return session;
    }

    private static void pin(AttachedSession session, long location) {
        session.memory.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, 1);
        session.memory.putLong(SessionFile.pinOffset(0), PoolFile.pinOf(location));
    }

    private static void unpin(AttachedSession session) {
        session.memory.putLong(SessionFile.pinOffset(0), 0);
    }

    /** A record; returns where it lies. */
    private long condemn() {
        SlotFields fields = new SlotFields();
        fields.idFirst = ++objects;
        fields.location = space.allocate(RECORD_BYTES, false);
        long slot = index.insert(IndexFile.CONDEMNED, fields);
        condemned.add(fields.idFirst, 0, fields.location, fields.location + RECORD_BYTES, slot);
        accounts.condemned += RECORD_BYTES;
        return fields.location;
    }

    private boolean reclaim() {
        return reclaimer.reclaim(System.nanoTime(), 0, true);
    }

    @Test
    @DisplayName(
            "I6: frees nothing that is pinned meanwhile, also by a session that was let in"
                    + " meanwhile")
    void pinnedMeanwhile() throws IOException {
        AttachedSession early = attach();
        long first = condemn();
        long second = condemn();
        condemn();
        assertThat(reclaim()).isFalse();
        pin(early, first);
        AttachedSession late = attach();
        pin(late, second);
        assertThat(reclaim()).as("not passed yet").isFalse();
        assertThat(accounts.condemned).isEqualTo(3 * RECORD_BYTES);

        barrier.complete(null);
        assertThat(reclaim()).isTrue();
        assertThat(accounts.condemned).as("those two").isEqualTo(2 * RECORD_BYTES);
        assertThat(reclaimer.pinnedCondemnedBytes()).isEqualTo(2 * RECORD_BYTES);

        unpin(early);
        unpin(late);
        reclaimer.hurry();
        assertThat(reclaim()).isTrue();
        assertThat(accounts.condemned).isZero();
    }

    @Test
    @DisplayName("I6: frees nothing that was condemned meanwhile, before a barrier of its own")
    void condemnedMeanwhile() {
        condemn();
        assertThat(reclaim()).isFalse();
        condemn();
        CompletableFuture<Void> passed = barrier;
        barrier = new CompletableFuture<>();
        passed.complete(null);
        assertThat(reclaim()).isTrue();
        assertThat(accounts.condemned).as("the second").isEqualTo(RECORD_BYTES);

        assertThat(reclaim()).isFalse();
        barrier.complete(null);
        assertThat(reclaim()).isTrue();
        assertThat(accounts.condemned).isZero();
    }
}
