package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R2, I1. Hypothesis: a pin that is cleared with release, and found cleared with acquire, was
 * cleared after the reader's last load of the bytes: what the node writes there is not read.
 */
@JCStressTest
@Outcome(
        id = {"1, 0", "1, 1"},
        expect = ACCEPTABLE,
        desc = "the object's bytes")
@Outcome(expect = FORBIDDEN, desc = "bytes of the next object")
@State
public class ClearedPin {
    private final Words words = new Words();

    private static final class Words {
        private static final long PIN = 0;
        private static final long BYTES = 256;

        private final Memory memory = Region.take();

        Words() {
            memory.putLong(PIN, PoolFile.pinOf(4096));
            memory.putLong(BYTES, 1);
        }

        int read() {
            return (int) memory.getLong(BYTES);
        }

        void clear() {
            memory.putLongRelease(PIN, 0);
        }

        void clearPlain() {
            memory.putLong(PIN, 0);
        }

        int reuse() {
            if (memory.getLongAcquire(PIN) != 0) {
                return 0;
            }
            memory.putLong(BYTES, 2);
            return 1;
        }
    }

    @Actor
    public void reader(II_Result result) {
        result.r1 = words.read();
        words.clear();
    }

    @Actor
    public void node(II_Result result) {
        result.r2 = words.reuse();
    }

    /** The pin goes before the bytes were read. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "the object's bytes")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "bytes of the next object")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class ClearedFirst {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            words.clear();
            Region.linger();
            result.r1 = words.read();
        }

        @Actor
        public void node(II_Result result) {
            result.r2 = words.reuse();
        }
    }

    /** A plain store may overtake the load before it; x86 does not let it. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "the object's bytes")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "bytes of the next object")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void reader(II_Result result) {
            result.r1 = words.read();
            words.clearPlain();
        }

        @Actor
        public void node(II_Result result) {
            result.r2 = words.reuse();
        }
    }
}
