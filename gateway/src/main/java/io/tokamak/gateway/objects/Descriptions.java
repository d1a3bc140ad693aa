package io.tokamak.gateway.objects;

import io.tokamak.client.NodeInfo;
import io.tokamak.gateway.events.LoggedEvent;
import io.tokamak.objects.Durations;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.Pin;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What JSON says of objects and nodes. Sizes are bytes, times ISO 8601 in UTC. */
final class Descriptions {
    private Descriptions() {}

    static SequencedMap<String, @Nullable Object> object(ObjectInfo info) {
        SequencedMap<String, @Nullable Object> json = listed(info);
        json.put("pins", info.pins().stream().map(Descriptions::pin).toList());
        return json;
    }

    /** As in a list, which does not look for pins. */
    static SequencedMap<String, @Nullable Object> listed(ObjectInfo info) {
        ObjectMetadata metadata = info.metadata();
        SequencedMap<String, @Nullable Object> json = named(info.id(), metadata.name());
        json.put("size", info.sizeBytes());
        json.put("mediaType", metadata.mediaType().text());
        if (metadata.contentEncoding() != null) {
            json.put("contentEncoding", metadata.contentEncoding());
        }
        json.put("created", info.created().toString());
        json.put("expires", text(info.expires()));
        json.put("home", info.home());
        json.put("etag", EntityTags.of(info.id(), info.incarnation()));
        json.put("attributes", metadata.attributes().asMap());
        Group group = metadata.group();
        json.put("group", group == null ? null : group.name());
        json.put("lifetime", lifetime(metadata.lifetime().resolve(metadata.name() != null)));
        json.put("locations", List.of(Map.of("node", info.home())));
        return json;
    }

    private static SequencedMap<String, Object> pin(Pin pin) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("session", Integer.toUnsignedString(pin.session()));
        json.put("process", pin.process());
        json.put("language", pin.language());
        json.put("name", pin.name());
        json.put("since", pin.since().toString());
        json.put("count", pin.count());
        return json;
    }

    static SequencedMap<String, @Nullable Object> named(ObjectId id, @Nullable ObjectName name) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("id", id.toString());
        json.put("namespace", name == null ? null : name.namespace());
        json.put("key", name == null ? null : name.key());
        return json;
    }

    static SequencedMap<String, @Nullable Object> event(LoggedEvent event) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        boolean isOfObject = event.object() != null;
        json.put("id", isOfObject ? String.valueOf(event.object()) : null);
        json.put("namespace", event.name() == null ? null : event.name().namespace());
        json.put("key", event.name() == null ? null : event.name().key());
        json.put("size", isOfObject ? event.sizeBytes() : null);
        json.put("mediaType", isOfObject ? event.mediaType() : null);
        if (event.node() != null) {
            json.put("node", event.node());
        }
        json.put("time", event.time().toString());
        return json;
    }

    static SequencedMap<String, @Nullable Object> node(NodeInfo info, @Nullable String folder) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("id", info.id());
        json.put("storeNumber", Integer.toUnsignedLong(info.storeNumber()));
        json.put("state", info.state());
        json.put("address", info.address());
        json.put("startedAt", info.startedAt().toString());
        NodeInfo.Ledger ledger = info.ledger();
        SequencedMap<String, Object> pool = new LinkedHashMap<>();
        pool.put("capacity", ledger.capacity());
        pool.put("live", ledger.inUse());
        pool.put("free", ledger.free());
        pool.put("leased", ledger.leased());
        pool.put("condemned", ledger.condemned());
        pool.put("withheld", ledger.withheld());
        pool.put("pinned", ledger.pinned());
        pool.put("spilled", 0);
        json.put("pool", pool);
        json.put("objects", info.objects());
        json.put("sessions", info.sessions().stream().map(Descriptions::session).toList());
        if (folder != null) {
            json.put("folder", folder);
        }
        return json;
    }

    private static SequencedMap<String, Object> session(NodeInfo.Session session) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("session", Integer.toUnsignedString(session.number()));
        json.put("process", session.pid());
        json.put("language", session.language());
        json.put("name", session.name());
        json.put("since", session.attachedAt().toString());
        json.put("fenced", session.fenced());
        json.put("pins", session.pins());
        json.put("pinned", session.pinnedBytes());
        json.put("leased", session.leasedBytes());
        return json;
    }

    private static SequencedMap<String, Object> lifetime(Lifetime lifetime) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("kind", lifetime.kind());
        switch (lifetime) {
            case Lifetime.Default _, Lifetime.UntilDeleted _ -> {}
            case Lifetime.Idle(Duration time) -> json.put("idle", Durations.format(time));
            case Lifetime.Ttl(Duration time, Duration idle) -> {
                json.put("ttl", Durations.format(time));
                putIdle(json, idle);
            }
            case Lifetime.Until(Instant end, Duration idle) -> {
                json.put("until", end.toString());
                putIdle(json, idle);
            }
            case Lifetime.Session(int number) ->
                    json.put("session", Integer.toUnsignedString(number));
        }
        return json;
    }

    private static void putIdle(SequencedMap<String, Object> json, @Nullable Duration idle) {
        if (idle != null) {
            json.put("idle", Durations.format(idle));
        }
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
