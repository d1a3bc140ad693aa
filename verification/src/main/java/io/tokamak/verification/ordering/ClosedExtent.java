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
 * R8, I19. Hypothesis: a tail in extent n + 1 closes extent n: the tail of n that is loaded after
 * it is the last one, and nothing that was committed is overlooked.
 *
 * <p>Results: whether extent n was found closed, and whether its last record was seen then.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "1, 1"},
        expect = ACCEPTABLE,
        desc = "not closed, or closed at its end")
@Outcome(expect = FORBIDDEN, desc = "closed before its last record")
@State
public class ClosedExtent {
    private final Words words = new Words();

    /** A lane in its first extent. */
    private static final class Words {
        static final long FIRST = SessionFile.tailOffset(1);
        static final long SECOND = SessionFile.tailOffset(2);
        static final long END = SessionFile.position(1, 4096);

        final Memory memory = Region.take();

        Words() {
            memory.putLong(FIRST, SessionFile.position(1, 0));
        }

        void commit() {
            memory.putLongRelease(FIRST, END);
        }

        void enterNext() {
            memory.putLongRelease(SECOND, SessionFile.position(2, 0));
        }

        boolean isClosed() {
            return SessionFile.isInExtent(memory.getLongAcquire(SECOND), 2);
        }

        long tail() {
            return memory.getLongAcquire(FIRST);
        }
    }

    @Actor
    public void client() {
        words.commit();
        words.enterNext();
    }

    @Actor
    public void node(II_Result result) {
        if (words.isClosed()) {
            result.r1 = 1;
            result.r2 = words.tail() == Words.END ? 1 : 0;
        }
    }

    /** The tail of n is loaded before the one of n + 1. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "not closed, or closed at its end")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "closed before its last record")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class TailLoadedBefore {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.commit();
            words.enterNext();
        }

        @Actor
        public void node(II_Result result) {
            long tail = words.tail();
            Region.linger();
            if (words.isClosed()) {
                result.r1 = 1;
                result.r2 = tail == Words.END ? 1 : 0;
            }
        }
    }

    /** Plain tails: x86 keeps the order of the stores and that of the loads. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = ACCEPTABLE,
            desc = "not closed, or closed at its end")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "closed before its last record")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void client() {
            words.memory.putLong(Words.FIRST, Words.END);
            words.memory.putLong(Words.SECOND, SessionFile.position(2, 0));
        }

        @Actor
        public void node(II_Result result) {
            if (SessionFile.isInExtent(words.memory.getLong(Words.SECOND), 2)) {
                result.r1 = 1;
                result.r2 = words.memory.getLong(Words.FIRST) == Words.END ? 1 : 0;
            }
        }
    }
}
