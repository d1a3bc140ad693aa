package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A page that the kernel wipes in a forked child: it tells the child that it is one, at the cost of
 * a load. A child of a child knows it too. Thread-safe.
 */
public final class ForkMarker {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_WIPEONFORK = 18;
    private static final byte MARK = 1;

    private final MemorySegment page;

    /** Marks this process as the parent. The page goes when the marker does. */
    public ForkMarker() {
        long length = Pages.BYTES;
        long address = Libc.mmap(0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        require("map", address);
        page =
                MemorySegment.ofAddress(address)
                        .reinterpret(
                                length,
                                Arena.ofAuto(),
                                mapping -> Libc.munmap(mapping.address(), length));
        require("mark", Libc.madvise(address, length, MADV_WIPEONFORK));
        page.set(ValueLayout.JAVA_BYTE, 0, MARK);
    }

    private static void require(String verb, long result) {
        if (result < 0 && result > -Pages.BYTES) {
            throw new IllegalStateException(
                    "cannot %s a page: %s".formatted(verb, Libc.nameOf((int) -result)));
        }
    }

    /** Where the page lies in this process. */
    long address() {
        return page.address();
    }

    /** Whether this process was forked off the one that made the marker. */
    public boolean isForkedChild() {
        return page.get(ValueLayout.JAVA_BYTE, 0) != MARK;
    }
}
