package io.tokamak.node.objects;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Payloads that follow from their length, so that whoever sees one can tell whether it is whole.
 */
final class TestBytes {
    private TestBytes() {}

    static byte[] of(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** What is wrong with them, or null. */
    static @Nullable String verify(MemorySegment bytes) {
        long wrong = bytes.mismatch(MemorySegment.ofArray(of((int) bytes.byteSize())));
        return wrong < 0 ? null : "byte %d of %d".formatted(wrong, bytes.byteSize());
    }

    static void check(MemorySegment bytes) {
        String wrong = verify(bytes);
        if (wrong != null) {
            throw new AssertionError(wrong);
        }
    }
}
