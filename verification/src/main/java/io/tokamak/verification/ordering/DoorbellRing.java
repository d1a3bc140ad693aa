package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.segment.Doorbell;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R5, I27. Hypothesis: with a full fence between the tail and the look at {@code wanted} on one
 * side, and between {@code wanted} and the drain on the other, either the node drains the record or
 * the committer rings; and as the node sleeps on the value that the doorbell had before all that, a
 * ring before the sleep ends it. With the committer's {@link Doorbell} itself.
 *
 * <p>Results: whether the drain found the record, and whether the doorbell moved since the node
 * loaded it.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "asleep beside a record")
@Outcome(expect = ACCEPTABLE, desc = "drained, or woken")
@State
public class DoorbellRing {
    private final Words words = new Words();

    private static final class Words {
        private static final long TAIL = 1024;

        private final Memory memory = Region.take();
        private final Memory store = memory.slice(0, 512);
        private final Memory pool = memory.slice(512, 512);
        final Doorbell doorbell = new Doorbell(store, pool);
        private int seen;

        void commit() {
            memory.putLongRelease(TAIL, 1);
        }

        void ringIfWantedUnfenced() {
            if (store.getIntOpaque(StoreFile.WANTED_OFFSET) != 0) {
                doorbell.ring();
            }
        }

        void look() {
            seen = pool.getIntAcquire(PoolFile.DOORBELL_OFFSET);
        }

        void want() {
            store.putIntOpaque(StoreFile.WANTED_OFFSET, 1);
        }

        void beginSleep() {
            look();
            want();
        }

        int drain() {
            return (int) memory.getLongAcquire(TAIL);
        }

        int isWoken() {
            return pool.getIntAcquire(PoolFile.DOORBELL_OFFSET) != seen ? 1 : 0;
        }
    }

    @Actor
    public void committer() {
        words.commit();
        words.doorbell.ringIfWanted();
    }

    @Actor
    public void node(II_Result result) {
        words.beginSleep();
        Memory.fullFence();
        result.r1 = words.drain();
    }

    @Arbiter
    public void end(II_Result result) {
        result.r2 = words.isWoken();
    }

    /** The committer looks at {@code wanted} without a fence. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside a record")
    @Outcome(expect = ACCEPTABLE, desc = "drained, or woken")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class CommitterUnfenced {
        private final Words words = new Words();

        @Actor
        public void committer() {
            words.commit();
            words.ringIfWantedUnfenced();
        }

        @Actor
        public void node(II_Result result) {
            words.beginSleep();
            Memory.fullFence();
            result.r1 = words.drain();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }

    /** The node drains without a fence. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside a record")
    @Outcome(expect = ACCEPTABLE, desc = "drained, or woken")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class NodeUnfenced {
        private final Words words = new Words();

        @Actor
        public void committer() {
            words.commit();
            words.doorbell.ringIfWanted();
        }

        @Actor
        public void node(II_Result result) {
            words.beginSleep();
            result.r1 = words.drain();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }

    /** The node sleeps on the value that the doorbell has after the drain. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "asleep beside a record")
    @Outcome(expect = ACCEPTABLE, desc = "drained, or woken")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class LookedLate {
        private final Words words = new Words();

        @Actor
        public void committer() {
            words.commit();
            words.doorbell.ringIfWanted();
        }

        @Actor
        public void node(II_Result result) {
            words.want();
            Memory.fullFence();
            result.r1 = words.drain();
            Region.linger();
            words.look();
        }

        @Arbiter
        public void end(II_Result result) {
            result.r2 = words.isWoken();
        }
    }
}
