package io.tokamak.client;

import io.tokamak.objects.Attributes;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.Node;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.Pin;
import io.tokamak.proto.v1.Pool;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import io.tokamak.remote.Messages;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Between the messages of a gateway and what a caller sees. */
final class RemoteMessages {
    /** A gateway does not say. */
    private static final long UNKNOWN = -1;

    private RemoteMessages() {}

    // ---- what is asked

    static ObjectRef ref(ObjectId id) {
        return ObjectRef.newBuilder().setId(id.toString()).build();
    }

    static ObjectRef ref(ObjectName name) {
        return ObjectRef.newBuilder().setName(message(name)).build();
    }

    private static io.tokamak.proto.v1.ObjectName message(ObjectName name) {
        return io.tokamak.proto.v1.ObjectName.newBuilder()
                .setNamespace(name.namespace())
                .setKey(name.key())
                .build();
    }

    /**
     * @throws InvalidRequest when the lifetime is that of a session
     */
    static PutSpec spec(PutOptions options, OptionalLong sizeBytes) {
        PutSpec.Builder spec =
                PutSpec.newBuilder()
                        .setMediaType(options.mediaType().text())
                        .putAllAttributes(options.attributes().asMap())
                        .setRoomTimeout(Messages.duration(options.timeout()));
        if (options.name() != null) {
            spec.setName(message(options.name()));
        }
        if (options.contentEncoding() != null) {
            spec.setContentEncoding(options.contentEncoding());
        }
        if (options.lifetime() != null && !(options.lifetime() instanceof Lifetime.Default)) {
            spec.setLifetime(message(options.lifetime()));
        }
        if (options.group() != null) {
            spec.setGroup(options.group().name()).setGroupNamespace(options.group().namespace());
        }
        sizeBytes.ifPresent(spec::setSizeBytes);
        return spec.build();
    }

    private static io.tokamak.proto.v1.Lifetime message(Lifetime lifetime) {
        io.tokamak.proto.v1.Lifetime.Builder message = io.tokamak.proto.v1.Lifetime.newBuilder();
        switch (lifetime) {
            case Lifetime.Default _, Lifetime.UntilDeleted _ -> {}
            case Lifetime.Idle(Duration time) -> message.setIdle(Messages.duration(time));
            case Lifetime.Ttl(Duration time, Duration idle) -> setBoth(message, time, idle);
            case Lifetime.Until(Instant end, Duration idle) ->
                    setBoth(message, Duration.between(Instant.now(), end), idle);
            case Lifetime.Session _ ->
                    throw new InvalidRequest(
                            InvalidRequest.BAD_PARAMETER,
                            "the lifetime of a session, of which a remote program has none",
                            "give a time, or put the object from the node's host");
        }
        return message.build();
    }

    private static void setBoth(
            io.tokamak.proto.v1.Lifetime.Builder message, Duration ttl, @Nullable Duration idle) {
        message.setTtl(Messages.duration(ttl));
        if (idle != null) {
            message.setIdle(Messages.duration(idle));
        }
    }

    static ListRequest.Builder request(ListQuery query) {
        ListRequest.Builder request = ListRequest.newBuilder();
        Group group = query.group();
        if (query.namespace() != null) {
            request.setNamespace(query.namespace());
        }
        if (group != null) {
            if (query.namespace() != null && !query.namespace().equals(group.namespace())) {
                throw new InvalidRequest(
                        InvalidRequest.BAD_PARAMETER,
                        "a group of namespace %s in namespace %s"
                                .formatted(group.namespace(), query.namespace()),
                        "name one namespace");
            }
            request.setNamespace(group.namespace()).setGroup(group.name());
        }
        if (query.prefix() != null) {
            request.setPrefix(query.prefix());
        }
        if (query.mediaType() != null) {
            request.setMediaType(query.mediaType());
        }
        return request;
    }

    static WatchRequest.Builder request(WatchQuery query) {
        WatchRequest.Builder request = WatchRequest.newBuilder();
        if (query.namespace() != null) {
            request.setNamespace(query.namespace());
        }
        if (query.prefix() != null) {
            request.setPrefix(query.prefix());
        }
        return request;
    }

    // ---- what is answered

    static Stored stored(PutResponse response) {
        io.tokamak.proto.v1.ObjectInfo info = response.getObject();
        return new Stored(
                ObjectId.parse(info.getId()),
                name(info),
                info.getSizeBytes(),
                info.hasName() ? info.getIncarnation() : 0,
                response.getCreated());
    }

    static ObjectInfo info(io.tokamak.proto.v1.ObjectInfo info) {
        return new ObjectInfo(
                ObjectId.parse(info.getId()),
                info.getIncarnation(),
                metadata(info),
                info.getSizeBytes(),
                Messages.instant(info.getCreated()),
                info.hasExpires() ? Messages.instant(info.getExpires()) : null,
                info.getHome(),
                info.getPinsList().stream().map(RemoteMessages::pin).toList());
    }

    private static io.tokamak.objects.Pin pin(Pin pin) {
        return new io.tokamak.objects.Pin(
                pin.getSession(),
                pin.getProcess(),
                pin.getLanguage(),
                pin.getName(),
                Messages.instant(pin.getSince()),
                pin.getCount());
    }

    private static ObjectMetadata metadata(io.tokamak.proto.v1.ObjectInfo info) {
        ObjectName name = name(info);
        return new ObjectMetadata(
                name,
                MediaType.of(info.getMediaType()),
                info.getContentEncoding().isEmpty() ? null : info.getContentEncoding(),
                Attributes.of(info.getAttributesMap()),
                info.hasLifetime() ? lifetime(info.getLifetime()) : Lifetime.byDefault(),
                info.getGroup().isEmpty()
                        ? null
                        : new Group(info.getGroupNamespace(), info.getGroup()));
    }

    private static @Nullable ObjectName name(io.tokamak.proto.v1.ObjectInfo info) {
        return info.hasName()
                ? new ObjectName(info.getName().getNamespace(), info.getName().getKey())
                : null;
    }

    private static Lifetime lifetime(io.tokamak.proto.v1.Lifetime lifetime) {
        Duration idle = lifetime.hasIdle() ? Messages.duration(lifetime.getIdle()) : null;
        if (lifetime.hasUntil()) {
            return new Lifetime.Until(Messages.instant(lifetime.getUntil()), idle);
        }
        if (lifetime.getSession() != 0) {
            return new Lifetime.Session(lifetime.getSession());
        }
        return idle == null ? Lifetime.untilDeleted() : Lifetime.idle(idle);
    }

    static NodeInfo node(Node node) {
        Pool pool = node.getPool();
        return new NodeInfo(
                node.getId(),
                node.getStoreNumber(),
                node.getState(),
                node.getAddress().isEmpty() ? null : node.getAddress(),
                Messages.instant(node.getStarted()),
                node.getObjects(),
                new NodeInfo.Ledger(
                        pool.getCapacity(),
                        pool.getLive(),
                        pool.getFree(),
                        pool.getLeased(),
                        pool.getCondemned(),
                        pool.getWithheld(),
                        pool.getPinned(),
                        UNKNOWN,
                        UNKNOWN),
                List.of());
    }

    /**
     * @param number of the event among those heard: places in a gateway's events are no numbers
     */
    static Watching.Heard heard(WatchResponse event, long number) {
        String place = event.getSequence().isEmpty() ? null : event.getSequence();
        return switch (event.getKind()) {
            case KIND_SUBSCRIBED -> new Watching.Subscribed(place);
            case KIND_SEALED -> heard(ObjectEvent.Kind.SEALED, event, number, place);
            case KIND_DELETED -> heard(ObjectEvent.Kind.DELETED, event, number, place);
            case KIND_EXPIRED -> heard(ObjectEvent.Kind.EXPIRED, event, number, place);
            case KIND_GAP -> heard(ObjectEvent.Kind.GAP, event, number, place);
            case KIND_EVICTED,
                    KIND_SPILLED,
                    KIND_LOST,
                    KIND_NODE_UP,
                    KIND_NODE_DOWN,
                    KIND_UNSPECIFIED,
                    UNRECOGNIZED ->
                    new Watching.Other(place);
        };
    }

    private static Watching.Heard heard(
            ObjectEvent.Kind kind, WatchResponse event, long number, @Nullable String place) {
        return new Watching.Happened(
                new ObjectEvent(
                        kind,
                        number,
                        event.getId().isEmpty() ? null : ObjectId.parse(event.getId()),
                        event.hasName()
                                ? new ObjectName(
                                        event.getName().getNamespace(), event.getName().getKey())
                                : null,
                        event.getSizeBytes(),
                        event.getMediaType(),
                        Messages.instant(event.getTime())),
                place);
    }
}
