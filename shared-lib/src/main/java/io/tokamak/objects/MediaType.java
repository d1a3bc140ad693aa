package io.tokamak.objects;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes are: a media type with its parameters, in the syntax of RFC 9110, section 8.3.1.
 * The text is kept and compared as it came.
 *
 * @param text 1 to 255 bytes of UTF-8
 */
public record MediaType(String text) {
    public static final int BYTES_MAX = 255;
    public static final MediaType OCTET_STREAM = new MediaType("application/octet-stream");

    /**
     * @throws InvalidRequest {@code bad-media-type}
     */
    public MediaType {
        int bad = indexOfError(text);
        if (bad >= 0) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_MEDIA_TYPE,
                    "bad media type " + Quoted.of(text) + ": wrong at index " + bad,
                    "write type/subtype, with parameters as ;name=value",
                    Numbers.of("index", bad));
        }
        int bytes = Utf8.length(text);
        if (bytes > BYTES_MAX) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_MEDIA_TYPE,
                    "bad media type: " + bytes + " bytes, at most " + BYTES_MAX,
                    "shorten its parameters, or make them attributes",
                    Numbers.of("limit", BYTES_MAX, "actual", bytes));
        }
    }

    /** The media type of a request; {@link #OCTET_STREAM} when it has none. */
    public static MediaType of(@Nullable String text) {
        return text == null || text.equals(OCTET_STREAM.text) ? OCTET_STREAM : new MediaType(text);
    }

    /** Type and subtype in lower case, without parameters. */
    public String essence() {
        int slash = text.indexOf('/');
        return text.substring(0, HttpSyntax.endOfToken(text, slash + 1)).toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return text;
    }

    /** Where the text leaves the syntax, or -1. */
    private static int indexOfError(String text) {
        int slash = HttpSyntax.endOfToken(text, 0);
        if (slash == 0 || slash == text.length() || text.charAt(slash) != '/') {
            return slash;
        }
        int at = HttpSyntax.endOfToken(text, slash + 1);
        if (at == slash + 1) {
            return at;
        }
        while (at < text.length()) {
            int semicolon = HttpSyntax.endOfSpace(text, at);
            if (semicolon == text.length() || text.charAt(semicolon) != ';') {
                return semicolon;
            }
            int name = HttpSyntax.endOfSpace(text, semicolon + 1);
            int equals = HttpSyntax.endOfToken(text, name);
            if (equals == name) { // an empty parameter is none
                at = name;
                continue;
            }
            if (equals == text.length() || text.charAt(equals) != '=') {
                return equals;
            }
            int value = equals + 1;
            at = HttpSyntax.endOfToken(text, value);
            if (at == value) {
                at = HttpSyntax.endOfQuotedString(text, value);
            }
            if (at < 0) {
                return value;
            }
        }
        return -1;
    }
}
