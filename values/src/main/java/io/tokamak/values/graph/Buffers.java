package io.tokamak.values.graph;

import io.tokamak.values.Body;
import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.apache.fory.memory.MemoryBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of arrays and buffers: small ones lie in the stream, behind a 0 and their length; of a
 * large one the stream has the number, counted from 1, and the bytes lie beside it. Of one encoding
 * or decoding, in its thread.
 */
final class Buffers {
    /** Where the calling thread's encoding or decoding keeps them. */
    static final ScopedValue<Buffers> CURRENT = ScopedValue.newInstance();

    /** Below it the entry in the table and the padding would cost more than the copy. */
    private static final long BESIDE_BYTES_MIN = 256;

    private final List<MemorySegment> written;

    /** Null: this is an encoding, or tries one. */
    private final @Nullable GraphFile file;

    /** What the graph may have in place; null likewise. */
    private final @Nullable Body body;

    /** For an encoding. */
    Buffers() {
        this(new ArrayList<>());
    }

    /** For the decoding of what has just been encoded. */
    Buffers(List<MemorySegment> written) {
        this.written = written;
        this.file = null;
        this.body = null;
    }

    /** For the decoding of a body that is such a file. */
    Buffers(GraphFile file, Body body) {
        this.written = List.of();
        this.file = file;
        this.body = body;
    }

    List<MemorySegment> written() {
        return written;
    }

    void write(MemoryBuffer stream, MemorySegment bytes) {
        if (bytes.byteSize() < BESIDE_BYTES_MIN) {
            stream.writeVarUInt32(0);
            stream.writeBytesWithSize(bytes.toArray(ValueLayout.JAVA_BYTE));
        } else {
            written.add(bytes);
            stream.writeVarUInt32(written.size());
        }
    }

    /** Bytes in the object, or in the stream, for a copy. */
    MemorySegment read(MemoryBuffer stream) {
        GraphFile from = file;
        int number = stream.readVarUInt32();
        if (number != 0) {
            return from == null ? written.get(number - 1) : from.buffer(number - 1);
        }
        int size = stream.readVarUInt32();
        if (size < 0 || size >= BESIDE_BYTES_MIN) {
            throw DecodeException.malformed(
                    MediaTypes.FORY, "a small array of %d bytes".formatted(size));
        }
        return MemorySegment.ofArray(stream.readBytes(size));
    }

    /** Bytes that last as long as the value: in place when it may have them so. */
    MemorySegment readLasting(MemoryBuffer stream) {
        MemorySegment bytes = read(stream);
        if (!bytes.isNative()) {
            return bytes.asReadOnly();
        }
        Body from = body;
        if (from != null && from.isInPlace()) {
            return from.inPlace(bytes);
        }
        if (bytes.byteSize() > Integer.MAX_VALUE - 8) {
            throw new DecodeException(
                    "a buffer of %d bytes does not fit an array".formatted(bytes.byteSize()),
                    "borrow the value",
                    null);
        }
        return MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE)).asReadOnly();
    }
}
