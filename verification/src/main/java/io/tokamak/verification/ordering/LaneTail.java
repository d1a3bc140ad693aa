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
 * R8, I19, I20. Hypothesis: a record whose bytes are written before its tail is stored with release
 * is complete for the node, which loads the tail with acquire.
 *
 * <p>Results: the header's word and the last of the payload, 0 when the tail did not show them.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "5, 6"},
        expect = ACCEPTABLE,
        desc = "not committed yet, or complete")
@Outcome(expect = FORBIDDEN, desc = "a record whose bytes are missing")
@State
public class LaneTail {
    private final Words words = new Words();

    private static final class Words {
        static final long TAIL = SessionFile.tailOffset(1);
        static final long HEADER = 512;
        static final long PAYLOAD = 1024;

        final Memory memory = Region.take();

        void write() {
            memory.putLong(PAYLOAD, 6);
            memory.putLong(HEADER, 5);
        }

        void commit() {
            memory.putLongRelease(TAIL, SessionFile.position(1, 1024));
        }

        void drain(II_Result result) {
            if (memory.getLongAcquire(TAIL) == SessionFile.position(1, 1024)) {
                result.r1 = (int) memory.getLong(HEADER);
                result.r2 = (int) memory.getLong(PAYLOAD);
            }
        }
    }

    @Actor
    public void client() {
        words.write();
        words.commit();
    }

    @Actor
    public void node(II_Result result) {
        words.drain(result);
    }

    /** The tail goes first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "5, 6"},
            expect = ACCEPTABLE,
            desc = "not committed yet, or complete")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "a record whose bytes are missing")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class TailFirst {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.commit();
            Region.linger();
            words.write();
        }

        @Actor
        public void node(II_Result result) {
            words.drain(result);
        }
    }

    /** A plain tail, stored and loaded: x86 keeps both orders. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "5, 6"},
            expect = ACCEPTABLE,
            desc = "not committed yet, or complete")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "a record whose bytes are missing")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.write();
            words.memory.putLong(Words.TAIL, SessionFile.position(1, 1024));
        }

        @Actor
        public void node(II_Result result) {
            if (words.memory.getLong(Words.TAIL) == SessionFile.position(1, 1024)) {
                result.r1 = (int) words.memory.getLong(Words.HEADER);
                result.r2 = (int) words.memory.getLong(Words.PAYLOAD);
            }
        }
    }
}
