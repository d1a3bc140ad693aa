package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * What a put left behind.
 *
 * @param sizeBytes of the payload
 * @param incarnation of a named object; 0 for an anonymous one, whose id is never used again
 * @param created false when the very same object was there under this name before
 */
public record Stored(
        ObjectId id,
        @Nullable ObjectName name,
        long sizeBytes,
        long incarnation,
        boolean created) {}
