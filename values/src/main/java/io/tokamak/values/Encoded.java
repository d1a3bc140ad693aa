package io.tokamak.values;

import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A value as it will lie in its object.
 *
 * @param parts the payload's bytes, one part after the other, of any kind of memory; they are
 *     copied once, into the object, and must not change until then
 */
public record Encoded(MediaType mediaType, List<MemorySegment> parts) {
    public Encoded {
        parts = List.copyOf(parts);
    }

    /** A value whose bytes lie together. */
    public static Encoded of(MediaType mediaType, MemorySegment bytes) {
        return new Encoded(mediaType, List.of(bytes));
    }

    public static Encoded of(MediaType mediaType, byte[] bytes) {
        return of(mediaType, MemorySegment.ofArray(bytes));
    }

    /** Bytes of the payload. */
    public long sizeBytes() {
        long sum = 0;
        for (MemorySegment part : parts) {
            sum += part.byteSize();
        }
        return sum;
    }
}
