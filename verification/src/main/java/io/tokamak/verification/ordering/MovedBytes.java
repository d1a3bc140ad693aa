package io.tokamak.verification.ordering;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * R3, I1, I4. Hypothesis: when the bytes are copied before the location is stored with release, and
 * the old range is reused only after a new generation, a fence and a look at the pins, a pinned
 * reader reads the object's bytes, at the old place or at the new one.
 *
 * <p>Result: the byte that was read; 9 when the reader gave up and would look again.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the object's bytes")
@Outcome(id = "9", expect = ACCEPTABLE, desc = "looks again")
@Outcome(expect = FORBIDDEN, desc = "bytes that were not there yet, or no longer")
@State
public class MovedBytes {
    private final Words words = new Words();

    private static final class Words {
        private static final long STATE = 0;
        private static final long LOCATION = 64;
        private static final long PIN = 256;
        private static final long OLD = 512;
        private static final long NEW = 1024;
        private static final long SEALED = IndexFile.stateWord(IndexFile.SEALED, 1);
        private static final long SEALED_AGAIN = IndexFile.stateWord(IndexFile.SEALED, 2);

        final Memory memory = Region.take();

        Words() {
            memory.putLong(STATE, SEALED);
            memory.putLong(LOCATION, OLD);
            memory.putLong(OLD, 1);
        }

        void copy() {
            memory.putLong(NEW, memory.getLong(OLD));
        }

        void moveLocation() {
            memory.putLongRelease(LOCATION, NEW);
        }

        void newGeneration() {
            memory.putLongRelease(STATE, SEALED_AGAIN);
        }

        void reuse() {
            if (memory.getLongAcquire(PIN) != PoolFile.pinOf(OLD)) {
                memory.putLong(OLD, 2);
            }
        }

        void evacuate() {
            copy();
            moveLocation();
            newGeneration();
            Memory.fullFence();
            reuse();
        }

        int read() {
            long state = memory.getLongAcquire(STATE);
            long location = memory.getLongAcquire(LOCATION);
            memory.putLongOpaque(PIN, PoolFile.pinOf(location));
            Memory.fullFence();
            return memory.getLongAcquire(STATE) == state ? (int) memory.getLong(location) : 9;
        }
    }

    @Actor
    public void node() {
        words.evacuate();
    }

    @Actor
    public void reader(I_Result result) {
        result.r1 = words.read();
    }

    /** The location goes first. */
    @JCStressTest
    @Outcome(
            id = {"1", "9"},
            expect = ACCEPTABLE,
            desc = "the object's bytes, or looks again")
    @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "not copied yet")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class LocationFirst {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.moveLocation();
            Region.linger();
            words.copy();
            words.newGeneration();
            Memory.fullFence();
            words.reuse();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = words.read();
        }
    }

    /** The old range is looked at for pins without a fence. */
    @JCStressTest
    @Outcome(
            id = {"1", "9"},
            expect = ACCEPTABLE,
            desc = "the object's bytes, or looks again")
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class Unfenced {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.copy();
            words.moveLocation();
            words.newGeneration();
            words.reuse();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = words.read();
        }
    }

    /** No new generation: a reader that pinned the old range late believes that it was in time. */
    @JCStressTest
    @Outcome(
            id = {"1", "9"},
            expect = ACCEPTABLE,
            desc = "the object's bytes, or looks again")
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "pinned and reused")
    @State
    @Twin(Twin.Fails.ALWAYS)
    public static class SameGeneration {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.copy();
            words.moveLocation();
            Memory.fullFence();
            words.reuse();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = words.read();
        }
    }

    /** Plain copy, plain location: x86 keeps both in order. */
    @JCStressTest
    @Outcome(
            id = {"1", "9"},
            expect = ACCEPTABLE,
            desc = "the object's bytes, or looks again")
    @Outcome(
            id = {"0", "2"},
            expect = ACCEPTABLE_INTERESTING,
            desc = "not copied yet, or reused")
    @State
    @Twin(Twin.Fails.ON_WEAK_PROCESSORS)
    public static class Plain {
        private final Words words = new Words();

        @Actor
        public void node() {
            words.copy();
            words.memory.putLong(Words.LOCATION, Words.NEW);
            words.memory.putLong(Words.STATE, Words.SEALED_AGAIN);
            Memory.fullFence();
            words.reuse();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = words.read();
        }
    }
}
