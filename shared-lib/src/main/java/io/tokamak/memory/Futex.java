package io.tokamak.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * Sleeping on a word of shared memory, and waking who sleeps there. Works between processes and
 * between mappings, of which either may be read-only. Thread-safe.
 *
 * <p>On a region on the heap nobody can sleep, and waking finds nobody.
 */
public final class Futex {
    // Not FUTEX_PRIVATE_FLAG: the word is known by its file, not by its address.
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;

    /** Why a wait ended. */
    public enum Outcome {
        WOKEN,
        /** The word did not have the expected value. */
        CHANGED,
        TIMED_OUT
    }

    /** Seconds; see {@link #patience}. */
    public static final String PATIENCE_PROPERTY = "tokamak.patience";

    private static final long PATIENCE_NANOS =
            TimeUnit.SECONDS.toNanos(Long.getLong(PATIENCE_PROPERTY, 0));

    private Futex() {}

    /**
     * How long a sleeper relies on being woken before it looks for itself: so long, or longer when
     * a test says so with {@link #PATIENCE_PROPERTY}. The look makes up for a wake-up that was
     * lost; without it the loss is seen (I27).
     */
    public static long patience(long nanos) {
        return Math.max(nanos, PATIENCE_NANOS);
    }

    /**
     * Sleeps while the word has the expected value, until woken. The look at the word and falling
     * asleep are one step: a wake after a change is not missed. May end with {@link Outcome#WOKEN}
     * for no reason, so look at the word again. A signal does not end it. Blocks the carrier of a
     * virtual thread; an interrupt does not end it.
     *
     * @param offset of a 32-bit word, little-endian
     * @param timeoutNanos 0 or less looks at the word and does not sleep
     * @throws UnsupportedOperationException on the heap
     */
    public static Outcome await(Memory memory, long offset, int expected, long timeoutNanos) {
        MemorySegment word = word(memory, offset);
        if (memory.isOnHeap()) {
            throw new UnsupportedOperationException("nobody can sleep on an array");
        }
        long startNanos = System.nanoTime();
        long leftNanos = Math.max(0, timeoutNanos);
        while (true) {
            int result = Libc.futexWait(word, FUTEX_WAIT, expected, leftNanos);
            if (result == -Libc.EINTR) {
                leftNanos = Math.max(0, timeoutNanos - (System.nanoTime() - startNanos));
                continue;
            }
            return switch (-result) {
                case 0 -> Outcome.WOKEN;
                case Libc.EAGAIN -> Outcome.CHANGED;
                case Libc.ETIMEDOUT -> Outcome.TIMED_OUT;
                default ->
                        throw new IllegalStateException(
                                "cannot sleep on a word: " + Libc.nameOf(-result));
            };
        }
    }

    /**
     * Wakes up to {@code count} sleepers and returns how many there were. A system call each time:
     * 0.3 microseconds, whether or not anybody sleeps.
     */
    public static int wake(Memory memory, long offset, int count) {
        MemorySegment word = word(memory, offset);
        return memory.isOnHeap() ? 0 : Math.max(0, Libc.futexWake(word, FUTEX_WAKE, count));
    }

    private static MemorySegment word(Memory memory, long offset) {
        if (offset % Integer.BYTES != 0) {
            throw new IllegalArgumentException("not aligned to a word: " + offset);
        }
        return memory.segment().asSlice(offset, Integer.BYTES);
    }
}
