package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Tells a process that was forked off that it is one, at the cost of a load: the kernel wipes a
 * page in the child, where the next marker writes another mark. A child of a child knows it too.
 * Thread-safe.
 */
public final class ForkMarker {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_WIPEONFORK = 18;
    private static final long MARK_OFFSET = 0;

    /** One for the process and all that are forked off it. */
    private static final Memory PAGE = page();

    /** Of the process that made the last marker; its children inherit the number. */
    private static long lastMark;

    private final long mark;

    /** Marks this process as the parent. */
    public ForkMarker() {
        synchronized (ForkMarker.class) {
            if (PAGE.getLongOpaque(MARK_OFFSET) == 0) {
                PAGE.putLongOpaque(MARK_OFFSET, ++lastMark);
            }
            mark = lastMark;
        }
    }

    private static Memory page() {
        long length = Pages.BYTES;
        long address = Libc.mmap(0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        require("map", address);
        require("mark", Libc.madvise(address, length, MADV_WIPEONFORK));
        return Memory.of(
                MemorySegment.ofAddress(address).reinterpret(length, Arena.global(), null));
    }

    private static void require(String verb, long result) {
        if (result < 0 && result > -Pages.BYTES) {
            throw new IllegalStateException(
                    "cannot %s a page: %s".formatted(verb, Libc.nameOf((int) -result)));
        }
    }

    /** Where the page lies in this process. */
    static long address() {
        return PAGE.address();
    }

    /** Whether this process was forked off the one that made the marker. */
    public boolean isForkedChild() {
        return PAGE.getLongOpaque(MARK_OFFSET) != mark;
    }
}
