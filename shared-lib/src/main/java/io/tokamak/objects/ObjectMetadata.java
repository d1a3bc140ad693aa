package io.tokamak.objects;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is kept with an object besides its bytes. Name, media type, encoding and attributes are part
 * of what the object is; lifetime and group say how long it is kept.
 *
 * @param name null when it is anonymous
 * @param contentEncoding what was done to the bytes before they came, {@code gzip}; kept and given
 *     back, never undone; at most 255 bytes
 * @param group what it is deleted with; null for none
 */
public record ObjectMetadata(
        @Nullable ObjectName name,
        MediaType mediaType,
        @Nullable String contentEncoding,
        Attributes attributes,
        Lifetime lifetime,
        @Nullable Group group) {
    public static final int CONTENT_ENCODING_BYTES_MAX = 255;

    /**
     * Anonymous, {@code application/octet-stream}, no attributes, default lifetime: it takes no
     * bytes.
     */
    public static final ObjectMetadata PLAIN =
            new ObjectMetadata(
                    null,
                    MediaType.OCTET_STREAM,
                    null,
                    Attributes.NONE,
                    Lifetime.byDefault(),
                    null);

    /**
     * @throws InvalidRequest {@code bad-parameter} when the content encoding is no list of tokens
     */
    public ObjectMetadata {
        if (contentEncoding != null) {
            checkContentEncoding(contentEncoding);
        }
    }

    public static ObjectMetadata named(ObjectName name) {
        return PLAIN.withName(name);
    }

    public ObjectMetadata withName(@Nullable ObjectName name) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    public ObjectMetadata withMediaType(MediaType mediaType) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    public ObjectMetadata withContentEncoding(@Nullable String contentEncoding) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    public ObjectMetadata withAttributes(Attributes attributes) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    public ObjectMetadata withLifetime(Lifetime lifetime) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    public ObjectMetadata withGroup(@Nullable Group group) {
        return new ObjectMetadata(name, mediaType, contentEncoding, attributes, lifetime, group);
    }

    /**
     * Whether a put of the same bytes with these is a put of the same object: media type, encoding
     * and attributes are equal. Lifetime and group do not count.
     */
    public boolean describesSameAs(ObjectMetadata other) {
        return mediaType.equals(other.mediaType)
                && attributes.equals(other.attributes)
                && Objects.equals(contentEncoding, other.contentEncoding);
    }

    private static void checkContentEncoding(String text) {
        int at = 0;
        boolean valid = text.length() <= CONTENT_ENCODING_BYTES_MAX; // tokens are ASCII
        while (valid) {
            int end = HttpSyntax.endOfToken(text, at);
            int comma = HttpSyntax.endOfSpace(text, end);
            valid = end > at && (comma < text.length() ? text.charAt(comma) == ',' : end == comma);
            if (comma == text.length()) {
                break;
            }
            at = HttpSyntax.endOfSpace(text, comma + 1);
        }
        if (!valid) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_PARAMETER,
                    "bad content encoding "
                            + Quoted.of(text)
                            + " of "
                            + text.length()
                            + " characters",
                    "write tokens with commas between them, at most 255 bytes",
                    Numbers.of("limit", CONTENT_ENCODING_BYTES_MAX, "actual", text.length()));
        }
    }
}
