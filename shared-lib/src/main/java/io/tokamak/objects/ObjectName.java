package io.tokamak.objects;

/**
 * What a named object is called: a namespace and a key, both kept exactly as given. Its text form
 * is {@code namespace/key}.
 *
 * @param namespace 1 to 63 of {@code a-z 0-9 . _ -}, beginning with a letter or digit
 * @param key 1 to 1,024 bytes of UTF-8 without control characters (NUL, C0, DEL, C1); it may hold
 *     slashes, and neither dot segments, nor Unicode forms, nor case are changed
 */
public record ObjectName(String namespace, String key) implements Comparable<ObjectName> {
    public static final int NAMESPACE_BYTES_MAX = 63;
    public static final int KEY_BYTES_MAX = 1024;
    public static final String DEFAULT_NAMESPACE = "default";

    /**
     * @throws InvalidRequest {@code bad-name}, with the limit and the actual number
     */
    public ObjectName {
        NameRules.checkNamespace(namespace);
        NameRules.checkKey("key", key, KEY_BYTES_MAX);
    }

    /**
     * Reads {@code namespace/key}, split at the first slash. Without a slash the namespace is
     * {@link #DEFAULT_NAMESPACE}, except for 32 hex digits alone, which would be taken for an id
     * elsewhere.
     *
     * @throws InvalidRequest {@code bad-name}
     */
    public static ObjectName parse(String text) {
        int slash = text.indexOf('/');
        if (slash >= 0) {
            return new ObjectName(text.substring(0, slash), text.substring(slash + 1));
        }
        if (ObjectId.isId(text)) {
            throw NameRules.ambiguous(text);
        }
        return new ObjectName(DEFAULT_NAMESPACE, text);
    }

    /**
     * By namespace, then by key, in the order of UTF-16 code units: total and stable, not
     * linguistic.
     */
    @Override
    public int compareTo(ObjectName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : key.compareTo(other.key);
    }

    @Override
    public String toString() {
        return namespace + '/' + key;
    }
}
