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
 * R8. Hypothesis: an extent whose start and length are stored before its number, with release, is
 * entered at the right place by a client that loads the number with acquire.
 *
 * <p>Results: start and length, 0 when there was no offer.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "5, 6"},
        expect = ACCEPTABLE,
        desc = "no offer yet, or where it is")
@Outcome(expect = FORBIDDEN, desc = "an extent somewhere else")
@State
public class OfferedExtent {
    private final Words words = new Words();

    private static final class Words {
        static final long START = SessionFile.extentOffset(2);
        static final long LENGTH = START + Long.BYTES;

        final Memory memory = Region.take();

        void place() {
            memory.putLong(START, 5);
            memory.putLong(LENGTH, 6);
        }

        void offer() {
            memory.putLongRelease(SessionFile.OFFERED_OFFSET, 2);
        }

        void enter(II_Result result) {
            if (memory.getLongAcquire(SessionFile.OFFERED_OFFSET) == 2) {
                result.r1 = (int) memory.getLong(START);
                result.r2 = (int) memory.getLong(LENGTH);
            }
        }
    }

    @Actor
    public void node() {
        words.place();
        words.offer();
    }

    @Actor
    public void client(II_Result result) {
        words.enter(result);
    }

    /** The number goes first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "5, 6"},
            expect = ACCEPTABLE,
            desc = "no offer yet, or where it is")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "an extent somewhere else")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class OfferedFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.offer();
            Region.linger();
            words.place();
        }

        @Actor
        public void client(II_Result result) {
            words.enter(result);
        }
    }
}
