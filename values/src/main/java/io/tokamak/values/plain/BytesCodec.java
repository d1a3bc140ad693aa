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
 * MemorySegment} are read-only, on a copy unless they are borrowed or asked for in place.
 */
public final class BytesCodec implements Codec {
    private static final String BUFFER = "buffer";
    private static final String SEGMENT = "segment";
    private static final MediaType OF_BUFFER = MediaTypes.ofJava(MediaTypes.OCTET_STREAM, BUFFER);
    private static final MediaType OF_SEGMENT = MediaTypes.ofJava(MediaTypes.OCTET_STREAM, SEGMENT);

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
        Encoded encoded =
                switch (value) {
                    case byte[] array -> Encoded.of(MediaTypes.OCTET_STREAM, array);
                    case ByteBuffer buffer -> Encoded.of(OF_BUFFER, MemorySegment.ofBuffer(buffer));
                    default -> Encoded.of(OF_SEGMENT, (MemorySegment) value);
                };
        return asked == null ? encoded : new Encoded(asked, encoded.parts());
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        Class<?> wanted = type == Object.class ? stored(body.mediaType()) : type;
        if (wanted.isAssignableFrom(byte[].class)) {
            return body.toBytes();
        }
        MemorySegment bytes =
                body.isInPlace()
                        ? body.inPlace(body.segment())
                        : MemorySegment.ofArray(body.toBytes());
        if (wanted == MemorySegment.class) {
            return bytes.asReadOnly();
        }
        if (wanted == ByteBuffer.class && bytes.byteSize() <= Integer.MAX_VALUE) {
            return bytes.asReadOnly().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        throw body.cannotBe(type, byte[].class, ByteBuffer.class, MemorySegment.class);
    }

    private static Class<?> stored(MediaType mediaType) {
        if (MediaTypes.isOfJava(mediaType, BUFFER)) {
            return ByteBuffer.class;
        }
        return MediaTypes.isOfJava(mediaType, SEGMENT) ? MemorySegment.class : byte[].class;
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        String how = value instanceof byte[] ? "copied when read" : "in place when borrowed";
        return new Inspection.Part(
                "value", value.getClass().getSimpleName(), how, encoded.sizeBytes());
    }
}
