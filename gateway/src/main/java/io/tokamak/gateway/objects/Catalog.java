package io.tokamak.gateway.objects;

import io.tokamak.client.ListPage;
import io.tokamak.client.ListQuery;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Calls that answer with JSON or nothing: lists, descriptions, waits, deletions, nodes. */
@Component
final class Catalog implements CallHandlers {
    /** What the node on this host is called. */
    private static final String LOCAL = "local";

    private static final int LIMIT_MAX = 1000;
    private static final int LIMIT = 100;
    private static final int WAIT_BODY_BYTES_MAX = 4 << 20;

    private final NodeConnection connection;
    private final JsonRequests requests;
    private final Answers answers;

    Catalog(NodeConnection connection, JsonRequests requests, Answers answers) {
        this.connection = connection;
        this.requests = requests;
        this.answers = answers;
    }

    @Override
    public Map<Call, Handler> handlers() {
        return Map.of(
                Call.LIST_OBJECTS, this::list,
                Call.WAIT_FOR_OBJECTS, this::await,
                Call.DELETE_OBJECT, this::delete,
                Call.DELETE_NAMED, this::delete,
                Call.DELETE_GROUP, this::deleteGroup,
                Call.LIST_NODES, this::nodes,
                Call.GET_NODE, this::node,
                Call.DRAIN_NODE, this::drain);
    }

    private Mono<Void> list(CallRequest request) {
        Parameters parameters = request.parameters();
        int limit = parameters.number("limit", 1, LIMIT_MAX, LIMIT, InvalidRequest.BAD_LIMIT);
        String namespace = parameters.namespace();
        String group = parameters.text("group");
        String mediaType = parameters.text("mediaType");
        String cursor = parameters.text("cursor");
        if (cursor != null && cursor.isEmpty()) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_CURSOR,
                    "the cursor is empty",
                    "leave it out for the first page; after the last one there is none");
        }
        ListQuery query =
                new ListQuery(
                        namespace,
                        parameters.prefix(),
                        group == null ? null : Uploads.group(group, namespace),
                        mediaType == null ? null : MediaType.of(mediaType).text());
        return answer(
                request,
                _ -> {
                    ListPage page = connection.client().page(query, limit, cursor);
                    SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
                    json.put("objects", page.objects().stream().map(Descriptions::listed).toList());
                    json.put("cursor", page.cursor());
                    return json;
                });
    }

    Mono<Void> describe(CallRequest request) {
        Target target = request.path().target();
        Duration wait = request.parameters().wait("wait", Duration.ZERO);
        return answer(
                request,
                isCancelled ->
                        Descriptions.object(
                                target.head(connection, Deadline.after(wait), isCancelled)));
    }

    private Mono<Void> delete(CallRequest request) {
        Target target = request.path().target();
        String ifMatch = Uploads.joined(request.http().getHeaders(), RequestHeader.IF_MATCH.text());
        ServerHttpResponse response = request.response();
        return Blocking.call(
                        _ ->
                                ifMatch == null
                                        ? target.delete(connection.client())
                                        : deleteIfMatches(target, ifMatch))
                .flatMap(
                        wasThere -> {
                            if (!wasThere) {
                                return Mono.error(target.notFound());
                            }
                            response.setStatusCode(HttpStatus.NO_CONTENT);
                            return response.setComplete();
                        });
    }

    /** By incarnation, so that what comes after the look is left alone. */
    private boolean deleteIfMatches(Target target, String ifMatch) {
        TokamakClient client = connection.client();
        ObjectInfo found = target.find(client);
        while (found != null) {
            Conditions.checkIfMatch(ifMatch, EntityTags.of(found.id(), found.incarnation()));
            if (client.delete(found.id(), found.incarnation())) {
                return true;
            }
            found = target.find(client);
        }
        return false;
    }

    private Mono<Void> deleteGroup(CallRequest request) {
        Group group = request.path().group();
        return answer(request, _ -> Map.of("deleted", connection.client().deleteGroup(group)));
    }

    // ---- waits

    private Mono<Void> await(CallRequest request) {
        return answer(
                request,
                isCancelled ->
                        await(
                                WaitRequest.of(
                                        requests.read(
                                                request, WAIT_BODY_BYTES_MAX, WaitRequest.FIELDS)),
                                isCancelled));
    }

    private Map<String, Object> await(WaitRequest request, BooleanSupplier isCancelled) {
        Map<ObjectId, @Nullable ObjectName> wanted = request.wanted();
        WaitResult result =
                Waits.await(
                        connection,
                        wanted.keySet(),
                        request.count(),
                        Deadline.after(request.timeout()),
                        isCancelled);
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("ready", named(result.ready(), wanted));
        json.put("pending", named(result.pending(), wanted));
        return json;
    }

    private static List<?> named(List<ObjectId> ids, Map<ObjectId, @Nullable ObjectName> wanted) {
        return ids.stream().map(id -> Descriptions.named(id, wanted.get(id))).toList();
    }

    // ---- nodes

    private Mono<Void> nodes(CallRequest request) {
        return answer(
                request,
                _ -> Map.of("nodes", List.of(Descriptions.node(connection.client().node(), null))));
    }

    private Mono<Void> node(CallRequest request) {
        String id = request.path().node();
        return answer(
                request,
                _ ->
                        Descriptions.node(
                                find(id),
                                id.equals(LOCAL)
                                        ? connection.folder().toAbsolutePath().toString()
                                        : null));
    }

    /** Nothing moves between nodes yet. */
    private Mono<Void> drain(CallRequest request) {
        String id = request.path().node();
        return answer(
                request,
                _ -> {
                    NodeInfo info = find(id);
                    throw Refusal.cannotDrain(info.id(), info.objects());
                });
    }

    private NodeInfo find(String id) {
        NodeInfo info = connection.client().node();
        if (!id.equals(LOCAL) && !id.equals(info.id())) {
            throw Refusal.nodeNotFound(id);
        }
        return info;
    }

    private Mono<Void> answer(CallRequest request, Function<BooleanSupplier, Map<String, ?>> call) {
        return Blocking.<Map<String, ?>>call(call)
                .flatMap(json -> answers.json(request.response(), HttpStatus.OK, json));
    }
}
