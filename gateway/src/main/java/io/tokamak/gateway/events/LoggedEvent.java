package io.tokamak.gateway.events;

import io.tokamak.client.ObjectEvent;
import io.tokamak.client.WatchQuery;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened, with its place in the log.
 *
 * @param position grows with every event; to listen on from here, give {@link #id}
 * @param object null: it happened to no object
 * @param name of the object; null: it has none
 * @param sizeBytes of the object
 * @param mediaType of the object; empty: it happened to no object
 * @param node id of the node that it happened to; null: not to a node
 */
public record LoggedEvent(
        long position,
        Kind kind,
        @Nullable ObjectId object,
        @Nullable ObjectName name,
        long sizeBytes,
        String mediaType,
        @Nullable String node,
        Instant time) {

    public enum Kind {
        SEALED("an object is there"),
        DELETED("an object was deleted"),
        EXPIRED("an object's time was over"),
        NODE_UP("the node answers again, or for the first time"),
        NODE_DOWN("the node does not answer"),
        GAP("events before this one were missed");

        private final String says;

        Kind(String says) {
            this.says = says;
        }

        /** As callers see it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** For people. */
        public String says() {
            return says;
        }
    }

    static LoggedEvent of(long position, ObjectEvent event) {
        return new LoggedEvent(
                position,
                switch (event.kind()) {
                    case SEALED -> Kind.SEALED;
                    case DELETED -> Kind.DELETED;
                    case EXPIRED -> Kind.EXPIRED;
                    case GAP -> Kind.GAP;
                },
                event.id(),
                event.name(),
                event.sizeBytes(),
                event.mediaType(),
                null,
                event.time());
    }

    static LoggedEvent ofNode(long position, boolean isUp, @Nullable String node, Instant time) {
        return new LoggedEvent(
                position, isUp ? Kind.NODE_UP : Kind.NODE_DOWN, null, null, 0, "", node, time);
    }

    static LoggedEvent gap(long position, Instant time) {
        return new LoggedEvent(position, Kind.GAP, null, null, 0, "", null, time);
    }

    /** The position as callers see it. */
    public String id() {
        return Long.toString(position);
    }

    /** What happened to no object is for everybody. */
    boolean isFor(WatchQuery query) {
        if (object == null || query.namespace() == null) {
            return true;
        }
        return name != null
                && name.namespace().equals(query.namespace())
                && (query.prefix() == null || name.key().startsWith(query.prefix()));
    }
}
