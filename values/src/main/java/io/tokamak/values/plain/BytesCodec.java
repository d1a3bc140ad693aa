package io.tokamak.values.plain;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.Encoded;
import io.tokamak.values.Inspection;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bytes as they are. {@code byte[]} is a copy; {@link ByteBuffer} (little-endian) and {@link
 * MemorySegment} are read-only, in place when they are borrowed and on a copy otherwise.
 */
public final class BytesCodec implements Codec {
    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.OCTET_STREAM.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return type == byte[].class
                || ByteBuffer.class.isAssignableFrom(type)
                || MemorySegment.class.isAssignableFrom(type);
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        MemorySegment bytes =
                switch (value) {
                    case byte[] array -> MemorySegment.ofArray(array);
                    case ByteBuffer buffer -> MemorySegment.ofBuffer(buffer);
                    default -> (MemorySegment) value;
                };
        return Encoded.of(asked == null ? MediaTypes.OCTET_STREAM : asked, bytes);
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        if (type.isAssignableFrom(byte[].class)) {
            return body.toBytes();
        }
        MemorySegment bytes =
                body.isBorrowed() ? body.segment() : MemorySegment.ofArray(body.toBytes());
        if (type == MemorySegment.class) {
            return bytes.asReadOnly();
        }
        if (type == ByteBuffer.class && bytes.byteSize() <= Integer.MAX_VALUE) {
            return bytes.asReadOnly().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        throw body.cannotBe(type, byte[].class, ByteBuffer.class, MemorySegment.class);
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        String how = value instanceof byte[] ? "copied when read" : "in place when borrowed";
        return new Inspection.Part(
                "value", value.getClass().getSimpleName(), how, encoded.sizeBytes());
    }
}
