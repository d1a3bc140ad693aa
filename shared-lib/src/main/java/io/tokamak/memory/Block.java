package io.tokamak.memory;

import java.lang.foreign.MemorySegment;

/**
 * Memory of this process alone, outside of the heap: for what is too large for it, or shall not be
 * moved. Not cleared.
 *
 * <p>Unlike an arena, any thread may free it, and at no cost to other threads: nothing tells an
 * access after that from one before, so who hands the memory out does (see {@link Memory#view}).
 */
public final class Block {
    /** Alignment of the first byte. */
    public static final int ALIGNMENT_BYTES = 64;

    private static final long HUGE_PAGES_BYTES_MIN = 4L << 20;

    private final Memory memory;

    private Block(Memory memory) {
        this.memory = memory;
    }

    /**
     * @param sizeBytes of any size, 0 included
     * @throws OutOfMemoryError when the system has no more
     */
    public static Block allocate(long sizeBytes) {
        long rounded = Math.max(1, Math.ceilDiv(sizeBytes, ALIGNMENT_BYTES)) * ALIGNMENT_BYTES;
        long address = Libc.alignedAlloc(ALIGNMENT_BYTES, rounded);
        if (address == 0) {
            throw new OutOfMemoryError(
                    "cannot allocate " + sizeBytes + " bytes outside of the heap");
        }
        Memory memory = Memory.of(MemorySegment.ofAddress(address).reinterpret(sizeBytes));
        if (sizeBytes >= HUGE_PAGES_BYTES_MIN) {
            Pages.adviseHugePages(memory);
        }
        return new Block(memory);
    }

    public Memory memory() {
        return memory;
    }

    /** Gives it back. To be called once, when nobody can reach it any more. */
    public void free() {
        Libc.free(memory.address());
    }
}
