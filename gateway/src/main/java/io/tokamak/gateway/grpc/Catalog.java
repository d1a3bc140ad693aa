package io.tokamak.gateway.grpc;

import io.tokamak.client.ListPage;
import io.tokamak.client.ListQuery;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.DeleteResponse;
import io.tokamak.proto.v1.GetNodeRequest;
import io.tokamak.proto.v1.GetNodeResponse;
import io.tokamak.proto.v1.GroupName;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.HeadResponse;
import io.tokamak.proto.v1.ListNodesRequest;
import io.tokamak.proto.v1.ListNodesResponse;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.ListResponse;
import io.tokamak.proto.v1.Node;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.WaitRequest;
import io.tokamak.proto.v1.WaitResponse;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Calls with one answer: descriptions, deletions, lists, waits, nodes. */
@Component("grpcCatalog")
final class Catalog {
    private static final int REFS_MAX = 100_000;
    private static final int LIMIT_MAX = 1000;
    private static final int LIMIT = 100;

    /** The node on the gateway's host. */
    private static final String LOCAL = "local";

    private final NodeConnection connection;

    Catalog(NodeConnection connection) {
        this.connection = connection;
    }

    /** What the references mean, 1 to so many. */
    static List<Target> targets(List<ObjectRef> refs, int countMax) {
        if (refs.isEmpty() || refs.size() > countMax) {
            throw Messages.bad(
                    refs.size() + " object references", "give 1 to %,d".formatted(countMax));
        }
        return refs.stream().map(Messages::target).toList();
    }

    HeadResponse head(HeadRequest request, BooleanSupplier isCancelled) {
        return HeadResponse.newBuilder()
                .setObject(
                        Messages.object(
                                Messages.target(request.getObject())
                                        .head(
                                                connection,
                                                Messages.deadline(request.getWait()),
                                                isCancelled)))
                .build();
    }

    DeleteResponse delete(DeleteRequest request, BooleanSupplier isCancelled) {
        TokamakClient client = connection.client();
        if (request.getIncarnation() != 0) {
            return deleteIncarnation(request);
        }
        if (request.hasGroup()) {
            if (request.getObjectsCount() > 0) {
                throw Messages.bad("objects and a group", "give either");
            }
            GroupName group = request.getGroup();
            return DeleteResponse.newBuilder()
                    .setDeleted(
                            client.deleteGroup(new Group(group.getNamespace(), group.getGroup())))
                    .build();
        }
        List<Target> targets = targets(request.getObjectsList(), REFS_MAX);
        BitSet wereThere = client.deleteEach(targets.stream().map(Target::id).toList());
        DeleteResponse.Builder response = DeleteResponse.newBuilder();
        for (int i = 0; i < targets.size(); i++) {
            response.addWereThere(wereThere.get(i));
        }
        return response.setDeleted(wereThere.cardinality()).build();
    }

    private DeleteResponse deleteIncarnation(DeleteRequest request) {
        if (request.hasGroup() || request.getObjectsCount() != 1) {
            throw Messages.bad(
                    "an incarnation with other than one object",
                    "delete objects of an incarnation one by one");
        }
        Target target = Messages.target(request.getObjects(0));
        boolean wasThere = connection.client().delete(target.id(), request.getIncarnation());
        return DeleteResponse.newBuilder()
                .addWereThere(wasThere)
                .setDeleted(wasThere ? 1 : 0)
                .build();
    }

    ListResponse list(ListRequest request, BooleanSupplier isCancelled) {
        int limit = request.getLimit() == 0 ? LIMIT : request.getLimit();
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_LIMIT,
                    "limit is " + Integer.toUnsignedString(limit),
                    "give 1 to " + LIMIT_MAX + ", or 0 for " + LIMIT);
        }
        ListQuery query =
                new ListQuery(
                        Messages.namespace(request.getNamespace(), request.getPrefix()),
                        Messages.textOrNull(request.getPrefix()),
                        group(request),
                        request.getMediaType().isEmpty()
                                ? null
                                : MediaType.of(request.getMediaType()).text());
        ListPage page =
                connection.client().page(query, limit, Messages.textOrNull(request.getCursor()));
        ListResponse.Builder response = ListResponse.newBuilder();
        page.objects().forEach(info -> response.addObjects(Messages.object(info)));
        if (page.cursor() != null) {
            response.setCursor(page.cursor());
        }
        return response.build();
    }

    private static @Nullable Group group(ListRequest request) {
        return request.getGroup().isEmpty()
                ? null
                : new Group(
                        Messages.namespaceOrDefault(request.getNamespace()), request.getGroup());
    }

    WaitResponse await(WaitRequest request, BooleanSupplier isCancelled) {
        List<Target> targets = targets(request.getObjectsList(), REFS_MAX);
        Set<ObjectId> ids = new LinkedHashSet<>();
        targets.forEach(target -> ids.add(target.id()));
        int count = request.getCount() == 0 ? ids.size() : request.getCount();
        if (count < 0 || count > ids.size()) {
            throw Messages.bad(
                    "count is %s of %d different objects"
                            .formatted(Integer.toUnsignedString(count), ids.size()),
                    "leave it out for all");
        }
        WaitResult result =
                Waits.await(
                        connection,
                        ids,
                        count,
                        Messages.deadline(request.getTimeout()),
                        isCancelled);
        Set<ObjectId> ready = new HashSet<>(result.ready());
        WaitResponse.Builder response = WaitResponse.newBuilder();
        for (Target target : targets) {
            if (ready.contains(target.id())) {
                response.addReady(Messages.ref(target));
            } else {
                response.addPending(Messages.ref(target));
            }
        }
        return response.build();
    }

    ListNodesResponse listNodes(ListNodesRequest request, BooleanSupplier isCancelled) {
        return ListNodesResponse.newBuilder()
                .addNodes(Messages.node(connection.client().node()))
                .build();
    }

    GetNodeResponse getNode(GetNodeRequest request, BooleanSupplier isCancelled) {
        NodeInfo info = connection.client().node();
        boolean isLocal = request.getId().equals(LOCAL);
        if (!isLocal && !request.getId().equals(info.id())) {
            throw Refusal.nodeNotFound(request.getId());
        }
        Node.Builder node = Messages.node(info);
        if (isLocal) {
            node.setFolder(connection.folder().toAbsolutePath().toString());
        }
        return GetNodeResponse.newBuilder().setNode(node).build();
    }
}
