package io.tokamak.objects;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The description of a sealed object.
 *
 * @param incarnation which creation of this id; see {@link Incarnation}
 * @param sizeBytes of the payload
 * @param created when it was sealed
 * @param expires when it ends if nobody uses it before; null when no time ends it
 * @param home the id of the node where it was put
 * @param pins who holds its bytes on that node; not told in a list
 */
public record ObjectInfo(
        ObjectId id,
        long incarnation,
        ObjectMetadata metadata,
        long sizeBytes,
        Instant created,
        @Nullable Instant expires,
        String home,
        List<Pin> pins) {
    public ObjectInfo {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("sizeBytes " + sizeBytes);
        }
        pins = List.copyOf(pins);
    }

    /** Pins of all who hold its bytes. */
    public int pinCount() {
        return pins.stream().mapToInt(Pin::count).sum();
    }
}
