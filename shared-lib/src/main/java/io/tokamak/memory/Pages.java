package io.tokamak.memory;

import java.lang.foreign.ValueLayout;

/** Advice about pages. Thread-safe. */
public final class Pages {
    public static final int BYTES = 4096;

    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;

    private Pages() {}

    /**
     * Makes pages ready to be written in this process, so that the first copy into them does not
     * fault page by page. Changes no byte.
     */
    public static void populateWrite(Memory memory, long offset, long length) {
        if (advise(memory, offset, length, MADV_POPULATE_WRITE) == -Libc.EINVAL) {
            for (long at = offset; at < offset + length; at += BYTES) {
                memory.getAndAddInt(at & -Integer.BYTES, 0);
            }
        }
    }

    /** Makes pages ready to be read in this process. */
    public static void populateRead(Memory memory, long offset, long length) {
        if (advise(memory, offset, length, MADV_POPULATE_READ) == -Libc.EINVAL) {
            for (long at = offset; at < offset + length; at += BYTES) {
                memory.segment().get(ValueLayout.JAVA_BYTE, at);
            }
        }
    }

    /** Asks for huge pages where the file system has them; what it has is not said. */
    public static void adviseHugePages(Memory memory) {
        advise(memory, 0, memory.size(), MADV_HUGEPAGE);
    }

    private static int advise(Memory memory, long offset, long length, int advice) {
        long start = memory.address(offset) & -BYTES;
        long end = memory.segment().asSlice(offset, length).address() + length;
        return Libc.madvise(start, end - start, advice);
    }
}
