package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import io.tokamak.objects.Unauthenticated;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Lets in who sends a token; only health is for everybody. */
final class TokenFilter implements WebFilter, Ordered {
    private static final String HEALTH = "/actuator/health";
    private static final String SCHEME = "Bearer ";

    private final Tokens tokens;
    private final Answers answers;

    TokenFilter(Tokens tokens, Answers answers) {
        this.tokens = tokens;
        this.answers = answers;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getURI().getRawPath();
        if (tokens.isEmpty() || path.equals(HEALTH) || path.startsWith(HEALTH + "/")) {
            return chain.filter(exchange);
        }
        String token =
                token(exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION));
        if (token == null) {
            return answers.problem(exchange, new Unauthenticated("no bearer token was sent"));
        }
        if (!tokens.accept(token)) {
            return answers.problem(exchange, new Unauthenticated("the bearer token is not known"));
        }
        return chain.filter(exchange);
    }

    private static @Nullable String token(@Nullable String header) {
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? header.substring(SCHEME.length()).strip()
                : null;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
