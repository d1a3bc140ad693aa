package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.proto.local.v1.DeleteRequest;
import io.tokamak.proto.local.v1.DeleteResponse;
import io.tokamak.proto.local.v1.DescribeRequest;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.ListResponse;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Presence;
import io.tokamak.proto.local.v1.ResolveRequest;
import io.tokamak.proto.local.v1.ResolveResponse;
import io.tokamak.proto.local.v1.StatusRequest;
import io.tokamak.proto.local.v1.WatchRequest;
import io.tokamak.session.Control;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is asked of the node, over its socket. Thread-safe. */
final class NodeCalls {
    private static final int IDS_PER_CALL = 100_000;

    private final ConnectOptions options;
    private final Control control;
    private final Attachments attachments;
    private volatile @Nullable KnownNode knownNode;

    private record KnownNode(Attachment attachment, String id) {}

    NodeCalls(ConnectOptions options, Control control, Attachments attachments) {
        this.options = options;
        this.control = control;
        this.attachments = attachments;
    }

    /** For calls that go to the node whatever the caller's deadline: a restart is waited for. */
    Deadline deadline() {
        return Deadline.after(options.timeout());
    }

    /** Which of them are there, after all lanes were drained. */
    Set<ObjectId> resolve(List<ObjectId> ids, Deadline deadline) {
        Set<ObjectId> present = new HashSet<>();
        for (int from = 0; from < ids.size(); from += IDS_PER_CALL) {
            List<ObjectId> part = ids.subList(from, Math.min(ids.size(), from + IDS_PER_CALL));
            ResolveRequest.Builder request = ResolveRequest.newBuilder();
            part.forEach(id -> request.addIds(Descriptions.bytes(id)));
            ResolveResponse response =
                    control.call(deadline, stub -> stub.resolve(request.build()));
            for (int i = 0; i < part.size() && i < response.getPresencesCount(); i++) {
                if (response.getPresences(i) == Presence.PRESENCE_PRESENT) {
                    present.add(part.get(i));
                }
            }
        }
        return present;
    }

    @Nullable ObjectInfo head(ObjectId id) {
        attachments.checkOpen();
        DescribeRequest request =
                DescribeRequest.newBuilder().setId(Descriptions.bytes(id)).build();
        Optional<ObjectDescription> description =
                control.call(
                        deadline(),
                        stub -> {
                            try {
                                return Optional.of(stub.describe(request));
                            } catch (StatusRuntimeException failure) {
                                if (failure.getStatus().getCode() == Status.Code.NOT_FOUND) {
                                    return Optional.empty();
                                }
                                throw failure;
                            }
                        });
        return description.map(this::info).orElse(null);
    }

    private ObjectInfo info(ObjectDescription description) {
        int home = description.getStoreNumber();
        String homeId =
                home == 0 || home == attachments.current().storeNumber()
                        ? nodeId()
                        : "store-" + Integer.toUnsignedString(home);
        return Descriptions.info(description, homeId);
    }

    /** Of the node that keeps the store which is attached. */
    String nodeId() {
        Attachment attachment = attachments.current();
        KnownNode known = knownNode;
        if (known == null || known.attachment() != attachment) {
            known = new KnownNode(attachment, node().id());
            knownNode = known;
        }
        return known.id();
    }

    BitSet deleteEach(List<ObjectId> ids) {
        attachments.checkOpen();
        BitSet wereThere = new BitSet();
        for (int from = 0; from < ids.size(); from += IDS_PER_CALL) {
            List<ObjectId> part = ids.subList(from, Math.min(ids.size(), from + IDS_PER_CALL));
            ByteString.Output bytes = ByteString.newOutput(part.size() * ObjectId.SIZE_BYTES);
            part.forEach(id -> bytes.write(id.toBytes(), 0, ObjectId.SIZE_BYTES));
            DeleteRequest request = DeleteRequest.newBuilder().setIds(bytes.toByteString()).build();
            DeleteResponse response = control.call(deadline(), stub -> stub.delete(request));
            for (int i = 0; i < response.getWereThere().size(); i++) {
                wereThere.set(from + i, response.getWereThere().byteAt(i) != 0);
            }
        }
        return wereThere;
    }

    boolean delete(ObjectId id, long incarnation) {
        attachments.checkOpen();
        DeleteRequest request =
                DeleteRequest.newBuilder()
                        .setIds(ByteString.copyFrom(id.toBytes()))
                        .setIncarnation(incarnation)
                        .build();
        return control.call(deadline(), stub -> stub.delete(request)).getDeleted() > 0;
    }

    long deleteGroup(Group group) {
        attachments.checkOpen();
        DeleteRequest request =
                DeleteRequest.newBuilder().setGroup(Descriptions.group(group)).build();
        DeleteResponse response = control.call(deadline(), stub -> stub.delete(request));
        return response.getDeleted();
    }

    ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        attachments.checkOpen();
        ListPage.checkLimit(limit);
        ListRequest.Builder request = Descriptions.request(query).setLimit(limit);
        if (cursor != null) {
            request.setCursor(cursor);
        }
        ListResponse page = page(request.build());
        return new ListPage(
                page.getObjectsList().stream().map(this::info).toList(),
                page.getCursor().isEmpty() ? null : page.getCursor());
    }

    private ListResponse page(ListRequest request) {
        return control.call(deadline(), stub -> stub.list(request));
    }

    AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        attachments.checkOpen();
        WatchRequest request = Descriptions.request(query);
        return Watching.begin(
                (_, heard) -> listen(request, heard),
                listener,
                options.folder().toString(),
                options.timeout());
    }

    private void listen(WatchRequest request, Consumer<Watching.Heard> heard) {
        try {
            control.stream()
                    .watch(request)
                    .forEachRemaining(event -> heard.accept(Descriptions.heard(event)));
        } catch (StatusRuntimeException failure) {
            throw control.translate(failure);
        }
    }

    NodeInfo node() {
        attachments.checkOpen();
        StatusRequest request = StatusRequest.newBuilder().setSessions(true).build();
        NodeStatus status = control.call(deadline(), stub -> stub.status(request));
        return Descriptions.node(status);
    }

    NodeActivity activity(int pinnedMax) {
        attachments.checkOpen();
        StatusRequest request =
                StatusRequest.newBuilder().setSessions(true).setPinnedMax(pinnedMax).build();
        NodeStatus status = control.call(deadline(), stub -> stub.status(request));
        return Descriptions.activity(status, this::info);
    }
}
