package io.tokamak.gateway.objects;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** Leads a request to what serves its call, and a failure to its answer. */
@Component
final class RestHandler implements WebHandler {
    private final Map<Call, CallHandlers.Handler> handlers = new EnumMap<>(Call.class);
    private final Answers answers;

    /**
     * @throws IllegalStateException when a call of the table is served twice or not at all
     */
    RestHandler(List<CallHandlers> all, Answers answers) {
        this.answers = answers;
        for (CallHandlers some : all) {
            some.handlers()
                    .forEach(
                            (call, handler) -> {
                                if (handlers.put(call, handler) != null) {
                                    throw new IllegalStateException(call + " is served twice");
                                }
                            });
        }
        for (Call call : Call.values()) {
            if (!handlers.containsKey(call)) {
                throw new IllegalStateException(call + " is not served");
            }
        }
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        return Mono.defer(() -> route(exchange))
                .onErrorResume(failure -> answers.problem(exchange, failure));
    }

    private Mono<Void> route(ServerWebExchange exchange) {
        Call.Found found =
                Call.find(
                        exchange.getRequest().getMethod(),
                        exchange.getRequest().getURI().getRawPath());
        exchange.getAttributes().put(Answers.CALL, found.call());
        CallRequest request = new CallRequest(exchange, found);
        if (found.call().body() == Content.NOTHING) {
            var _ = request.parameters(); // who takes a body does this when it can read that too
        }
        return handler(found.call()).handle(request);
    }

    private CallHandlers.Handler handler(Call call) {
        return java.util.Objects.requireNonNull(handlers.get(call));
    }
}
