package io.tokamak.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@DisplayName("An index")
class IndexTest {
    private static final String[] STEPS = {
        "split.copying",
        "split.copied",
        "split.advanced",
        "split.emptying",
        "split.emptied",
        "split.shortening",
        "split.counted",
        "split.shortened",
        "chain.cut"
    };

    @Nested
    @DisplayName("against a plain model")
    class AgainstModel {
        @Test
        @DisplayName("I8: has the same entries after any steps, on the heap")
        void onHeap() throws Exception {
            Seeded.run(
                    random -> {
                        for (int round = 0; round < 10; round++) {
                            walk(small(random), random);
                        }
                    });
        }

        @Test
        @DisplayName("I8: has the same entries after any steps, in mapped files")
        void mapped() throws Exception {
            Seeded.run(
                    random -> {
                        try (TestFolder folder = TestFolder.inMemory();
                                Arena arena = Arena.ofShared()) {
                            IndexFixture files =
                                    IndexFixture.mapped(folder.path(), arena, 700, 300);
                            walk(new IndexModel(files, random), random);
                        }
                    });
        }

        private void walk(IndexModel model, Random random) {
            for (int batch = 0; batch < 40; batch++) {
                double insertShare = 0.2 + 0.6 * random.nextDouble();
                for (int i = 0; i < 100; i++) {
                    model.step(insertShare);
                }
                model.verify();
            }
        }
    }

    @Nested
    @DisplayName("whose node is killed")
    class Killed {
        @ParameterizedTest
        @FieldSource("io.tokamak.index.IndexTest#STEPS")
        @DisplayName("I7, I8, I29: has every entry once, and no other, after a cut at")
        void atEachStep(String step) throws Exception {
            Seeded.run(
                    random -> {
                        int cuts = 0;
                        for (int round = 0; round < 6; round++) {
                            IndexModel model = small(random);
                            for (int batch = 0; batch < 40; batch++) {
                                model.cutAt(step);
                                for (int i = 0; i < 60 && model.isCutPending(); i++) {
                                    if (isCut(model, 0.85)) {
                                        cuts++;
                                        model.recover();
                                    }
                                }
                                model.verify();
                            }
                        }
                        assertThat(cuts).isGreaterThan(20);
                    });
        }

        @Test
        @DisplayName("I7, I8, I29: has every entry once, and no other, wherever it was cut")
        void anywhere() throws Exception {
            Seeded.run(
                    random -> {
                        Set<String> steps = new HashSet<>();
                        for (int round = 0; round < 10; round++) {
                            IndexModel model = small(random);
                            for (int batch = 0; batch < 60; batch++) {
                                model.cutAfter(1 + random.nextInt(12));
                                for (int i = 0; i < 40; i++) {
                                    if (isCut(model, 0.75)) {
                                        model.recover();
                                        break;
                                    }
                                }
                                model.verify();
                            }
                            steps.addAll(model.stepsSeen());
                        }
                        assertThat(steps).contains(STEPS);
                    });
        }

        private boolean isCut(IndexModel model, double insertShare) {
            try {
                model.step(insertShare);
                return false;
            } catch (IndexModel.Cut cut) {
                return true;
            }
        }

        @Test
        @DisplayName(
                "I7: tells readers that passed an entry's new place before the cut to look again")
        void movesAreCountedByTheNextNode() throws Exception {
            Seeded.run(
                    random -> {
                        IndexFixture files = IndexFixture.onHeap(700, 300);
                        IndexModel model = new IndexModel(files, random);
                        cutWhileShortening(model);
                        long before = files.store.getLong(StoreFile.LEVEL_SPLIT_OFFSET);
                        model.recover();
                        assertThat(files.store.getLong(StoreFile.LEVEL_SPLIT_OFFSET))
                                .isNotEqualTo(before);
                        model.verify();
                    });
        }

        private void cutWhileShortening(IndexModel model) {
            model.cutAt("split.shortening");
            while (model.isCutPending()) {
                try {
                    model.insert();
                    model.writer().grow(1);
                } catch (IndexModel.Cut cut) {
                    return;
                }
            }
        }
    }

    @Nested
    @DisplayName("that was damaged")
    class Damaged {
        private final IndexFixture files = IndexFixture.onHeap(128, 64);
        private final IndexWriter writer = files.create(IndexFixture.NO_STEPS);

        private boolean isTakenOver() {
            return new IndexWriter(
                            files.store,
                            files.index,
                            (offset, length) -> true,
                            IndexFixture.NO_STEPS)
                    .recover();
        }

        private void link(long bucket, int link) {
            files.index.putInt(IndexFile.bucketLinkOffset(128, 64, bucket), link);
        }

        @Test
        @DisplayName("is refused when a chain goes in circles")
        void circle() {
            files.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, 2);
            link(5, 2);
            assertThat(isTakenOver()).isTrue();
            files.index.putInt(IndexFile.overflowLinkOffset(128, 64, 1), 2);
            assertThat(isTakenOver()).isFalse();
        }

        @Test
        @DisplayName("is refused when two chains meet, or one leaves what was handed out")
        void meeting() {
            files.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, 2);
            link(5, 2);
            link(7, 2);
            assertThat(isTakenOver()).isFalse();
            link(7, 3);
            assertThat(isTakenOver()).isFalse();
            link(7, -1);
            assertThat(isTakenOver()).isFalse();
        }

        @Test
        @DisplayName("is refused with a size that it cannot have")
        void size() {
            assertThat(writer.bucketCount()).isEqualTo(64);
            for (long levelSplit :
                    new long[] {
                        -1,
                        IndexFile.levelSplit(6, 0, 64),
                        IndexFile.levelSplit(7, 0, 1),
                        IndexFile.levelSplit(63, 0, 0),
                        IndexFile.levelSplit(64, 0, 0)
                    }) {
                files.store.putLong(StoreFile.LEVEL_SPLIT_OFFSET, levelSplit);
                assertThat(isTakenOver()).as("%x", levelSplit).isFalse();
            }
            files.store.putLong(
                    StoreFile.LEVEL_SPLIT_OFFSET, IndexFile.levelSplit(IndexFile.LEVEL_MIN, 0, 0));
            for (long overflowUsed : new long[] {-1, 65, Long.MIN_VALUE, Long.MAX_VALUE}) {
                files.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, overflowUsed);
                assertThat(isTakenOver()).as("%d", overflowUsed).isFalse();
            }
        }

        @Test
        @DisplayName("I9: sends no reader around for ever, or out of the file")
        void readers() {
            IndexReader reader = files.reader();
            files.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, 2);
            for (int link : new int[] {2, 65, Integer.MIN_VALUE, -1}) {
                for (long bucket = 0; bucket < 128; bucket++) {
                    link(bucket, 2);
                }
                files.index.putInt(IndexFile.overflowLinkOffset(128, 64, 1), link);
                assertThat(reader.find(1, 2)).isEqualTo(IndexReader.NOT_FOUND);
            }
        }
    }

    @Nested
    @DisplayName("without room")
    class Full {
        @Test
        @DisplayName("for another overflow bucket refuses, and goes on when there is some")
        void ofOverflows() throws Exception {
            Seeded.run(
                    random -> {
                        IndexModel model = new IndexModel(IndexFixture.onHeap(128, 3), random);
                        for (int round = 0; round < 20; round++) {
                            for (int refused = 0; refused < 10; ) {
                                if (!model.insert()) {
                                    refused++;
                                    model.verify();
                                }
                                model.writer().grow(1);
                            }
                            model.remove(model.size() / 4);
                            model.verify();
                        }
                    });
        }

        @Test
        @DisplayName("for blocks leaves a split undone")
        void ofBlocks() throws Exception {
            Seeded.run(
                    random -> {
                        IndexFixture files = IndexFixture.onHeap(8192, 8192);
                        IndexModel model = new IndexModel(files, random);
                        while (files.overflowUsed() < 4096) { // what is allocated at once
                            assertThat(model.insert()).isTrue();
                        }
                        files.isFull = true;
                        model.writer().grow(1);
                        assertThat(model.writer().bucketCount()).isEqualTo(64);
                        model.verify();
                        files.isFull = false;
                        model.writer().grow(10_000);
                        assertThat(model.writer().isLoaded()).isFalse();
                        model.verify();
                    });
        }

        @Test
        @DisplayName("at first is not made")
        void atFirst() {
            IndexFixture files = IndexFixture.onHeap(128, 64);
            files.isFull = true;
            assertThat(files.writer(IndexFixture.NO_STEPS).create()).isFalse();
        }
    }

    @Nested
    @DisplayName("of many entries")
    class Large {
        @Test
        @DisplayName("that come and go has room for as many as at first")
        void givesOverflowsBack() throws Exception {
            Seeded.run(
                    random -> {
                        IndexFixture files = IndexFixture.onHeap(1024, 512);
                        IndexWriter writer = files.create(IndexFixture.NO_STEPS);
                        SlotFields fields = new SlotFields();
                        long[] counters = new long[2800];
                        long counter = 0;
                        for (int i = 0; i < counters.length; i++) {
                            counters[i] = counter++;
                            put(writer, fields, counters[i]);
                            writer.grow(4);
                        }
                        long usedAtFirst = files.overflowUsed();
                        for (int i = 0; i < 1_000_000; i++) {
                            int victim = random.nextInt(counters.length);
                            IndexFixture.setId(fields, 7, counters[victim]);
                            writer.empty(writer.findCurrent(fields.idFirst, fields.idSecond));
                            counters[victim] = counter++;
                            put(writer, fields, counters[victim]);
                            if (i % 64 == 0) {
                                writer.grow(64);
                            }
                        }
                        System.out.printf(
                                "%d buckets, overflow buckets %d at first, %d in the end%n",
                                writer.bucketCount(), usedAtFirst, files.overflowUsed());
                        assertThat(files.overflowUsed()).isLessThan(450);
                    });
        }

        @Test
        @DisplayName("that come alone needs half of the overflow buckets that its file has")
        void fitsWhileGrowing() {
            long bucketLimit = 1 << 16;
            IndexFixture files =
                    IndexFixture.onHeap(bucketLimit, IndexFile.overflowLimit(bucketLimit));
            IndexWriter writer = files.create(IndexFixture.NO_STEPS);
            SlotFields fields = new SlotFields();
            double share = 0;
            for (long counter = 0; writer.bucketCount() < bucketLimit - 1; counter++) {
                put(writer, fields, counter);
                writer.grow(4);
                if (writer.bucketCount() > 4096) {
                    share = Math.max(share, (double) files.overflowUsed() / writer.bucketCount());
                }
            }
            System.out.printf("overflow buckets for a primary one: %.3f%n", share);
            assertThat(share).isLessThan(0.3);
        }

        private void put(IndexWriter writer, SlotFields fields, long counter) {
            IndexFixture.setId(fields, 7, counter);
            fields.location = 16 * counter;
            assertThat(writer.insert(IndexFile.SEALED, fields)).isNotEqualTo(IndexWriter.NONE);
        }
    }

    @Test
    @DisplayName("I8: gives a slot that is used again a state word that it never had")
    void stateWordsAreNotReused() {
        IndexFixture files = IndexFixture.onHeap(128, 64);
        IndexWriter writer = files.create(IndexFixture.NO_STEPS);
        SlotFields fields = new SlotFields();
        Set<Long> words = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            IndexFixture.setId(fields, 1, 1);
            long slot = writer.insert(IndexFile.SEALED, fields);
            for (int state : new int[] {IndexFile.SEALED, IndexFile.CONDEMNED, IndexFile.EMPTY}) {
                if (state == IndexFile.EMPTY) {
                    writer.empty(slot);
                } else {
                    writer.setState(slot, state);
                }
                assertThat(words.add(files.index.getLong(slot + IndexFile.STATE_OFFSET))).isTrue();
            }
        }
    }

    @Test
    @DisplayName("cannot be changed by a reader")
    void readersCannotWrite() {
        IndexFixture files = IndexFixture.onHeap(128, 64);
        Memory readOnly = files.index.asReadOnly();
        IndexWriter intruder =
                new IndexWriter(
                        files.store, readOnly, (offset, length) -> true, IndexFixture.NO_STEPS);
        SlotFields fields = new SlotFields();
        files.create(IndexFixture.NO_STEPS);
        assertThatThrownBy(() -> intruder.insert(IndexFile.SEALED, fields))
                .hasMessageContaining("read-only");
    }

    private static IndexModel small(Random random) {
        return new IndexModel(IndexFixture.onHeap(700, 300), random);
    }
}
