package io.tokamak.gateway.objects;

import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Sends {@code /v1} to {@link RestHandler}, by the raw path: path patterns would decode it. */
@Component
final class RestMapping implements HandlerMapping, Ordered {
    private final RestHandler handler;

    RestMapping(RestHandler handler) {
        this.handler = handler;
    }

    @Override
    public Mono<Object> getHandler(ServerWebExchange exchange) {
        String path = exchange.getRequest().getURI().getRawPath();
        return path != null && path.startsWith(Paths.ROOT) ? Mono.just(handler) : Mono.empty();
    }

    /** Before the pages of others. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
