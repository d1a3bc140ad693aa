package io.tokamak.values;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The bytes of one object on their way to a value. They stay where they are until the decoding has
 * returned; longer when the caller borrows them, or when the value {@link #keep keeps} them.
 * Confined to the thread that decodes.
 */
public final class Body {
    private final ObjectView view;
    private final MediaType mediaType;
    private final boolean isBorrowed;
    private boolean isKept;

    Body(ObjectView view, MediaType mediaType, boolean isBorrowed) {
        this.view = view;
        this.mediaType = mediaType;
        this.isBorrowed = isBorrowed;
    }

    public MediaType mediaType() {
        return mediaType;
    }

    /** All bytes, read-only. After the end of the pin every access throws. */
    public MemorySegment segment() {
        return view.segment();
    }

    /** A copy of all bytes. */
    public byte[] toBytes() {
        if (view.sizeBytes() > Integer.MAX_VALUE - 8) {
            throw new DecodeException(
                    "%d bytes of %s do not fit an array".formatted(view.sizeBytes(), mediaType),
                    "read them in place",
                    null);
        }
        return segment().toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Whether the caller ends the pin, after it is done with the value: then anything in the value
     * may be a view of {@link #segment}.
     */
    public boolean isBorrowed() {
        return isBorrowed;
    }

    /**
     * Hands the pin over to a value that is itself closed by whoever gets it.
     *
     * @return what the value closes when it is closed; its bytes are {@link #segment}
     */
    public ValuePin keep() {
        isKept = true;
        return new ValuePin(view, !isBorrowed);
    }

    /** Whether nobody needs the view after the decoding. */
    boolean isDone() {
        return !isBorrowed && !isKept;
    }

    /** The error for a type that values of this media type are not read as. */
    public DecodeException cannotBe(Class<?> asked, Class<?>... readable) {
        return new DecodeException(
                "object %s is %s, which is not read as %s"
                        .formatted(view.id(), mediaType, asked.getTypeName()),
                "ask for "
                        + Arrays.stream(readable)
                                .map(Class::getTypeName)
                                .collect(Collectors.joining(", ")),
                null);
    }

    /** The error for bytes that are not what the media type says. */
    public DecodeException malformed(String why) {
        return DecodeException.malformed(mediaType, why);
    }
}
