package io.tokamak.gateway.mapping;

import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** The part of the table of calls that is about mappings: goes before the rest of {@code /v1}. */
@Component
final class MappingRoutes implements HandlerMapping, Ordered {
    private final MappingCalls calls;

    MappingRoutes(MappingCalls calls) {
        this.calls = calls;
    }

    @Override
    public Mono<Object> getHandler(ServerWebExchange exchange) {
        MappingAddress address =
                MappingAddress.of(
                        exchange.getRequest().getMethod(),
                        exchange.getRequest().getURI().getRawPath());
        if (address == null) {
            return Mono.empty();
        }
        WebHandler handler = asked -> calls.handle(asked, address);
        return Mono.just(handler);
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
