package io.tokamak.values;

import io.tokamak.objects.MediaType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Between values of some types and the bytes of objects of some media types. Given to {@link
 * Values.Builder#codec}, or found by {@link java.util.ServiceLoader}. Thread-safe.
 */
public interface Codec {
    /** Essences of the media types that it reads, in lower case. */
    Set<String> mediaTypes();

    /**
     * Whether values of exactly that class are stored by it when nobody asks for a media type. Who
     * says so of {@link Object} takes what no other codec does.
     */
    boolean isFor(Class<?> type);

    /**
     * The stored form of a value.
     *
     * @param asked the media type that the caller wants, one of {@link #mediaTypes}; null: by type
     * @throws NotSerializable when the value has no such form
     */
    Encoded encode(Object value, @Nullable MediaType asked);

    /**
     * The value of an object.
     *
     * @param type what the caller wants; {@link Object} for what comes naturally
     * @return an instance of {@code type}
     * @throws DecodeException when the bytes are not what their media type says, or {@code type} is
     *     not among what they are read as; whatever else it throws becomes one
     */
    Object decode(Body body, Class<?> type);

    /** What of a value is stored how: see {@link Values#inspect}. */
    default Inspection.Part inspect(Object value, Encoded encoded) {
        return new Inspection.Part(
                "value", value.getClass().getTypeName(), "copied when read", encoded.sizeBytes());
    }
}
