package io.tokamak.memory;

/**
 * Puts the cost of a full fence on one side of a pair: between the call of {@link #everywhere} and
 * its return every thread of the host has passed a full fence, so that those on the other side may
 * leave theirs out. It is membarrier(2) with {@code MEMBARRIER_CMD_GLOBAL}: it waits until every
 * processor has switched or come by the kernel.
 *
 * <p>A thread that leaves its fence out still has to make its store and its load in the order of
 * the program. With an opaque store, a fence of loads and an acquire load HotSpot's compilers do.
 * Thread-safe.
 */
public final class Membarrier {
    private static final int QUERY = 0;
    private static final int GLOBAL = 1;

    private Membarrier() {}

    /**
     * Whether the kernel has it and lets this process call it. It has not where processors run
     * without ticks (nohz_full), and some seccomp profiles forbid it.
     */
    public static boolean isAvailable() {
        int commands = Libc.membarrier(QUERY);
        return commands >= 0 && (commands & GLOBAL) != 0;
    }

    /**
     * A full fence in every thread of the host. Blocks for 5 to 30 milliseconds.
     *
     * @throws IllegalStateException where it is not {@linkplain #isAvailable available}
     */
    public static void everywhere() {
        int result = Libc.membarrier(GLOBAL);
        if (result != 0) {
            throw new IllegalStateException(
                    "membarrier, which readers rely on, failed: " + Libc.nameOf(-result));
        }
    }
}
