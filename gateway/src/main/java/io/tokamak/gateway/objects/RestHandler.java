package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Target;
import io.tokamak.objects.InvalidRequest;
import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** The table of calls: which address and method leads to what. */
@Component
final class RestHandler implements WebHandler {
    private static final HttpMethod GET = HttpMethod.GET;
    private static final HttpMethod HEAD = HttpMethod.HEAD;
    private static final HttpMethod PUT = HttpMethod.PUT;
    private static final HttpMethod POST = HttpMethod.POST;
    private static final HttpMethod DELETE = HttpMethod.DELETE;

    private final Uploads uploads;
    private final Downloads downloads;
    private final Catalog catalog;
    private final EventStreams events;
    private final Answers answers;

    RestHandler(
            Uploads uploads,
            Downloads downloads,
            Catalog catalog,
            EventStreams events,
            Answers answers) {
        this.uploads = uploads;
        this.downloads = downloads;
        this.catalog = catalog;
        this.events = events;
        this.answers = answers;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        return Mono.defer(() -> route(exchange))
                .onErrorResume(failure -> answers.problem(exchange, failure));
    }

    private Mono<Void> route(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        HttpMethod method = request.getMethod();
        String path = request.getURI().getRawPath();
        Address address = Address.of(path);
        if (!allowed(address).contains(method)) {
            throw address instanceof Address.Nowhere
                    ? Refusal.noSuchPath(path)
                    : Refusal.methodNotAllowed(
                            method.name(),
                            String.join(
                                    ", ",
                                    allowed(address).stream().map(HttpMethod::name).toList()));
        }
        return switch (address) {
            case Address.Nowhere _ -> throw Refusal.noSuchPath(path);
            case Address.Objects _ ->
                    method.equals(POST) ? uploads.post(exchange) : catalog.list(exchange);
            case Address.Waits _ -> catalog.await(exchange);
            case Address.EventStream _ -> events.stream(exchange);
            case Address.Nodes _ -> catalog.nodes(exchange);
            case Address.Node(String id) -> catalog.node(exchange, id);
            case Address.OfGroup(var group) -> catalog.deleteGroup(exchange, group);
            case Address.ById(var id) -> object(exchange, new Target(id, null));
            case Address.ByName(var name) ->
                    method.equals(PUT)
                            ? uploads.put(exchange, name)
                            : object(exchange, Target.of(name));
        };
    }

    private Mono<Void> object(ServerWebExchange exchange, Target target) {
        ServerHttpRequest request = exchange.getRequest();
        if (request.getMethod().equals(DELETE)) {
            return catalog.delete(exchange, target);
        }
        Parameters parameters =
                Parameters.of(request.getURI().getRawQuery(), List.of("wait", "view"));
        String view = parameters.text("view");
        if (view != null && !view.equals("info")) {
            throw Parameters.bad("view", "is " + view, "leave it out, or give info");
        }
        if (view != null) {
            return catalog.describe(exchange, target, parameters);
        }
        return downloads.get(exchange, target, parameters);
    }

    private static List<HttpMethod> allowed(Address address) {
        return switch (address) {
            case Address.Nowhere _ -> List.of();
            case Address.Objects _ -> List.of(GET, POST);
            case Address.Waits _ -> List.of(POST);
            case Address.EventStream _, Address.Nodes _, Address.Node _ -> List.of(GET);
            case Address.OfGroup _ -> List.of(DELETE);
            case Address.ById _ -> List.of(GET, HEAD, DELETE);
            case Address.ByName _ -> List.of(GET, HEAD, PUT, DELETE);
        };
    }

    /** Refuses any query. */
    static void checkNoParameters(ServerWebExchange exchange) throws InvalidRequest {
        Parameters.of(exchange.getRequest().getURI().getRawQuery(), List.of());
    }
}
