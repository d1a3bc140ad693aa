package io.tokamak.verification.crash;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that follow from their first eight, so that whoever sees an object can tell whether it is
 * whole: a seed, then the numbers that splitmix64 makes of it.
 */
final class Pattern {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Pattern() {}

    static void fill(MemorySegment target, long seed) {
        long words = target.byteSize() / Long.BYTES;
        for (long i = 0; i < words; i++) {
            target.set(LONG, i * Long.BYTES, word(seed, i));
        }
        for (long at = words * Long.BYTES; at < target.byteSize(); at++) {
            target.set(ValueLayout.JAVA_BYTE, at, (byte) word(seed, at));
        }
    }

    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        fill(MemorySegment.ofArray(bytes), seed);
        return bytes;
    }

    /** What is wrong with the bytes, or null. */
    static @Nullable String verify(MemorySegment bytes) {
        if (bytes.byteSize() < Long.BYTES) {
            return null;
        }
        long seed = bytes.get(LONG, 0);
        long words = bytes.byteSize() / Long.BYTES;
        for (long i = 1; i < words; i++) {
            if (bytes.get(LONG, i * Long.BYTES) != word(seed, i)) {
                return "byte %d of %d is not of seed %d"
                        .formatted(i * Long.BYTES, bytes.byteSize(), seed);
            }
        }
        for (long at = words * Long.BYTES; at < bytes.byteSize(); at++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, at) != (byte) word(seed, at)) {
                return "byte %d of %d is not of seed %d".formatted(at, bytes.byteSize(), seed);
            }
        }
        return null;
    }

    private static long word(long seed, long index) {
        if (index == 0) {
            return seed;
        }
        long mixed = seed + index * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }
}
