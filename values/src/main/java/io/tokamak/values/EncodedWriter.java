package io.tokamak.values;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Puts the parts of an encoded value into one object. */
final class EncodedWriter {
    /**
     * Up to here another copy, in the heap, costs less than the call to the node that an object of
     * its own lane takes, about 60 microseconds.
     */
    private static final long JOINED_BYTES_MAX = 512 << 10;

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
            writer.write(encoded.parts());
            return writer.seal();
        }
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
