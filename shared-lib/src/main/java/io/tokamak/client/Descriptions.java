package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.Group;
import io.tokamak.proto.local.v1.Ledger;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Pin;
import io.tokamak.proto.local.v1.Session;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

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

    /** Null: nothing for a listener. */
    static @Nullable ObjectEvent event(Event event) {
        ObjectEvent.Kind kind =
                switch (event.getKind()) {
                    case KIND_SEALED -> ObjectEvent.Kind.SEALED;
                    case KIND_DELETED -> ObjectEvent.Kind.DELETED;
                    case KIND_EXPIRED -> ObjectEvent.Kind.EXPIRED;
                    case KIND_GAP -> ObjectEvent.Kind.GAP;
                    case KIND_SUBSCRIBED, KIND_UNSPECIFIED, UNRECOGNIZED -> null;
                };
        if (kind == null) {
            return null;
        }
        return new ObjectEvent(
                kind,
                event.getSequence(),
                event.getId().size() == ObjectId.SIZE_BYTES ? id(event.getId()) : null,
                event.getKey().isEmpty()
                        ? null
                        : new ObjectName(event.getNamespace(), event.getKey()),
                event.getSizeBytes(),
                event.getMediaType(),
                Instant.ofEpochMilli(event.getTimeMillis()));
    }

    static NodeInfo node(NodeStatus status) {
        Ledger ledger = status.getLedger();
        return new NodeInfo(
                status.getNodeId(),
                status.getStoreNumber(),
                status.getState(),
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
