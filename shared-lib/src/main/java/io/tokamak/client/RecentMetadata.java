package io.tokamak.client;

import io.tokamak.memory.Memory;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectMetadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Metadata by their bytes, as far as they were decoded lately: most anonymous objects of a program
 * have the same few, and decoding them takes ten times as long as a get. They are compared where
 * they lie, eight bytes at a time, of which the last may overlap: a copy would cost half a get.
 * Thread-safe: an entry is published whole, and one that is overwritten meanwhile is only decoded
 * again.
 */
final class RecentMetadata {
    /** Longer ones have names or attributes, which differ. */
    private static final int BYTES_MAX = 128;

    private static final int SLOTS_BITS = 6;
    private static final @Nullable Entry[] ENTRIES = new @Nullable Entry[1 << SLOTS_BITS];

    private static final int THREADS_BITS = 6;

    /** Array elements that no two threads write to one cache line with. */
    private static final int THREAD_STRIDE = 16;

    /**
     * What a thread found last, by the low bits of its number: to compare with that takes half as
     * long as to find its slot.
     */
    private static final @Nullable Entry[] LAST =
            new @Nullable Entry[THREAD_STRIDE << THREADS_BITS];

    /** Metadata, and their bytes as words. */
    private static final class Entry {
        private final int length;
        private final long[] words;
        private final ObjectMetadata metadata;

        /**
         * @param encoded of at least eight bytes
         */
        Entry(byte[] encoded) {
            ByteBuffer bytes = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
            this.length = encoded.length;
            this.words = new long[Math.ceilDiv(length, Long.BYTES)];
            for (int i = 0; i < words.length; i++) {
                words[i] = bytes.getLong(begin(i, length));
            }
            this.metadata = MetadataCodec.decode(encoded);
        }

        boolean liesAt(Memory pool, long offset, int size) {
            if (size != length) {
                return false;
            }
            int end = words.length - 1;
            long different = words[end] ^ pool.getLongWithin(offset + size - Long.BYTES);
            for (int i = 0; i < end; i++) {
                different |= words[i] ^ pool.getLongWithin(offset + (long) i * Long.BYTES);
            }
            return different == 0;
        }
    }

    private RecentMetadata() {}

    private static int begin(int word, int length) {
        return Math.min(word * Long.BYTES, length - Long.BYTES);
    }

    /**
     * The metadata that lie there.
     *
     * @throws IndexOutOfBoundsException outside of the pool
     */
    static ObjectMetadata at(Memory pool, long offset, int length) {
        if (length < Long.BYTES || length > BYTES_MAX) {
            return MetadataCodec.decode(copy(pool, offset, length));
        }
        pool.check(offset, length);
        int thread = (int) Thread.currentThread().threadId() & ((1 << THREADS_BITS) - 1);
        Entry known = LAST[thread * THREAD_STRIDE];
        if (known == null || !known.liesAt(pool, offset, length)) {
            known = LAST[thread * THREAD_STRIDE] = find(pool, offset, length);
        }
        return known.metadata;
    }

    private static Entry find(Memory pool, long offset, int length) {
        int slot = slot(pool, offset, length);
        Entry known = ENTRIES[slot];
        if (known == null || !known.liesAt(pool, offset, length)) {
            known = ENTRIES[slot] = new Entry(copy(pool, offset, length));
        }
        return known;
    }

    private static int slot(Memory pool, long offset, int length) {
        long mixed = length;
        for (int at = 0; at < length; at += Long.BYTES) {
            long word = pool.getLongWithin(offset + Math.min(at, length - Long.BYTES));
            mixed = Long.rotateLeft(mixed, 7) ^ word;
        }
        return (int) ((mixed * 0x9E3779B97F4A7C15L) >>> -SLOTS_BITS);
    }

    private static byte[] copy(Memory pool, long offset, int length) {
        byte[] encoded = new byte[length];
        pool.copyTo(offset, encoded, 0, length);
        return encoded;
    }
}
