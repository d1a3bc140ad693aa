package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import io.tokamak.objects.Unauthenticated;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Lets in who sends a token; only health is for everybody. */
final class TokenFilter implements WebFilter, Ordered {
    private static final String HEALTH = "/actuator/health";

    private final Tokens tokens;
    private final Answers answers;

    TokenFilter(Tokens tokens, Answers answers) {
        this.tokens = tokens;
        this.answers = answers;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getURI().getRawPath();
        if (!path.equals(HEALTH) && !path.startsWith(HEALTH + "/")) {
            try {
                tokens.check(
                        exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION));
            } catch (Unauthenticated refused) {
                return answers.problem(exchange, refused);
            }
        }
        return chain.filter(exchange);
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
