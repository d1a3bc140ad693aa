package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.index.IndexReader;
import io.tokamak.layout.IndexFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R1, I2, I8. Hypothesis: a copy that was taken between two equal looks at the state word, with an
 * acquire fence before the second, is the object's, although the node condemns it, reuses its bytes
 * and gives its slot to another object meanwhile; with the index itself.
 *
 * <p>Results: the first and the last word of the copy, 0 when it was given up.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "1, 1"},
        expect = ACCEPTABLE,
        desc = "given up, or the object's bytes")
@Outcome(expect = FORBIDDEN, desc = "bytes of another object")
@State
public class CopiedRead {
    private final Shared shared = new Shared();

    private static final class Shared {
        private static final long LENGTH = 512;

        final TinyIndex tiny = new TinyIndex(1);
        final Memory pool = Region.take();
        final long slot;

        Shared() {
            slot = tiny.insert(TinyIndex.STAYING, 0, 4096);
            write(1);
        }

        void write(long word) {
            for (long offset = 0; offset < LENGTH; offset += Long.BYTES) {
                pool.putLong(offset, word);
            }
        }

        long[] copy() {
            long[] words = new long[(int) LENGTH / Long.BYTES];
            for (int i = 0; i < words.length; i++) {
                words[i] = pool.getLong((long) i * Long.BYTES);
            }
            return words;
        }

        static void show(long[] copy, II_Result result) {
            result.r1 = (int) copy[0];
            result.r2 = (int) copy[copy.length - 1];
        }

        /** The node takes the object away, and another one comes in its place. */
        void reuse() {
            tiny.writer.setState(slot, IndexFile.CONDEMNED);
            Memory.fullFence();
            tiny.writer.empty(slot);
            write(2);
            tiny.insert(TinyIndex.STAYING, 1, 4096);
        }

        /** State word of the object, or 0. */
        long find() {
            long found = tiny.reader.find(TinyIndex.STAYING, 0);
            if (found == IndexReader.NOT_FOUND) {
                return 0;
            }
            long state = tiny.reader.state(found);
            return tiny.reader.matches(found, TinyIndex.STAYING, 0) ? state : 0;
        }
    }

    @Actor
    public void node() {
        shared.reuse();
    }

    @Actor
    public void reader(II_Result result) {
        long state = shared.find();
        long[] copy = shared.copy();
        Memory.acquireFence();
        if (state != 0 && shared.tiny.reader.state(shared.slot) == state) {
            Shared.show(copy, result);
        }
    }

    /** The copy is believed without a second look. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "given up, or the object's bytes")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "bytes of another object")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class LookedOnce {
        private final Shared shared = new Shared();

        @Actor
        public void node() {
            shared.reuse();
        }

        @Actor
        public void reader(II_Result result) {
            if (shared.find() != 0) {
                Shared.show(shared.copy(), result);
            }
        }
    }

    /** The slot comes back with the state word that it had: what generations are for. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "given up, or the object's bytes")
    @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "the next object's, begun after it was there")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "bytes of two objects")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class SameGeneration {
        private final Shared shared = new Shared();

        @Actor
        public void node() {
            long word = shared.tiny.index.getLong(shared.slot + IndexFile.STATE_OFFSET);
            shared.tiny.writer.setState(shared.slot, IndexFile.CONDEMNED);
            Memory.fullFence();
            shared.write(2);
            shared.tiny.index.putLongRelease(shared.slot + IndexFile.STATE_OFFSET, word);
        }

        @Actor
        public void reader(II_Result result) {
            long state = shared.find();
            long[] copy = shared.copy();
            Memory.acquireFence();
            if (state != 0 && shared.tiny.reader.state(shared.slot) == state) {
                Shared.show(copy, result);
            }
        }
    }

    /**
     * Two plain looks at the state, and no fence: a compiler may make one look of them. That of JDK
     * 25 does not for mapped memory, and x86 keeps the order of loads.
     */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "given up, or the object's bytes")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "bytes of another object")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Shared shared = new Shared();

        @Actor
        public void node() {
            shared.reuse();
        }

        @Actor
        public void reader(II_Result result) {
            Memory index = shared.tiny.index;
            long before = index.getLong(shared.slot + IndexFile.STATE_OFFSET);
            long[] copy = shared.copy();
            long after = index.getLong(shared.slot + IndexFile.STATE_OFFSET);
            if (IndexFile.stateOf(before) == IndexFile.SEALED
                    && IndexFile.generationOf(before) == 1
                    && before == after) {
                Shared.show(copy, result);
            }
        }
    }
}
