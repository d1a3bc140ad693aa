package io.tokamak.values;

import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Chooses the codec of a value by its class, and that of an object by its media type. */
final class Codecs {
    /** Media types are few; who sends many different ones does not fill the memory. */
    private static final int CACHED_MAX = 1_000;

    /** In the order in which they are asked, those that take everything last. */
    private final List<Codec> all = new ArrayList<>();

    private final Map<String, Codec> byEssence = new HashMap<>();
    private final Set<String> allowed;
    private final Map<MediaType, Reader> readers = new ConcurrentHashMap<>();

    /** The reader asked for last: a client gives objects alike the same media type. */
    private @Nullable Reader lastReader;

    /** A media type's own codec, which is allowed. */
    private record Reader(MediaType mediaType, Codec codec) {}

    private final ClassValue<Codec> byClass =
            new ClassValue<>() {
                @Override
                protected Codec computeValue(Class<?> type) {
                    return codecFor(type);
                }
            };

    Codecs(List<Codec> given, Set<String> allowed) {
        this.allowed = allowed;
        List<Codec> candidates = new ArrayList<>(given);
        ServiceLoader.load(Codec.class, Codec.class.getClassLoader()).forEach(candidates::add);
        List<Codec> last = new ArrayList<>();
        for (Codec codec : candidates) {
            (codec.isFor(Object.class) ? last : all).add(codec);
            for (String essence : codec.mediaTypes()) {
                byEssence.putIfAbsent(essence, codec);
            }
        }
        all.addAll(last);
    }

    private Codec codecFor(Class<?> type) {
        for (Codec codec : all) {
            if (codec.isFor(type)) {
                return codec;
            }
        }
        throw new NotSerializable(
                "no codec stores a " + type.getTypeName(), "give one to the builder");
    }

    Encoded encode(Object value, MediaType asked) {
        if (asked.equals(MediaTypes.OCTET_STREAM)) {
            return byClass.get(value.getClass()).encode(value, null);
        }
        Codec codec = byEssence.get(asked.essence());
        if (codec != null && !isBytes(value)) {
            return codec.encode(value, asked);
        }
        if (isBytes(value) || value instanceof String) { // they are that already
            Encoded plain = byClass.get(value.getClass()).encode(value, null);
            return new Encoded(asked, plain.parts());
        }
        throw new InvalidRequest(
                InvalidRequest.BAD_MEDIA_TYPE,
                "a value of %s has no form of media type %s"
                        .formatted(value.getClass().getTypeName(), asked),
                "leave the media type out, put its bytes, or give a codec to the builder");
    }

    private static boolean isBytes(Object value) {
        return value instanceof byte[]
                || value instanceof ByteBuffer
                || value instanceof MemorySegment;
    }

    Inspection inspect(Object value, MediaType asked) {
        Encoded encoded = encode(value, asked);
        Codec codec = byEssence.get(encoded.mediaType().essence());
        Codec by = codec == null ? byClass.get(value.getClass()) : codec;
        return new Inspection(encoded.mediaType(), encoded.sizeBytes(), by.inspect(value, encoded));
    }

    <T> T decode(Body body, Class<T> type) {
        Codec codec = reader(body.mediaType(), type);
        Object value;
        try {
            value = codec.decode(body, type);
        } catch (ValueException known) {
            throw known;
        } catch (RuntimeException | StackOverflowError failure) {
            // Of whatever kind hostile bytes bring about in the libraries that read them.
            throw DecodeException.malformed(body.mediaType(), failure.toString(), failure);
        }
        if (!type.isInstance(value)) {
            throw body.cannotBe(type, value.getClass());
        }
        return type.cast(value);
    }

    @SuppressWarnings("ReferenceEquality") // another that is equal is looked up
    private Codec reader(MediaType mediaType, Class<?> type) {
        Reader last = lastReader;
        if (last != null && last.mediaType == mediaType) {
            return last.codec;
        }
        Reader known = readers.get(mediaType);
        if (known == null) {
            Codec codec = findReader(mediaType, type);
            known = new Reader(mediaType, codec);
            if (!codec.equals(byEssence.get(mediaType.essence())) || readers.size() >= CACHED_MAX) {
                return codec;
            }
            readers.put(mediaType, known);
        }
        lastReader = new Reader(mediaType, known.codec);
        return known.codec;
    }

    private Codec findReader(MediaType mediaType, Class<?> type) {
        String essence = mediaType.essence();
        Codec codec = byEssence.get(essence);
        if (codec == null) {
            if (type == byte[].class || type == ByteBuffer.class || type == MemorySegment.class) {
                return byClass.get(type); // the raw bytes of any object
            }
            throw MediaTypeRefused.noCodec(mediaType);
        }
        if (!allowed.contains(essence)) {
            throw MediaTypeRefused.notAllowed(mediaType);
        }
        return codec;
    }
}
