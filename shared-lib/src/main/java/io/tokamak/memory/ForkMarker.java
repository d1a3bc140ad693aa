package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A page that the kernel wipes in a forked child: it tells the child that it is one. Thread-safe.
 */
public final class ForkMarker {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_WIPEONFORK = 18;

    private final MemorySegment page;

    public ForkMarker() {
        long address = Libc.mmap(Pages.BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (address < 0 && address > -4096) {
            throw new IllegalStateException("cannot map a page: " + Libc.nameOf((int) -address));
        }
        page =
                MemorySegment.ofAddress(address)
                        .reinterpret(
                                Pages.BYTES,
                                Arena.ofAuto(),
                                mapping -> Libc.munmap(mapping.address(), Pages.BYTES));
        int result = Libc.madvise(address, Pages.BYTES, MADV_WIPEONFORK);
        if (result < 0) {
            throw new IllegalStateException("cannot mark a page: " + Libc.nameOf(-result));
        }
        page.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    }

    /** Whether this process was forked off the one that made the marker. */
    public boolean isForkedChild() {
        return page.get(ValueLayout.JAVA_BYTE, 0) == 0;
    }
}
