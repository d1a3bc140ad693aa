package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Sleeping on a word of shared memory, and waking who sleeps there. Works between processes, on
 * read-only mappings too. Thread-safe.
 */
public final class Futex {
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;

    /** Why a wait ended. */
    public enum Outcome {
        WOKEN,
        /** The word did not have the expected value. */
        CHANGED,
        TIMED_OUT
    }

    private Futex() {}

    /**
     * Sleeps while the word has the expected value, until woken. May also end with {@link
     * Outcome#WOKEN} for no reason. Blocks the carrier of a virtual thread.
     *
     * @param offset of a 32-bit word
     */
    public static Outcome await(Memory memory, long offset, int expected, long timeoutNanos) {
        checkWord(memory, offset);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timeout = Libc.timespec(arena, Math.max(0, timeoutNanos));
            int result = Libc.futex(memory.address(offset), FUTEX_WAIT, expected, timeout);
            return switch (-result) {
                case Libc.EAGAIN -> Outcome.CHANGED;
                case Libc.ETIMEDOUT -> Outcome.TIMED_OUT;
                default -> Outcome.WOKEN;
            };
        }
    }

    /** Wakes up to {@code count} sleepers and returns how many there were. */
    public static int wake(Memory memory, long offset, int count) {
        checkWord(memory, offset);
        return Math.max(
                0, Libc.futex(memory.address(offset), FUTEX_WAKE, count, MemorySegment.NULL));
    }

    private static void checkWord(Memory memory, long offset) {
        if (offset < 0 || offset > memory.size() - Integer.BYTES || offset % Integer.BYTES != 0) {
            throw new IndexOutOfBoundsException(
                    "no word at " + offset + " of " + memory.size() + " bytes");
        }
    }
}
