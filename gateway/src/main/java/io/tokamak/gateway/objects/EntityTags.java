package io.tokamak.gateway.objects;

import io.tokamak.objects.ObjectId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Entity tags of RFC 9110, section 8.8.3: an object never changes, so its tag is who it is. */
final class EntityTags {
    private EntityTags() {}

    /** The tag with its quotes. An anonymous id is never used again and needs no incarnation. */
    static String of(ObjectId id, long incarnation) {
        return "\"" + id + "-" + (id.isAnonymous() ? 0 : incarnation) + "\"";
    }

    /** Whether {@code If-None-Match} has the tag, compared weakly. */
    static boolean matches(@Nullable String header, String tag) {
        return header != null && hasTag(header, candidate -> opaque(candidate).equals(tag));
    }

    /** Whether {@code If-Match} is absent or has the tag, compared strongly. */
    static boolean permits(@Nullable String header, String tag) {
        return header == null || hasTag(header, tag::equals);
    }

    private static boolean hasTag(String header, Predicate<String> isMeant) {
        for (String text : header.split(",", -1)) { // no tag of ours has a comma
            String candidate = text.strip();
            if (candidate.equals("*") || isMeant.test(candidate)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether {@code If-Range} lets the range stand: it is absent or this tag, compared strongly.
     */
    static boolean permitsRange(@Nullable String header, String tag) {
        return header == null || header.strip().equals(tag);
    }

    private static String opaque(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
