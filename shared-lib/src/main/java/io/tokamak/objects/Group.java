package io.tokamak.objects;

/**
 * Objects that can be deleted together. A group comes to be with its first object.
 *
 * @param namespace as in {@link ObjectName#namespace}
 * @param name 1 to 255 bytes of UTF-8 without control characters
 */
public record Group(String namespace, String name) {
    public static final int NAME_BYTES_MAX = 255;

    /**
     * @throws InvalidRequest {@code bad-name}, with the limit and the actual number
     */
    public Group {
        NameRules.checkNamespace(namespace);
        NameRules.checkKey("group name", name, NAME_BYTES_MAX);
    }

    @Override
    public String toString() {
        return namespace + '/' + name;
    }
}
