package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.IndexFile;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * R4, I7. Hypothesis: an entry that a split moves to the new bucket is found throughout, as it is
 * written there before the new split can be seen, and emptied at its old place after; with the
 * index itself, whose reader looks again when it missed and the split has changed.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
@Outcome(id = "0", expect = FORBIDDEN, desc = "missed")
@State
public class SplitUnderReader {
    private final Table table = new Table();

    /** One bucket, with as many entries as make it split; the last one moves. */
    private static final class Table {
        static final long LEVEL_SPLIT = IndexFile.levelSplit(1, 0, 0);
        static final long TARGET = IndexFile.bucketOffset(1);

        final TinyIndex tiny = new TinyIndex(2);
        final long slot;

        Table() {
            tiny.insert(TinyIndex.STAYING, 0, 16);
            tiny.insert(TinyIndex.STAYING, 0, 32);
            slot = tiny.insert(TinyIndex.MOVING, 0, 48);
        }
    }

    @Actor
    public void node() {
        table.tiny.writer.grow(1);
    }

    @Actor
    public void reader(I_Result result) {
        result.r1 = table.tiny.isFound(TinyIndex.MOVING) ? 1 : 0;
    }

    /** Hypothesis: likewise for a reader that begins with the latest split. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "missed")
    @State
    public static class Newcomer {
        private final Table table = new Table();

        @Actor
        public void node() {
            table.tiny.writer.grow(1);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = table.tiny.isFoundByNewcomer(TinyIndex.MOVING) ? 1 : 0;
        }
    }

    /** The old slot is emptied before the split is published. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "missed")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class EmptiedFirst {
        private final Table table = new Table();

        @Actor
        public void node() {
            table.tiny.copySlot(table.slot, Table.TARGET);
            table.tiny.emptySlot(table.slot);
            Region.linger();
            table.tiny.publish(Table.LEVEL_SPLIT);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = table.tiny.isFound(TinyIndex.MOVING) ? 1 : 0;
        }
    }

    /** The split is published before the entry is at its new place, where a newcomer looks. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "missed")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class PublishedFirst {
        private final Table table = new Table();

        @Actor
        public void node() {
            table.tiny.publish(Table.LEVEL_SPLIT);
            Region.linger();
            table.tiny.copySlot(table.slot, Table.TARGET);
            table.tiny.emptySlot(table.slot);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = table.tiny.isFoundByNewcomer(TinyIndex.MOVING) ? 1 : 0;
        }
    }

    /** Plain stores in the same order: x86 keeps it. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "missed")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Table table = new Table();

        @Actor
        public void node() {
            table.tiny.copySlotPlain(table.slot, Table.TARGET);
            table.tiny.publishPlain(Table.LEVEL_SPLIT);
            table.tiny.emptySlotPlain(table.slot);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = table.tiny.isFound(TinyIndex.MOVING) ? 1 : 0;
        }
    }
}
