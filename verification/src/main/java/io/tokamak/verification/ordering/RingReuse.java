package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R7. Hypothesis: an entry that the node read before it stored the head with release is not
 * overwritten under it by a writer that loads the head with acquire.
 *
 * <p>Results: both words of the entry that the node reads.
 */
@JCStressTest
@Outcome(id = "5, 6", expect = ACCEPTABLE, desc = "the entry that was there")
@Outcome(expect = FORBIDDEN, desc = "the next entry in its place")
@State
public class RingReuse {
    private final Words words = new Words();

    /** A ring that is full. */
    private static final class Words {
        private static final long ENTRY = 512;

        private final Memory memory = Region.take();

        Words() {
            memory.putLong(ENTRY, 5);
            memory.putLong(ENTRY + Long.BYTES, 6);
            memory.putLong(SessionFile.ACCESS_TAIL_OFFSET, 1);
        }

        void writeNext() {
            memory.putLongOpaque(ENTRY, 7);
            memory.putLongOpaque(ENTRY + Long.BYTES, 8);
        }

        boolean hasRoom() {
            return memory.getLongAcquire(SessionFile.ACCESS_HEAD_OFFSET) == 1;
        }

        void read(II_Result result) {
            result.r1 = (int) memory.getLong(ENTRY);
            result.r2 = (int) memory.getLong(ENTRY + Long.BYTES);
        }

        void advanceHead() {
            memory.putLongRelease(SessionFile.ACCESS_HEAD_OFFSET, 1);
        }
    }

    @Actor
    public void client() {
        if (words.hasRoom()) {
            words.writeNext();
        }
    }

    @Actor
    public void node(II_Result result) {
        words.read(result);
        words.advanceHead();
    }

    /** The head goes before the entry was read. */
    @JCStressTest
    @Outcome(id = "5, 6", expect = ACCEPTABLE, desc = "the entry that was there")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "the next entry in its place")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class HeadFirst {
        private final Words words = new Words();

        @Actor
        public void client() {
            if (words.hasRoom()) {
                words.writeNext();
            }
        }

        @Actor
        public void node(II_Result result) {
            words.advanceHead();
            Region.linger();
            words.read(result);
        }
    }

    /** A plain head: a store does not overtake loads on x86. */
    @JCStressTest
    @Outcome(id = "5, 6", expect = ACCEPTABLE, desc = "the entry that was there")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "the next entry in its place")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void client() {
            if (words.memory.getLong(SessionFile.ACCESS_HEAD_OFFSET) == 1) {
                words.writeNext();
            }
        }

        @Actor
        public void node(II_Result result) {
            words.read(result);
            words.memory.putLong(SessionFile.ACCESS_HEAD_OFFSET, 1);
        }
    }
}
