package io.tokamak.client;

import org.jspecify.annotations.Nullable;

/** Which events to hear of; null does not restrict. A prefix needs a namespace. */
public record WatchQuery(@Nullable String namespace, @Nullable String prefix) {
    public static final WatchQuery ALL = new WatchQuery(null, null);
}
