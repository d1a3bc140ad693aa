package io.tokamak.gateway.objects;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;

/**
 * Leads a request to what serves its call, and a failure to its answer.
 *
 * <p>What is below {@code /v1} comes here before WebFlux makes an exchange of it and looks for a
 * handler: a small get is shorter than that. Paths are compared raw: path patterns would decode
 * them.
 */
@Component
@Order(Ordered.LOWEST_PRECEDENCE) // the first decorator is the outermost: who may call comes before
final class RestHandler implements WebHttpHandlerBuilderCustomizer {
    private final Map<Call, CallHandlers.Handler> handlers = new EnumMap<>(Call.class);
    private final Answers answers;
    private final CallTimes times;

    /**
     * @throws IllegalStateException when a call of the table is served twice or not at all
     */
    RestHandler(List<CallHandlers> all, Answers answers, MeterRegistry metrics) {
        this.answers = answers;
        this.times = new CallTimes(metrics);
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
    public void customize(WebHttpHandlerBuilder builder) {
        builder.httpHandlerDecorator(
                others ->
                        (request, response) -> {
                            HttpHandler handler = isInTable(request) ? this::handle : others;
                            return handler.handle(request, response);
                        });
    }

    private static boolean isInTable(ServerHttpRequest request) {
        String path = request.getURI().getRawPath();
        return path != null && path.startsWith(Paths.ROOT);
    }

    private Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
        Call.Found found;
        try {
            found = Call.find(request.getMethod(), request.getURI().getRawPath());
        } catch (Refusal refusal) {
            return answers.problem(request, response, null, refusal);
        }
        return Mono.defer(() -> serve(new CallRequest(request, response, found)))
                .onErrorResume(failure -> answers.problem(request, response, found.call(), failure))
                .doFinally(times.begin(found.call(), response));
    }

    private Mono<Void> serve(CallRequest request) {
        Call call = request.call();
        Conditions.check(call, request.http().getHeaders());
        if (call.body() == Content.NOTHING) {
            var _ = request.parameters(); // who takes a body does this when it can read that too
        }
        return Objects.requireNonNull(handlers.get(call)).handle(request);
    }
}
