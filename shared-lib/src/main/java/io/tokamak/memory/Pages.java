package io.tokamak.memory;

import java.io.UncheckedIOException;
import java.util.Objects;

/** Getting pages ready, and advice about them. Does nothing on the heap. Thread-safe. */
public final class Pages {
    /** Size of a page: 4096 on x86-64, up to 65536 on aarch64. */
    public static final int BYTES = Libc.getpagesize();

    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;

    private Pages() {}

    /** The bytes of the pages that so many bytes take. */
    static long roundUp(long length) {
        return (length + BYTES - 1) & -BYTES;
    }

    /**
     * Makes pages ready to be written in this process, so that the first copy into them does not
     * fault page by page. Changes no byte, not even one that another process writes meanwhile.
     *
     * @throws UncheckedIOException when there is no memory behind them and none is left, or they
     *     are beyond the end of the file
     */
    public static void populateWrite(Memory memory, long offset, long length) {
        if (!populate(memory, offset, length, MADV_POPULATE_WRITE)) {
            touchWrite(memory, offset, length);
        }
    }

    /** For kernels that do not populate. */
    static void touchWrite(Memory memory, long offset, long length) {
        for (long at = offset; at < offset + length; at = nextPage(memory, at)) {
            memory.getAndAddInt(at & -Integer.BYTES, 0);
        }
    }

    /**
     * Makes pages ready to be read in this process.
     *
     * @throws UncheckedIOException as {@link #populateWrite}
     */
    public static void populateRead(Memory memory, long offset, long length) {
        if (!populate(memory, offset, length, MADV_POPULATE_READ)) {
            touchRead(memory, offset, length);
        }
    }

    /** For kernels that do not populate. */
    static void touchRead(Memory memory, long offset, long length) {
        for (long at = offset; at < offset + length; at = nextPage(memory, at)) {
            memory.getIntOpaque(at & -Integer.BYTES);
        }
    }

    /**
     * Asks for huge pages.
     *
     * @return whether the kernel knows of them; whether the file system gives some is not said
     */
    public static boolean adviseHugePages(Memory memory) {
        return memory.isOnHeap() || advise(memory, 0, memory.size(), MADV_HUGEPAGE) == 0;
    }

    /** Answers false when the kernel does not know how: before 5.14. */
    private static boolean populate(Memory memory, long offset, long length, int advice) {
        Objects.checkFromIndexSize(offset, length, memory.size());
        if (memory.isOnHeap() || length == 0) {
            return true;
        }
        int result;
        do {
            result = advise(memory, offset, length, advice);
        } while (result == -Libc.EINTR || result == -Libc.EAGAIN);
        if (result == -Libc.EINVAL) {
            return false;
        }
        if (result < 0) {
            throw new UncheckedIOException(
                    new NativeFailure(
                            "cannot populate %d bytes at %d of a mapping of %d bytes"
                                    .formatted(length, offset, memory.size()),
                            -result));
        }
        return true;
    }

    private static long nextPage(Memory memory, long offset) {
        return (memory.address(offset) & -BYTES) + BYTES - memory.address();
    }

    private static int advise(Memory memory, long offset, long length, int advice) {
        if (!memory.segment().scope().isAlive()) {
            throw new IllegalStateException("the region is no longer mapped");
        }
        long start = memory.address(offset) & -BYTES;
        long end = memory.address(offset + length);
        return Libc.madvise(start, end - start, advice);
    }
}
