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
 * R7. Hypothesis: an entry of the ring of accesses that is written before the tail is stored with
 * release is read whole by whoever loads the tail with acquire.
 *
 * <p>Results: both words of the entry, 0 when the tail did not show it.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "5, 6"},
        expect = ACCEPTABLE,
        desc = "no entry yet, or the whole entry")
@Outcome(expect = FORBIDDEN, desc = "an entry that is not written yet")
@State
public class RingEntry {
    private final Words words = new Words();

    private static final class Words {
        private static final long ENTRY = 512;

        private final Memory memory = Region.take();

        void write() {
            memory.putLongOpaque(ENTRY, 5);
            memory.putLongOpaque(ENTRY + Long.BYTES, 6);
        }

        void advanceTail() {
            memory.putLongRelease(SessionFile.ACCESS_TAIL_OFFSET, 1);
        }

        void read(II_Result result) {
            if (memory.getLongAcquire(SessionFile.ACCESS_TAIL_OFFSET) == 1) {
                result.r1 = (int) memory.getLong(ENTRY);
                result.r2 = (int) memory.getLong(ENTRY + Long.BYTES);
            }
        }
    }

    @Actor
    public void client() {
        words.write();
        words.advanceTail();
    }

    @Actor
    public void node(II_Result result) {
        words.read(result);
    }

    /** The tail goes first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "5, 6"},
            expect = ACCEPTABLE,
            desc = "no entry yet, or the whole entry")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "an entry that is not written yet")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class TailFirst {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.advanceTail();
            Region.linger();
            words.write();
        }

        @Actor
        public void node(II_Result result) {
            words.read(result);
        }
    }

    /** Plain stores and loads: x86 keeps the order of both. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "5, 6"},
            expect = ACCEPTABLE,
            desc = "no entry yet, or the whole entry")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "an entry that is not written yet")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.memory.putLong(Words.ENTRY, 5);
            words.memory.putLong(Words.ENTRY + Long.BYTES, 6);
            words.memory.putLong(SessionFile.ACCESS_TAIL_OFFSET, 1);
        }

        @Actor
        public void node(II_Result result) {
            if (words.memory.getLong(SessionFile.ACCESS_TAIL_OFFSET) == 1) {
                result.r1 = (int) words.memory.getLong(Words.ENTRY);
                result.r2 = (int) words.memory.getLong(Words.ENTRY + Long.BYTES);
            }
        }
    }
}
