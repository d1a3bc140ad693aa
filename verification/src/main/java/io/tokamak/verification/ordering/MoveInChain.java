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
 * R4, I7. Hypothesis: an entry that moves from an overflow bucket to a place before it is found
 * throughout: a reader that passed the new place too early and comes to the old one too late finds
 * the move counted, and looks again; with the index itself.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
@Outcome(id = "0", expect = FORBIDDEN, desc = "missed")
@State
public class MoveInChain {
    private final Table table = new Table();

    /** One bucket whose first slot became free, and the entry alone in its overflow bucket. */
    private static final class Table {
        static final long TARGET = 0;
        static final long LEVEL_SPLIT = IndexFile.levelSplit(0, 7, 0);

        final TinyIndex tiny = new TinyIndex(1);
        final long slot;

        Table() {
            long first = tiny.insert(TinyIndex.STAYING, 0, 16);
            for (int i = 2; i <= 4; i++) {
                tiny.insert(TinyIndex.STAYING, i, 16);
            }
            slot = tiny.insert(TinyIndex.MOVING, 0, 48);
            tiny.writer.empty(first);
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

    /** The move is counted after the old place was emptied. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "found")
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "missed")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class CountedLate {
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
