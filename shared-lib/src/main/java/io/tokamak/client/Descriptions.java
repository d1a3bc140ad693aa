package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.proto.local.v1.Counters;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.Group;
import io.tokamak.proto.local.v1.Ledger;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Pin;
import io.tokamak.proto.local.v1.Session;
import io.tokamak.proto.local.v1.WatchRequest;
import java.time.Instant;
import java.util.function.Function;

/** Between the messages of the local protocol and what a caller sees. */
final class Descriptions {
    private Descriptions() {}

    static ByteString bytes(ObjectId id) {
        return ByteString.copyFrom(id.toBytes());
    }

    static ObjectId id(ByteString bytes) {
        return ObjectId.ofBytes(bytes.toByteArray(), 0);
    }

    static Group group(io.tokamak.objects.Group group) {
        return Group.newBuilder().setNamespace(group.namespace()).setName(group.name()).build();
    }

    /**
     * @param home the id of its home
     */
    static ObjectInfo info(ObjectDescription description, String home) {
        return new ObjectInfo(
                id(description.getId()),
                description.getIncarnation(),
                MetadataCodec.decode(description.getMetadata().toByteArray()),
                description.getSizeBytes(),
                Incarnation.createdAt(description.getIncarnation()),
                description.getExpiresMillis() == 0
                        ? null
                        : Instant.ofEpochMilli(description.getExpiresMillis()),
                home,
                description.getPinsList().stream().map(Descriptions::pin).toList());
    }

    private static io.tokamak.objects.Pin pin(Pin pin) {
        return new io.tokamak.objects.Pin(
                pin.getSessionNumber(),
                pin.getPid(),
                language(pin.getLanguage()),
                pin.getName(),
                Instant.ofEpochMilli(pin.getSinceMillis()),
                pin.getCount());
    }

    static ListRequest.Builder request(ListQuery query) {
        ListRequest.Builder request = ListRequest.newBuilder();
        if (query.namespace() != null) {
            request.setNamespace(query.namespace());
        }
        if (query.prefix() != null) {
            request.setPrefix(query.prefix());
        }
        if (query.group() != null) {
            request.setGroup(group(query.group()));
        }
        if (query.mediaType() != null) {
            request.setMediaType(query.mediaType());
        }
        return request;
    }

    static WatchRequest request(WatchQuery query) {
        WatchRequest.Builder request = WatchRequest.newBuilder();
        if (query.namespace() != null) {
            request.setNamespace(query.namespace());
        }
        if (query.prefix() != null) {
            request.setPrefix(query.prefix());
        }
        return request.build();
    }

    /** A node does not keep events: there is no going on after any of them. */
    static Watching.Heard heard(Event event) {
        return switch (event.getKind()) {
            case KIND_SEALED -> heard(ObjectEvent.Kind.SEALED, event);
            case KIND_DELETED -> heard(ObjectEvent.Kind.DELETED, event);
            case KIND_EXPIRED -> heard(ObjectEvent.Kind.EXPIRED, event);
            case KIND_GAP -> heard(ObjectEvent.Kind.GAP, event);
            case KIND_SUBSCRIBED -> new Watching.Subscribed(null);
            case KIND_UNSPECIFIED, UNRECOGNIZED -> new Watching.Other(null);
        };
    }

    private static Watching.Heard heard(ObjectEvent.Kind kind, Event event) {
        return new Watching.Happened(
                new ObjectEvent(
                        kind,
                        event.getSequence(),
                        event.getId().size() == ObjectId.SIZE_BYTES ? id(event.getId()) : null,
                        event.getKey().isEmpty()
                                ? null
                                : new ObjectName(event.getNamespace(), event.getKey()),
                        event.getSizeBytes(),
                        event.getMediaType(),
                        Instant.ofEpochMilli(event.getTimeMillis())),
                null);
    }

    static NodeInfo node(NodeStatus status) {
        Ledger ledger = status.getLedger();
        return new NodeInfo(
                status.getNodeId(),
                status.getStoreNumber(),
                status.getState(),
                status.getAddress().isEmpty() ? null : status.getAddress(),
                Instant.ofEpochMilli(status.getStartedMillis()),
                status.getObjects(),
                new NodeInfo.Ledger(
                        ledger.getCapacity(),
                        ledger.getInUse(),
                        ledger.getFree(),
                        ledger.getLeased(),
                        ledger.getCondemned(),
                        ledger.getWithheld(),
                        ledger.getPinned(),
                        ledger.getLargestFree(),
                        ledger.getIndex()),
                status.getSessionsList().stream().map(Descriptions::session).toList());
    }

    /**
     * @param info describes an object
     */
    static NodeActivity activity(NodeStatus status, Function<ObjectDescription, ObjectInfo> info) {
        Counters counters = status.getCounters();
        return new NodeActivity(
                node(status),
                new NodeActivity.Counters(
                        counters.getPublished(),
                        counters.getSealedBytes(),
                        counters.getGets(),
                        counters.getMisses(),
                        counters.getDeleted(),
                        counters.getDeletedBytes(),
                        counters.getAllocationFailures(),
                        counters.getFencedSessions()),
                status.getPinnedList().stream()
                        .map(
                                pinned ->
                                        new NodeActivity.Pinned(
                                                info.apply(pinned.getObject()),
                                                pinned.getDeleted()))
                        .toList(),
                status.getPinnedTotal());
    }

    private static NodeInfo.Session session(Session session) {
        return new NodeInfo.Session(
                session.getNumber(),
                session.getPid(),
                language(session.getLanguage()),
                session.getName(),
                Instant.ofEpochMilli(session.getAttachedMillis()),
                session.getFenced(),
                session.getPins(),
                session.getPinnedBytes(),
                session.getLanes(),
                session.getLeasedBytes());
    }

    private static String language(int language) {
        return switch (language) {
            case SessionFile.LANGUAGE_JAVA -> "java";
            case SessionFile.LANGUAGE_PYTHON -> "python";
            case SessionFile.LANGUAGE_RUST -> "rust";
            case SessionFile.LANGUAGE_C -> "c";
            default -> "unknown";
        };
    }
}
