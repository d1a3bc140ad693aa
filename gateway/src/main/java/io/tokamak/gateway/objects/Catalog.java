package io.tokamak.gateway.objects;

import io.tokamak.client.ListPage;
import io.tokamak.client.ListQuery;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.WaitResult;
import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

/** Calls that answer with JSON or nothing: lists, descriptions, waits, deletions, nodes. */
@Component
final class Catalog {
    private static final int LIMIT_MAX = 1000;
    private static final int LIMIT = 100;
    private static final int WAIT_BODY_BYTES_MAX = 4 << 20;

    private final NodeConnection connection;
    private final GatewayProperties properties;
    private final Answers answers;

    Catalog(NodeConnection connection, GatewayProperties properties, Answers answers) {
        this.connection = connection;
        this.properties = properties;
        this.answers = answers;
    }

    Mono<Void> list(ServerWebExchange exchange) {
        Parameters parameters =
                Parameters.of(
                        exchange.getRequest().getURI().getRawQuery(),
                        List.of("namespace", "prefix", "group", "mediaType", "limit", "cursor"));
        int limit = parameters.number("limit", 1, LIMIT_MAX, LIMIT, InvalidRequest.BAD_LIMIT);
        String namespace = parameters.namespace();
        String group = parameters.text("group");
        ListQuery query =
                new ListQuery(
                        namespace,
                        parameters.prefix(),
                        group == null ? null : Uploads.group(group, namespace),
                        parameters.text("mediaType"));
        return answer(
                exchange,
                _ -> {
                    ListPage page =
                            connection.client().page(query, limit, parameters.text("cursor"));
                    SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
                    json.put("objects", page.objects().stream().map(Descriptions::listed).toList());
                    json.put("cursor", page.cursor());
                    return json;
                });
    }

    Mono<Void> describe(ServerWebExchange exchange, Target target, Parameters parameters) {
        Duration wait = parameters.wait("wait", Duration.ZERO);
        return answer(
                exchange,
                isCancelled ->
                        Descriptions.object(
                                target.head(
                                        connection.client(), Deadline.after(wait), isCancelled)));
    }

    Mono<Void> delete(ServerWebExchange exchange, Target target) {
        RestHandler.checkNoParameters(exchange);
        return Blocking.call(_ -> target.delete(connection.client()))
                .flatMap(
                        wasThere -> {
                            if (!wasThere) {
                                return Mono.error(target.notFound());
                            }
                            exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
                            return exchange.getResponse().setComplete();
                        });
    }

    Mono<Void> deleteGroup(ServerWebExchange exchange, Group group) {
        RestHandler.checkNoParameters(exchange);
        return answer(exchange, _ -> Map.of("deleted", connection.client().deleteGroup(group)));
    }

    // ---- waits

    /**
     * What is waited for. Null: left out.
     *
     * @param count how many suffice
     * @param timeout a duration with its unit
     */
    record WaitRequest(
            @Nullable List<String> ids,
            @Nullable List<Map<String, String>> names,
            @Nullable Integer count,
            @Nullable String timeout) {}

    Mono<Void> await(ServerWebExchange exchange) {
        RestHandler.checkNoParameters(exchange);
        Body body = new Body(exchange.getRequest().getBody(), properties.uploadTimeout());
        return answer(
                        exchange,
                        isCancelled -> await(parse(body.readAll(WAIT_BODY_BYTES_MAX)), isCancelled))
                .doFinally(_ -> body.close());
    }

    private WaitRequest parse(byte[] json) {
        try {
            return answers.read(json, WaitRequest.class);
        } catch (JacksonException e) {
            throw Parameters.bad(
                    "body",
                    "is no wait: " + e.getOriginalMessage(),
                    "send {ids, names, count, timeout}");
        }
    }

    private Map<String, Object> await(WaitRequest request, BooleanSupplier isCancelled) {
        Map<ObjectId, @Nullable ObjectName> wanted = new LinkedHashMap<>();
        for (String id : request.ids() == null ? List.<String>of() : request.ids()) {
            wanted.put(ObjectId.parse(id), null);
        }
        for (Map<String, String> name :
                request.names() == null ? List.<Map<String, String>>of() : request.names()) {
            ObjectName parsed =
                    new ObjectName(
                            name.getOrDefault("namespace", ObjectName.DEFAULT_NAMESPACE),
                            name.getOrDefault("key", ""));
            wanted.put(ObjectId.named(parsed), parsed);
        }
        int count = request.count() == null ? wanted.size() : request.count();
        if (count < 0 || count > wanted.size()) {
            throw Parameters.bad(
                    "count", "is " + count + " of " + wanted.size(), "leave it out for all");
        }
        Duration timeout =
                request.timeout() == null ? Duration.ZERO : Parameters.parseWait(request.timeout());
        WaitResult result =
                Waits.await(
                        connection.client(),
                        wanted.keySet(),
                        count,
                        Deadline.after(timeout),
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

    Mono<Void> nodes(ServerWebExchange exchange) {
        RestHandler.checkNoParameters(exchange);
        return answer(
                exchange,
                _ -> Map.of("nodes", List.of(Descriptions.node(connection.client().node(), null))));
    }

    /**
     * @param id "local" is the one on this host
     */
    Mono<Void> node(ServerWebExchange exchange, String id) {
        RestHandler.checkNoParameters(exchange);
        return answer(
                exchange,
                _ -> {
                    NodeInfo info = connection.client().node();
                    boolean isLocal = id.equals("local");
                    if (!isLocal && !id.equals(info.id())) {
                        throw Refusal.nodeNotFound(id);
                    }
                    return Descriptions.node(
                            info, isLocal ? connection.folder().toAbsolutePath().toString() : null);
                });
    }

    private Mono<Void> answer(
            ServerWebExchange exchange,
            java.util.function.Function<BooleanSupplier, Map<String, ?>> call) {
        return Blocking.<Map<String, ?>>call(call)
                .flatMap(json -> answers.json(exchange, HttpStatus.OK, json));
    }
}
