package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R6, I27. Hypothesis: as the node publishes before it moves {@code notified}, and the waiter loads
 * {@code notified} before it looks at the index and sleeps on that value, the waiter finds the
 * object or does not sleep.
 *
 * <p>This is an order of stores on one side and of loads on the other. The addition, with its
 * volatile effects, and the acquire load keep it without the fence ({@link WithoutFence}); x86
 * would with plain ones. What must break is the other order in the program.
 *
 * <p>Results: whether the look found the object, and whether {@code notified} moved since it was
 * loaded.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "asleep beside the object")
@Outcome(expect = ACCEPTABLE, desc = "found, or woken")
@State
public class Notification {
    private final Words words = new Words();

    private static final class Words {
        private static final long STATE = 1024;

        private final Memory memory = Region.take();
        private int seen;

        void publish() {
            memory.putLongRelease(STATE, IndexFile.stateWord(IndexFile.SEALED, 1));
        }

        void notifyWaiters() {
            memory.getAndAddInt(SessionFile.NOTIFIED_OFFSET, 1);
        }

        void notifyPlain() {
            memory.putInt(
                    SessionFile.NOTIFIED_OFFSET, memory.getInt(SessionFile.NOTIFIED_OFFSET) + 1);
        }

        void look() {
            seen = memory.getIntAcquire(SessionFile.NOTIFIED_OFFSET);
        }

        int find() {
            return memory.getLongAcquire(STATE) != 0 ? 1 : 0;
        }

        int isWoken() {
            return memory.getIntAcquire(SessionFile.NOTIFIED_OFFSET) != seen ? 1 : 0;
        }
    }

    @Actor
    public void node() {
        words.publish();
        Memory.fullFence();
        words.notifyWaiters();
    }

    @Actor
    public void waiter(II_Result result) {
        words.look();
        result.r1 = words.find();
    }

    @Arbiter
    public void end(II_Result result) {
        result.r2 = words.isWoken();
    }

    /** The waiter sleeps on the value that {@code notified} has after its look at the index. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside the object")
    @Outcome(expect = ACCEPTABLE, desc = "found, or woken")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class LookedLate {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.publish();
            Memory.fullFence();
            words.notifyWaiters();
        }

        @Actor
        public void waiter(II_Result result) {
            result.r1 = words.find();
            Region.linger();
            words.look();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }

    /** The node notifies before it publishes. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside the object")
    @Outcome(expect = ACCEPTABLE, desc = "found, or woken")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class NotifiedFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.notifyWaiters();
            Region.linger();
            words.publish();
        }

        @Actor
        public void waiter(II_Result result) {
            words.look();
            result.r1 = words.find();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }

    /** Hypothesis: the fence is not needed, as the addition has volatile effects. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "asleep beside the object")
    @Outcome(expect = ACCEPTABLE, desc = "found, or woken")
    @State
    public static class WithoutFence {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.publish();
            words.notifyWaiters();
        }

        @Actor
        public void waiter(II_Result result) {
            words.look();
            result.r1 = words.find();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }

    /** A plain addition, and no fence: x86 keeps the order of stores. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside the object")
    @Outcome(expect = ACCEPTABLE, desc = "found, or woken")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.publish();
            words.notifyPlain();
        }

        @Actor
        public void waiter(II_Result result) {
            words.look();
            result.r1 = words.find();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }
}
