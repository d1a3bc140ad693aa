package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to an object.
 *
 * @param id null for a {@link Kind#GAP}
 * @param sequence grows with every event of a node
 */
public record ObjectEvent(
        Kind kind,
        long sequence,
        @Nullable ObjectId id,
        @Nullable ObjectName name,
        long sizeBytes,
        String mediaType,
        Instant time) {
    public enum Kind {
        SEALED,
        DELETED,
        EXPIRED,
        /** Events before this one were missed. */
        GAP
    }
}
