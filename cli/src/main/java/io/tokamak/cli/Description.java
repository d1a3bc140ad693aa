package io.tokamak.cli;

import io.tokamak.objects.Durations;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.Pin;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An object's description as JSON, with the members that the REST interface has. */
final class Description {
    private Description() {}

    static Json json(ObjectInfo info) {
        ObjectMetadata metadata = info.metadata();
        ObjectName name = metadata.name();
        Group group = metadata.group();
        return new Json()
                .with("id", info.id())
                .with("namespace", name == null ? null : name.namespace())
                .with("key", name == null ? null : name.key())
                .with("size", info.sizeBytes())
                .with("mediaType", metadata.mediaType())
                .with("contentEncoding", metadata.contentEncoding())
                .with("created", info.created())
                .with("expires", info.expires())
                .with("home", info.home())
                .with("incarnation", info.incarnation())
                .with("attributes", metadata.attributes().asMap())
                .with("group", group == null ? null : group.name())
                .with("lifetime", lifetime(metadata.lifetime().resolve(name != null)))
                .with("pins", info.pins().stream().map(Description::pin).toList());
    }

    private static Json pin(Pin pin) {
        return new Json()
                .with("session", Integer.toUnsignedString(pin.session()))
                .with("process", pin.process())
                .with("language", pin.language())
                .with("name", pin.name())
                .with("since", pin.since())
                .with("count", pin.count());
    }

    private static Json lifetime(Lifetime lifetime) {
        Json json = new Json().with("kind", lifetime.kind());
        return switch (lifetime) {
            case Lifetime.Default _, Lifetime.UntilDeleted _ -> json;
            case Lifetime.Idle idle -> json.with("idle", Durations.format(idle.time()));
            case Lifetime.Ttl ttl ->
                    json.with("ttl", Durations.format(ttl.time())).with("idle", idle(ttl.idle()));
            case Lifetime.Until until ->
                    json.with("end", until.end()).with("idle", idle(until.idle()));
            case Lifetime.Session session ->
                    json.with("session", Integer.toUnsignedLong(session.number()));
        };
    }

    /** For people. */
    static String text(Lifetime lifetime, @Nullable Instant expires) {
        String kind =
                switch (lifetime) {
                    case Lifetime.Default _, Lifetime.UntilDeleted _ -> "until it is deleted";
                    case Lifetime.Idle idle ->
                            "until " + Durations.format(idle.time()) + " after its last access";
                    case Lifetime.Ttl ttl -> "for " + Durations.format(ttl.time());
                    case Lifetime.Until until -> "until " + until.end() + orIdle(until.idle());
                    case Lifetime.Session session ->
                            "as long as session " + Integer.toUnsignedString(session.number());
                };
        return expires == null ? kind : kind + ", now " + expires;
    }

    private static String orIdle(java.time.@Nullable Duration idle) {
        return idle == null ? "" : ", or " + Durations.format(idle) + " after its last access";
    }

    private static @Nullable String idle(java.time.@Nullable Duration idle) {
        return idle == null ? null : Durations.format(idle);
    }
}
