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
 * R2, I1. Hypothesis: a reader that raises the high water before the fence of its first pin beyond
 * it is seen by a scan that reads no further than the high water. Each twin must break: the high
 * water stands in the same store buffer as the pin.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = FORBIDDEN, desc = "pinned and reused")
@Outcome(expect = ACCEPTABLE, desc = "one side gave way")
@State
public class PinBeyondHighWater {
    private final Words words = new Words();

    private static final class Words {
        private static final long HIGH_WATER = 0;
        private static final long PIN = 256;
        private static final long STATE = 512;

        private final Memory memory = Region.take();

        Words() {
            memory.putLong(STATE, IndexFile.stateWord(IndexFile.SEALED, 1));
        }

        void raise() {
            memory.putIntRelease(HIGH_WATER, 8);
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
            return memory.getIntAcquire(HIGH_WATER) == 0 || memory.getLongAcquire(PIN) == 0 ? 1 : 0;
        }
    }

    @Actor
    public void reader(II_Result result) {
        words.raise();
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

    /** The high water is raised once the pin is known to hold. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @Outcome(expect = ACCEPTABLE, desc = "one side gave way")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class RaisedLate {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            words.pin();
            Memory.fullFence();
            result.r1 = words.isKept();
            Region.linger();
            words.raise();
        }

        @Actor
        public void node(II_Result result) {
            words.condemn();
            Memory.fullFence();
            result.r2 = words.isFree();
        }
    }

    /** No fence between the high water and the second look at the state. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @Outcome(expect = ACCEPTABLE, desc = "one side gave way")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class Unfenced {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            words.raise();
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
}
