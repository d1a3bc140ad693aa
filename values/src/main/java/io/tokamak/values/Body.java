package io.tokamak.values;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one object on their way to a value. They stay where they are until the decoding has
 * returned; longer when the caller borrows them, or when the value has them {@link #inPlace in
 * place} or {@link #keep keeps} them. Confined to the thread that decodes.
 */
public final class Body {
    /** Who ends the pin of a value that lies in the object. */
    enum Ending {
        /** Whoever closes the value. */
        VALUE,
        /** The caller, who has borrowed it. */
        CALLER,
        /** The garbage collector. */
        COLLECTOR
    }

    private final ObjectView view;
    private final MediaType mediaType;
    private final Ending ending;
    private @Nullable ValuePin kept;

    Body(ObjectView view, Ending ending) {
        this.view = view;
        this.mediaType = view.metadata().mediaType();
        this.ending = ending;
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

    /** Whether the caller ends the pin, after it is done with the value. */
    public boolean isBorrowed() {
        return ending == Ending.CALLER;
    }

    /** Whether anything in the value may be a view of the bytes, by {@link #inPlace}. */
    public boolean isInPlace() {
        return ending != Ending.VALUE;
    }

    /**
     * A part of {@link #segment} for a value that has it in place and is not told when its bytes
     * end: the caller knows, or they stay until the garbage collector finds that nobody has them.
     *
     * @throws IllegalStateException unless {@link #isInPlace}
     */
    public MemorySegment inPlace(MemorySegment part) {
        if (!isInPlace()) {
            throw new IllegalStateException("the bytes end with the decoding");
        }
        long at = part.address() - segment().address();
        return keep().segment().asSlice(at, part.byteSize());
    }

    /**
     * Hands the pin over to a value that is itself closed by whoever gets it.
     *
     * @return what the value closes when it is closed; it has the same bytes as {@link #segment},
     *     and they end with it
     */
    public ValuePin keep() {
        ValuePin known = kept;
        if (known == null) {
            known =
                    switch (ending) {
                        case VALUE -> ValuePin.ofValue(view);
                        case CALLER -> ValuePin.ofCaller(view);
                        case COLLECTOR -> ValuePin.ofCollector(view);
                    };
            kept = known;
        }
        return known;
    }

    /** Whether nobody needs the view after the decoding. */
    boolean isDone() {
        return switch (ending) {
            case VALUE -> kept == null;
            case CALLER -> false;
            case COLLECTOR -> true;
        };
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
