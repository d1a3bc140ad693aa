package io.tokamak.client;

import io.tokamak.objects.Group;
import org.jspecify.annotations.Nullable;

/** Which objects to list; null does not restrict. A prefix needs a namespace. */
public record ListQuery(
        @Nullable String namespace,
        @Nullable String prefix,
        @Nullable Group group,
        @Nullable String mediaType) {
    public static final ListQuery ALL = new ListQuery(null, null, null, null);

    public static ListQuery in(String namespace, @Nullable String prefix) {
        return new ListQuery(namespace, prefix, null, null);
    }
}
