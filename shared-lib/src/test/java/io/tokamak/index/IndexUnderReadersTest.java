package io.tokamak.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.IndexFile;
import io.tokamak.memory.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("Readers of an index that is written")
class IndexUnderReadersTest {
    private static final int SESSION = 9;
    private static final int READERS = 3;

    @Test
    @Timeout(120)
    @DisplayName("I7: miss nothing while it grows to a million entries")
    void growing() throws Exception {
        int entries = 1_000_000;
        try (TestFolder folder = TestFolder.inMemory();
                Arena arena = Arena.ofShared()) {
            IndexFixture files = IndexFixture.mapped(folder.path(), arena, 400_000, 200_000);
            IndexWriter writer = files.create(IndexFixture.NO_STEPS);
            AtomicLong inserted = new AtomicLong();
            long lookups =
                    readWhile(
                            files,
                            (random, reader) -> {
                                long count = inserted.get();
                                long recent = Math.min(count, 512);
                                if (count > 0) {
                                    expect(reader, count - 1 - random.nextLong(recent));
                                    expect(reader, random.nextLong(count));
                                }
                            },
                            () -> {
                                SlotFields fields = new SlotFields();
                                for (long i = 0; i < entries; i++) {
                                    insert(writer, fields, i);
                                    inserted.set(i + 1);
                                    writer.grow(2);
                                }
                                return null;
                            });
            assertThat(writer.count()).isEqualTo(entries);
            assertThat(lookups).isGreaterThan(10_000);
            System.out.printf(
                    "%,d look-ups during %,d insertions, %d bytes for each%n",
                    lookups, entries, writer.allocatedBytes() / entries);
        }
    }

    @Test
    @Timeout(120)
    @DisplayName("I7: miss nothing while entries come, go and move, and nodes are killed")
    void killed() throws Exception {
        Seeded.run(
                random -> {
                    int kills = 0;
                    long lookups = 0;
                    for (int round = 0; round < 8; round++) {
                        IndexFixture files = IndexFixture.onHeap(1000, 500);
                        int[] killsNow = new int[1];
                        Random steps = new Random(random.nextLong());
                        Churn churn = new Churn(files, steps);
                        lookups +=
                                readWhile(
                                        files,
                                        (choice, reader) ->
                                                expect(reader, choice.nextLong(Churn.STAYING)),
                                        () -> {
                                            killsNow[0] = churn.run();
                                            return null;
                                        });
                        kills += killsNow[0];
                    }
                    System.out.printf("%,d look-ups, %,d kills%n", lookups, kills);
                    assertThat(kills).isGreaterThan(1_000);
                });
    }

    @Test
    @Timeout(120)
    @DisplayName("I7: miss nothing that moves inside of its chain, also when a move is cut short")
    void movingInChain() throws Exception {
        Seeded.run(
                random -> {
                    IndexFixture files = IndexFixture.onHeap(1, 64);
                    Shortened shortened = new Shortened(files, random);
                    long lookups =
                            readWhile(
                                    files,
                                    shortened::expectOne,
                                    () -> {
                                        shortened.run();
                                        return null;
                                    });
                    System.out.printf(
                            "%,d look-ups, %,d moves, %,d kills%n",
                            lookups, shortened.moves, shortened.kills);
                    assertThat(shortened.moves).isGreaterThan(1_000);
                    assertThat(shortened.kills).isGreaterThan(100);
                });
    }

    /**
     * One chain of many buckets, in which a few entries move from the end to the beginning while
     * they are looked up; then the next few are put at the end.
     */
    private static final class Shortened {
        private static final int BATCHES = 5_000;
        private static final int MOVING = 8;
        private static final int BEFORE = 50;

        private final AtomicLong sealed = new AtomicLong(-1);
        private final AtomicLong leaving = new AtomicLong(-1);
        private final IndexFixture files;
        private final Random random;
        private final SlotFields fields = new SlotFields();
        private IndexWriter writer;
        long moves;
        long kills;

        Shortened(IndexFixture files, Random random) {
            this.files = files;
            this.random = random;
            this.writer = files.recover(this::reached);
        }

        private void reached(String step) {
            if (step.equals("split.shortening")) {
                moves++;
                if (random.nextInt(10) == 0) {
                    throw new IndexModel.Cut(step);
                }
            }
        }

        void run() {
            for (long batch = 0; batch < BATCHES; batch++) {
                long before = Long.MAX_VALUE - batch * BEFORE;
                for (long i = 0; i < BEFORE; i++) {
                    insert(writer, fields, before - i);
                }
                for (long i = 0; i < MOVING; i++) {
                    insert(writer, fields, batch * MOVING + i);
                }
                sealed.set(batch);
                for (long i = 0; i < BEFORE; i++) {
                    empty(before - i);
                }
                shorten();
                leaving.set(batch);
                for (long i = 0; i < MOVING; i++) {
                    empty(batch * MOVING + i);
                }
            }
        }

        private void shorten() {
            try {
                writer.grow(1);
            } catch (IndexModel.Cut cut) {
                kills++;
                writer = files.recover(this::reached);
            }
        }

        private void empty(long counter) {
            writer.empty(
                    writer.findCurrent(
                            IndexFixture.idFirst(SESSION),
                            IndexFixture.idSecond(SESSION, counter)));
        }

        void expectOne(SplittableRandom choice, IndexReader reader) {
            long batch = sealed.get();
            if (batch < 0) {
                return;
            }
            long counter = batch * MOVING + choice.nextLong(MOVING);
            if (!isFound(reader, counter) && leaving.get() < batch) {
                throw new AssertionError("entry " + counter + " was missed");
            }
        }
    }

    /**
     * A writer that is killed at random steps, and lingers at others, so that readers get there.
     */
    private static final class Churn {
        static final int STAYING = 150;

        private final IndexFixture files;
        private final Random random;
        private final List<Long> passing = new ArrayList<>();
        private int kills;
        private IndexWriter writer;

        Churn(IndexFixture files, Random random) {
            this.files = files;
            this.random = random;
            this.writer = files.create(IndexFixture.NO_STEPS);
            SlotFields fields = new SlotFields();
            for (long i = 0; i < STAYING; i++) {
                insert(writer, fields, i);
            }
        }

        private void reached(String step) {
            int choice = random.nextInt(10);
            if (choice == 0) {
                throw new IndexModel.Cut(step);
            }
            for (int i = 0; choice == 1 && i < 500; i++) {
                Thread.onSpinWait();
            }
        }

        int run() {
            SlotFields fields = new SlotFields();
            long next = STAYING;
            writer = recovered();
            while (writer.bucketCount() < 990) {
                try {
                    if (random.nextInt(3) < 2) {
                        passing.add(next);
                        insert(writer, fields, next++);
                    } else if (!passing.isEmpty()) {
                        long counter = passing.remove(random.nextInt(passing.size()));
                        long slot =
                                writer.findCurrent(
                                        IndexFixture.idFirst(SESSION),
                                        IndexFixture.idSecond(SESSION, counter));
                        writer.setState(slot, IndexFile.CONDEMNED);
                        writer.empty(slot);
                    }
                    writer.grow(1);
                } catch (IndexModel.Cut cut) {
                    kills++;
                    writer = recovered();
                }
            }
            return kills;
        }

        /** By one of several starts: they are killed, too. */
        private IndexWriter recovered() {
            while (true) {
                try {
                    return files.recover(this::reached);
                } catch (IndexModel.Cut cut) {
                    kills++;
                }
            }
        }
    }

    /** What a reader does again and again. */
    private interface Look {
        void up(SplittableRandom random, IndexReader reader);
    }

    private static long readWhile(IndexFixture files, Look look, Callable<@Nullable Void> write)
            throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        IndexReader shared = files.reader();
        try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
            List<Future<Long>> readers = new ArrayList<>();
            try {
                for (int i = 0; i < READERS; i++) {
                    SplittableRandom random = new SplittableRandom(i);
                    IndexReader reader = i == 0 ? files.reader() : shared;
                    readers.add(threads.submit(() -> readUntil(done, random, reader, look)));
                }
                write.call();
            } finally {
                done.set(true);
            }
            long lookups = 0;
            for (Future<Long> reader : readers) {
                lookups += reader.get(30, TimeUnit.SECONDS);
            }
            return lookups;
        }
    }

    private static long readUntil(
            AtomicBoolean done, SplittableRandom random, IndexReader reader, Look look) {
        long count = 0;
        for (; !done.get(); count++) {
            look.up(random, reader);
        }
        return count;
    }

    private static void insert(IndexWriter writer, SlotFields fields, long counter) {
        IndexFixture.setId(fields, SESSION, counter);
        fields.location = 16 * counter;
        if (writer.insert(IndexFile.SEALED, fields) == IndexWriter.NONE) {
            throw new AssertionError("no room for entry " + counter);
        }
    }

    private static void expect(IndexReader reader, long counter) {
        if (!isFound(reader, counter)) {
            throw new AssertionError("entry " + counter + " was missed");
        }
    }

    /**
     * Finds an entry as a reader does, who trusts it once its state was the same before and after.
     */
    private static boolean isFound(IndexReader reader, long counter) {
        long first = IndexFixture.idFirst(SESSION);
        long second = IndexFixture.idSecond(SESSION, counter);
        while (true) {
            long slot = reader.find(first, second);
            if (slot == IndexReader.NOT_FOUND) {
                return false;
            }
            long state = reader.state(slot);
            if (!reader.matches(slot, first, second)) {
                continue; // it moved on
            }
            long location = reader.location(slot);
            Memory.acquireFence();
            if (reader.state(slot) == state) {
                if (location != 16 * counter) {
                    throw new AssertionError("entry " + counter + " at " + location);
                }
                return true;
            }
        }
    }
}
