package io.tokamak.values;

import io.tokamak.objects.MediaType;
import org.jspecify.annotations.Nullable;

/** The bytes are not what their media type says, or not what was asked for. */
@SuppressWarnings("serial") // never serialized
public final class DecodeException extends ValueException {
    private static final int DETAIL_CHARACTERS_MAX = 500;

    /**
     * @param detail what is wrong and where, the media type included; cut after 500 characters, as
     *     it may quote what a stranger wrote
     * @param remedy what would help
     */
    public DecodeException(String detail, String remedy, @Nullable Throwable cause) {
        super("decode-error", cut(detail), remedy, cause);
    }

    /** Bytes that break the format that their media type names. */
    public static DecodeException malformed(MediaType type, String why) {
        return malformed(type, why, null);
    }

    /** As {@link #malformed(MediaType, String)}, found out by an error elsewhere. */
    public static DecodeException malformed(MediaType type, String why, @Nullable Throwable cause) {
        return new DecodeException(
                "not " + type.essence() + ": " + why,
                "read its bytes with TokamakClient.get, and see who wrote them",
                cause);
    }

    private static String cut(String detail) {
        return detail.length() <= DETAIL_CHARACTERS_MAX
                ? detail
                : detail.substring(0, DETAIL_CHARACTERS_MAX) + "…";
    }
}
