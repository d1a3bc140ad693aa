package io.tokamak.gateway.grpc;

import com.google.protobuf.Timestamp;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.proto.v1.Node;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.Pin;
import io.tokamak.proto.v1.Pool;
import io.tokamak.proto.v1.PutSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the proto's messages mean to the store, and the other way round. */
final class Messages {
    private static final int NANOS_MAX = 999_999_999;

    private Messages() {}

    // ---- what is asked

    static Target target(ObjectRef ref) {
        return switch (ref.getRefCase()) {
            case ID -> new Target(ObjectId.parse(ref.getId()), null);
            case NAME -> Target.of(name(ref.getName()));
            case REF_NOT_SET ->
                    throw bad("an object reference is empty", "give it an id or a name");
        };
    }

    private static ObjectName name(io.tokamak.proto.v1.ObjectName name) {
        return new ObjectName(name.getNamespace(), name.getKey());
    }

    /** Of a wait, at most {@link Waits#MAX}; a field that is absent is a wait of nothing. */
    static Deadline deadline(com.google.protobuf.Duration wait) {
        return Deadline.after(Waits.check(duration(wait)));
    }

    static Duration duration(com.google.protobuf.Duration duration) {
        int nanos = duration.getNanos();
        boolean signsAgree =
                nanos == 0
                        || duration.getSeconds() == 0
                        || (nanos > 0 == duration.getSeconds() > 0);
        if (nanos < -NANOS_MAX || nanos > NANOS_MAX || !signsAgree) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_DURATION,
                    "a duration of %d s and %d ns".formatted(duration.getSeconds(), nanos),
                    "give nanoseconds below a second, of the same sign as the seconds");
        }
        return Duration.ofSeconds(duration.getSeconds(), nanos);
    }

    static PutOptions options(PutSpec spec) {
        ObjectName name = spec.hasName() ? name(spec.getName()) : null;
        PutOptions options =
                PutOptions.DEFAULTS
                        .withName(name)
                        .withMediaType(MediaType.of(textOrNull(spec.getMediaType())))
                        .withContentEncoding(textOrNull(spec.getContentEncoding()))
                        .withAttributes(Attributes.of(spec.getAttributesMap()))
                        .withLifetime(lifetime(spec))
                        .withGroup(group(spec, name));
        return spec.hasRoomTimeout()
                ? options.withTimeout(Waits.check(duration(spec.getRoomTimeout())))
                : options;
    }

    private static Lifetime lifetime(PutSpec spec) {
        io.tokamak.proto.v1.Lifetime lifetime = spec.getLifetime();
        if (lifetime.hasUntil() || lifetime.getSession() != 0) {
            throw bad(
                    "a lifetime with until or session, which are only in answers",
                    "give a ttl; an object that ends with a session is put by who attaches one");
        }
        if (spec.hasLifetime() && !lifetime.hasTtl() && !lifetime.hasIdle()) {
            return Lifetime.untilDeleted();
        }
        return Lifetime.of(
                lifetime.hasTtl() ? duration(lifetime.getTtl()) : null,
                lifetime.hasIdle() ? duration(lifetime.getIdle()) : null);
    }

    private static @Nullable Group group(PutSpec spec, @Nullable ObjectName name) {
        String namespace = textOrNull(spec.getGroupNamespace());
        if (name != null && namespace != null && !namespace.equals(name.namespace())) {
            throw bad(
                    "group_namespace is not that of the name",
                    "leave it out: a named object's group is one of its namespace");
        }
        if (spec.getGroup().isEmpty()) {
            return null;
        }
        return new Group(
                name != null ? name.namespace() : namespaceOrDefault(spec.getGroupNamespace()),
                spec.getGroup());
    }

    /**
     * The namespace to look into; null: all.
     *
     * @throws InvalidRequest when it is none, or there is a prefix without one
     */
    static @Nullable String namespace(String namespace, String prefix) {
        if (!namespace.isEmpty()) {
            return new ObjectName(namespace, "x").namespace(); // has its rules
        }
        if (!prefix.isEmpty()) {
            throw bad("a prefix without a namespace", "give the namespace too");
        }
        return null;
    }

    static String namespaceOrDefault(String namespace) {
        return namespace.isEmpty() ? ObjectName.DEFAULT_NAMESPACE : namespace;
    }

    static @Nullable String textOrNull(String text) {
        return text.isEmpty() ? null : text;
    }

    static InvalidRequest bad(String what, String remedy) {
        return new InvalidRequest(InvalidRequest.BAD_PARAMETER, what, remedy);
    }

    // ---- what is answered

    static ObjectInfo object(io.tokamak.objects.ObjectInfo info) {
        ObjectInfo.Builder message =
                object(info.id(), info.incarnation(), info.sizeBytes(), info.metadata())
                        .setCreated(timestamp(info.created()))
                        .setHome(info.home())
                        .setLifetime(lifetime(info.metadata()));
        if (info.expires() != null) {
            message.setExpires(timestamp(info.expires()));
        }
        info.pins().forEach(pin -> message.addPins(pin(pin)));
        return message.build();
    }

    private static Pin.Builder pin(io.tokamak.objects.Pin pin) {
        return Pin.newBuilder()
                .setSession(pin.session())
                .setProcess(pin.process())
                .setLanguage(pin.language())
                .setName(pin.name())
                .setSince(timestamp(pin.since()))
                .setCount(pin.count());
    }

    /** As far as a reader knows it without asking the node. */
    static ObjectInfo object(ObjectView view) {
        return object(view.id(), view.incarnation(), view.sizeBytes(), view.metadata())
                .setCreated(timestamp(Incarnation.createdAt(view.incarnation())))
                .setLifetime(lifetime(view.metadata()))
                .build();
    }

    /** Of an object that was deleted before it could be described. */
    static ObjectInfo object(Stored stored, PutOptions options) {
        return object(
                        stored.id(),
                        stored.incarnation(),
                        stored.sizeBytes(),
                        new ObjectMetadata(
                                options.name(),
                                options.mediaType(),
                                options.contentEncoding(),
                                options.attributes(),
                                Lifetime.byDefault(),
                                options.group()))
                .build();
    }

    private static ObjectInfo.Builder object(
            ObjectId id, long incarnation, long sizeBytes, ObjectMetadata metadata) {
        ObjectInfo.Builder message =
                ObjectInfo.newBuilder()
                        .setId(id.toString())
                        .setIncarnation(incarnation)
                        .setSizeBytes(sizeBytes)
                        .setMediaType(metadata.mediaType().text())
                        .putAllAttributes(metadata.attributes().asMap());
        if (metadata.name() != null) {
            message.setName(name(metadata.name()));
        }
        if (metadata.contentEncoding() != null) {
            message.setContentEncoding(metadata.contentEncoding());
        }
        Group group = metadata.group();
        if (group != null) {
            message.setGroup(group.name()).setGroupNamespace(group.namespace());
        }
        return message;
    }

    static io.tokamak.proto.v1.ObjectName name(ObjectName name) {
        return io.tokamak.proto.v1.ObjectName.newBuilder()
                .setNamespace(name.namespace())
                .setKey(name.key())
                .build();
    }

    static ObjectRef ref(Target target) {
        ObjectRef.Builder ref = ObjectRef.newBuilder();
        return target.name() == null
                ? ref.setId(target.id().toString()).build()
                : ref.setName(name(target.name())).build();
    }

    private static io.tokamak.proto.v1.Lifetime lifetime(ObjectMetadata metadata) {
        io.tokamak.proto.v1.Lifetime.Builder message = io.tokamak.proto.v1.Lifetime.newBuilder();
        switch (metadata.lifetime().resolve(metadata.name() != null)) {
            case Lifetime.Default _, Lifetime.UntilDeleted _ -> {}
            case Lifetime.Idle(Duration time) -> message.setIdle(duration(time));
            case Lifetime.Ttl(Duration time, Duration idle) ->
                    setIdle(message.setTtl(duration(time)), idle);
            case Lifetime.Until(Instant end, Duration idle) ->
                    setIdle(message.setUntil(timestamp(end)), idle);
            case Lifetime.Session(int number) -> message.setSession(number);
        }
        return message.build();
    }

    private static void setIdle(
            io.tokamak.proto.v1.Lifetime.Builder message, @Nullable Duration idle) {
        if (idle != null) {
            message.setIdle(duration(idle));
        }
    }

    static Node.Builder node(NodeInfo info) {
        NodeInfo.Ledger ledger = info.ledger();
        return Node.newBuilder()
                .setId(info.id())
                .setStoreNumber(info.storeNumber())
                .setState(info.state())
                .setAddress(Objects.requireNonNullElse(info.address(), ""))
                .setStarted(timestamp(info.startedAt()))
                .setObjects(info.objects())
                .setSessions(info.sessions().size())
                .setPool(
                        Pool.newBuilder()
                                .setCapacity(ledger.capacity())
                                .setLive(ledger.inUse())
                                .setFree(ledger.free())
                                .setLeased(ledger.leased())
                                .setCondemned(ledger.condemned())
                                .setWithheld(ledger.withheld())
                                .setPinned(ledger.pinned()));
    }

    static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    static com.google.protobuf.Duration duration(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }
}
