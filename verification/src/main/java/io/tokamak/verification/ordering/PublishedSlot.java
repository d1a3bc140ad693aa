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
 * R1, I2. Hypothesis: a slot whose state is stored with release after its fields, and loaded with
 * acquire before them, is found complete or not at all; with the index itself.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "1, 7"},
        expect = ACCEPTABLE,
        desc = "not there yet, or complete")
@Outcome(expect = FORBIDDEN, desc = "found without its fields")
@State
public class PublishedSlot {
    private final TinyIndex tiny = new TinyIndex(1);

    @Actor
    public void node() {
        tiny.insert(TinyIndex.STAYING, 0, 7);
    }

    @Actor
    public void reader(II_Result result) {
        long slot = tiny.reader.find(TinyIndex.STAYING, 0);
        if (slot != IndexReader.NOT_FOUND) {
            result.r1 = 1;
            result.r2 = (int) tiny.reader.length(slot);
        }
    }

    private static final class Words {
        private final Memory memory = Region.take();

        int look() {
            return memory.getLongAcquire(IndexFile.STATE_OFFSET) != 0 ? 1 : 0;
        }

        int lookPlain() {
            return memory.getLong(IndexFile.STATE_OFFSET) != 0 ? 1 : 0;
        }
    }

    /** The state goes first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 7"},
            expect = ACCEPTABLE,
            desc = "not there yet, or complete")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "found without its fields")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class StateFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.memory.putLongRelease(
                    IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.SEALED, 1));
            Region.linger();
            words.memory.putLongOpaque(IndexFile.LENGTH_OFFSET, 7);
        }

        @Actor
        public void reader(II_Result result) {
            result.r1 = words.look();
            if (result.r1 != 0) {
                result.r2 = (int) words.memory.getLongOpaque(IndexFile.LENGTH_OFFSET);
            }
        }
    }

    /**
     * Plain stores and loads in the same order. x86 keeps the order of stores and that of loads,
     * and the compiler has no reason to change it here: it can fail elsewhere only.
     */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 7"},
            expect = ACCEPTABLE,
            desc = "not there yet, or complete")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "found without its fields")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.memory.putLong(IndexFile.LENGTH_OFFSET, 7);
            words.memory.putLong(IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.SEALED, 1));
        }

        @Actor
        public void reader(II_Result result) {
            result.r1 = words.lookPlain();
            if (result.r1 != 0) {
                result.r2 = (int) words.memory.getLong(IndexFile.LENGTH_OFFSET);
            }
        }
    }
}
