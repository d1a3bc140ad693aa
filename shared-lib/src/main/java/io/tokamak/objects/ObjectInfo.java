package io.tokamak.objects;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The description of a sealed object.
 *
 * @param incarnation which creation of this id; see {@link Incarnation}
 * @param sizeBytes of the payload
 * @param created when it was sealed
 * @param expires when it ends if nobody uses it before; null when no time ends it
 * @param home the id of the node where it was put
 * @param pins who holds its bytes on that node, counted
 */
public record ObjectInfo(
        ObjectId id,
        long incarnation,
        ObjectMetadata metadata,
        long sizeBytes,
        Instant created,
        @Nullable Instant expires,
        String home,
        int pins) {
    public ObjectInfo {
        if (sizeBytes < 0 || pins < 0) {
            throw new IllegalArgumentException("sizeBytes " + sizeBytes + ", pins " + pins);
        }
    }
}
