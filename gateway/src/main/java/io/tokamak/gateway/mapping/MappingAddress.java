package io.tokamak.gateway.mapping;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;

/** What of the mappings a path names. Read from the raw path. */
sealed interface MappingAddress {
    /**
     * The mappings of an object.
     *
     * @param objectPath not read yet
     */
    record OfObject(String objectPath) implements MappingAddress {}

    record One(String id) implements MappingAddress {}

    record Renewal(String id) implements MappingAddress {}

    String OBJECTS = "/v1/objects/";
    String NAMESPACES = "/v1/namespaces/";
    String MAPPINGS = "/v1/mappings/";
    String OF_OBJECT = "/mappings";
    String RENEW = ":renew";

    /** Null: it belongs to another part of the table. */
    static @Nullable MappingAddress of(HttpMethod method, String rawPath) {
        if (rawPath.startsWith(MAPPINGS)) {
            return standing(rawPath.substring(MAPPINGS.length()));
        }
        boolean isOfObject =
                rawPath.endsWith(OF_OBJECT)
                        && (rawPath.startsWith(OBJECTS)
                                // A key may end like this; but nothing else is posted to a name.
                                || (isKeyBefore(rawPath) && method.equals(HttpMethod.POST)));
        return isOfObject
                ? new OfObject(rawPath.substring(0, rawPath.length() - OF_OBJECT.length()))
                : null;
    }

    private static @Nullable MappingAddress standing(String last) {
        if (last.isEmpty() || last.indexOf('/') >= 0) {
            return null;
        }
        return last.endsWith(RENEW)
                ? new Renewal(last.substring(0, last.length() - RENEW.length()))
                : new One(last);
    }

    private static boolean isKeyBefore(String rawPath) {
        if (!rawPath.startsWith(NAMESPACES)) {
            return false;
        }
        int slash = rawPath.indexOf('/', NAMESPACES.length());
        String objects = "/objects/";
        return slash >= 0
                && rawPath.startsWith(objects, slash)
                && slash + objects.length() < rawPath.length() - OF_OBJECT.length();
    }
}
