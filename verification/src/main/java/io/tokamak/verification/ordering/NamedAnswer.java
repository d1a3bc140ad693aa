package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * R9, I24. Hypothesis: a client that finds the position of its record answered reads the whole
 * answer; and one that does not, and sleeps on the value that {@code answers} had before it looked,
 * is woken.
 *
 * <p>Results: answer and incarnation when it was answered; else 0, and whether {@code answers}
 * moved since it was loaded.
 */
@JCStressTest
@Outcome(
        id = {"5, 6", "0, 1"},
        expect = ACCEPTABLE,
        desc = "the whole answer, or woken")
@Outcome(expect = FORBIDDEN, desc = "half an answer, or asleep beside it")
@State
public class NamedAnswer {
    private final Words words = new Words();

    private static final class Words {
        private static final long LANE = 512;
        private static final long POSITION = SessionFile.position(1, 64);

        private final Memory memory = Region.take();
        private int seen;
        private boolean isAnswered;

        void answer() {
            memory.putIntOpaque(LANE + SessionFile.ANSWER_OFFSET, 5);
            memory.putLongOpaque(LANE + SessionFile.ANSWER_INCARNATION_OFFSET, 6);
        }

        void publish() {
            memory.putLongRelease(LANE + SessionFile.ANSWERED_OFFSET, POSITION);
        }

        void add() {
            memory.getAndAddInt(LANE + SessionFile.ANSWERS_OFFSET, 1);
        }

        void look() {
            seen = memory.getIntAcquire(LANE + SessionFile.ANSWERS_OFFSET);
        }

        void read(II_Result result) {
            isAnswered = memory.getLongAcquire(LANE + SessionFile.ANSWERED_OFFSET) == POSITION;
            if (isAnswered) {
                result.r1 = memory.getInt(LANE + SessionFile.ANSWER_OFFSET);
                result.r2 = (int) memory.getLong(LANE + SessionFile.ANSWER_INCARNATION_OFFSET);
            }
        }

        void isWoken(II_Result result) {
            if (!isAnswered) {
                int answers = memory.getIntAcquire(LANE + SessionFile.ANSWERS_OFFSET);
                result.r2 = answers != seen ? 1 : 0;
            }
        }
    }

    @Actor
    public void node() {
        words.answer();
        words.publish();
        words.add();
    }

    @Actor
    public void client(II_Result result) {
        words.look();
        words.read(result);
    }

    @Arbiter
    public void end(II_Result result) {
        words.isWoken(result);
    }

    /** The position goes before the answer. */
    @JCStressTest
    @Outcome(
            id = {"5, 6", "0, 1"},
            expect = ACCEPTABLE,
            desc = "the whole answer, or woken")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "half an answer, or asleep beside it")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class PublishedFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.publish();
            Region.linger();
            words.answer();
            words.add();
        }

        @Actor
        public void client(II_Result result) {
            words.look();
            words.read(result);
        }

        @Arbiter
        public void end(II_Result result) {
            words.isWoken(result);
        }
    }

    /** {@code answers} moves before the position. */
    @JCStressTest
    @Outcome(
            id = {"5, 6", "0, 1"},
            expect = ACCEPTABLE,
            desc = "the whole answer, or woken")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "half an answer, or asleep beside it")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class AddedFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.answer();
            words.add();
            Region.linger();
            words.publish();
        }

        @Actor
        public void client(II_Result result) {
            words.look();
            words.read(result);
        }

        @Arbiter
        public void end(II_Result result) {
            words.isWoken(result);
        }
    }

    /** The client sleeps on the value that {@code answers} has after it looked. */
    @JCStressTest
    @Outcome(
            id = {"5, 6", "0, 1"},
            expect = ACCEPTABLE,
            desc = "the whole answer, or woken")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "half an answer, or asleep beside it")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class LookedLate {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.answer();
            words.publish();
            words.add();
        }

        @Actor
        public void client(II_Result result) {
            words.read(result);
            Region.linger();
            words.look();
        }

        @Arbiter
        public void end(II_Result result) {
            words.isWoken(result);
        }
    }

    /** Plain stores: x86 keeps their order. */
    @JCStressTest
    @Outcome(
            id = {"5, 6", "0, 1"},
            expect = ACCEPTABLE,
            desc = "the whole answer, or woken")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "half an answer, or asleep beside it")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.answer();
            words.memory.putLong(Words.LANE + SessionFile.ANSWERED_OFFSET, Words.POSITION);
            words.memory.putInt(Words.LANE + SessionFile.ANSWERS_OFFSET, 1);
        }

        @Actor
        public void client(II_Result result) {
            words.look();
            words.read(result);
        }

        @Arbiter
        public void end(II_Result result) {
            words.isWoken(result);
        }
    }
}
