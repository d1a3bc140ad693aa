package io.tokamak.values.arrow;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Bits that say that no element is null, one buffer for all columns of this process, as large as
 * the longest needed one; at most 256 MiB, as a column has fewer than 2^31 elements.
 */
final class AllValid {
    private static final long BYTES_MIN = 64 << 10;

    private static @Nullable ArrowBuf ones;

    private AllValid() {}

    /** So many bytes of ones, which are not to be written; the allocator's process-wide one. */
    static synchronized ArrowBuf ofBytes(long bytes, BufferAllocator allocator) {
        ArrowBuf known = ones;
        if (known == null || known.capacity() < bytes) {
            long size = Math.max(BYTES_MIN, Long.highestOneBit(bytes - 1) << 1);
            ArrowBuf larger = allocator.buffer(size);
            larger.setOne(0, larger.capacity());
            if (known != null) {
                known.close(); // columns that have it keep it
            }
            known = ones = larger;
        }
        return known.slice(0, bytes);
    }
}
