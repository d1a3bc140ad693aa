package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R2, I1. Hypothesis: with a full fence between its store and its load on either side, one of both
 * sees the other: a reader that finds the object still sealed after it stored its pin is seen by
 * the scan. Each twin leaves one fence out, and must break (I3): a processor keeps its own stores
 * back behind later loads, x86 too.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = FORBIDDEN, desc = "pinned and reused")
@Outcome(expect = ACCEPTABLE, desc = "one side gave way")
@State
public class PinAgainstReuse {
    private final Words words = new Words();

    /** A pin word and the state of the slot that it protects, in different lines. */
    private static final class Words {
        private static final long PIN = 0;
        private static final long STATE = 256;

        private final Memory memory = Region.take();

        Words() {
            memory.putLong(STATE, IndexFile.stateWord(IndexFile.SEALED, 1));
        }

        void pin() {
            memory.putLongOpaque(PIN, PoolFile.pinOf(4096));
        }

        int isKept() {
            return memory.getLongAcquire(STATE) == IndexFile.stateWord(IndexFile.SEALED, 1) ? 1 : 0;
        }

        void condemn() {
            memory.putLongRelease(STATE, IndexFile.stateWord(IndexFile.CONDEMNED, 2));
        }

        int isFree() {
            return memory.getLongAcquire(PIN) == 0 ? 1 : 0;
        }
    }

    @Actor
    public void reader(II_Result result) {
        words.pin();
        Memory.fullFence();
        result.r1 = words.isKept();
    }

    @Actor
    public void node(II_Result result) {
        words.condemn();
        Memory.fullFence();
        result.r2 = words.isFree();
    }

    /** The reader looks again without a fence. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @Outcome(expect = ACCEPTABLE, desc = "one side gave way")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class ReaderUnfenced {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            words.pin();
            result.r1 = words.isKept();
        }

        @Actor
        public void node(II_Result result) {
            words.condemn();
            Memory.fullFence();
            result.r2 = words.isFree();
        }
    }

    /** The node scans without a fence. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @Outcome(expect = ACCEPTABLE, desc = "one side gave way")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class NodeUnfenced {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            words.pin();
            Memory.fullFence();
            result.r1 = words.isKept();
        }

        @Actor
        public void node(II_Result result) {
            words.condemn();
            result.r2 = words.isFree();
        }
    }
}
