package io.tokamak.values;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** Puts the parts of an encoded value into one object. */
final class EncodedWriter {
    /**
     * Up to here another copy, in the heap, costs less than the call to the node that an object of
     * its own lane takes, about 60 microseconds.
     */
    private static final long JOINED_BYTES_MAX = 512 << 10;

    /** Smaller ones are copied before another thread is awake. */
    private static final long PARALLEL_BYTES_MIN = 8 << 20;

    /** Never started: who else may read a segment is what is asked. */
    private static final Thread ANY_THREAD = Thread.ofPlatform().unstarted(() -> {});

    private EncodedWriter() {}

    static Stored put(TokamakClient client, Encoded encoded, PutOptions options) {
        if (encoded.parts().size() == 1) {
            return client.put(encoded.parts().getFirst(), options);
        }
        long size = encoded.sizeBytes();
        if (size <= JOINED_BYTES_MAX) {
            return client.put(joined(encoded, (int) size), options);
        }
        try (ObjectWriter writer = client.createUnclaimed(OptionalLong.of(size), options)) {
            if (size >= PARALLEL_BYTES_MIN
                    && client.locality().zeroCopy()
                    && isOfManyParts(encoded.parts(), size)) {
                fill(writer.segment(), encoded.parts());
            } else {
                for (MemorySegment part : encoded.parts()) {
                    writer.write(part); // by several threads, if it is large
                }
            }
            return writer.seal();
        }
    }

    /** None of which is most of the whole, and all of which any thread may read. */
    private static boolean isOfManyParts(List<MemorySegment> parts, long size) {
        for (MemorySegment part : parts) {
            if (part.byteSize() > size / 4 || !part.isAccessibleBy(ANY_THREAD)) {
                return false;
            }
        }
        return true;
    }

    /** Several threads copy, each part by one. */
    private static void fill(MemorySegment target, List<MemorySegment> parts) {
        long[] offsets = new long[parts.size()];
        long end = 0;
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = end;
            end += parts.get(i).byteSize();
        }
        IntStream.range(0, offsets.length)
                .parallel()
                .forEach(
                        i -> {
                            MemorySegment part = parts.get(i);
                            MemorySegment.copy(part, 0, target, offsets[i], part.byteSize());
                        });
    }

    private static byte[] joined(Encoded encoded, int size) {
        byte[] bytes = new byte[size];
        MemorySegment target = MemorySegment.ofArray(bytes);
        long at = 0;
        for (MemorySegment part : encoded.parts()) {
            MemorySegment.copy(part, 0, target, at, part.byteSize());
            at += part.byteSize();
        }
        return bytes;
    }
}
