package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import io.tokamak.objects.Unauthenticated;
import java.util.List;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Lets in who sends a token. For everybody are only health, and what says nothing about this
 * gateway: the document of the calls and the page to try them, which then asks for a token.
 */
final class TokenFilter implements WebFilter, Ordered {
    private static final List<String> FOR_EVERYBODY =
            List.of(
                    "/actuator/health",
                    "/v3/api-docs",
                    "/v3/api-docs.yaml",
                    "/swagger-ui",
                    "/swagger-ui.html");

    private final Tokens tokens;
    private final Answers answers;

    TokenFilter(Tokens tokens, Answers answers) {
        this.tokens = tokens;
        this.answers = answers;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getURI().getRawPath();
        if (FOR_EVERYBODY.stream().noneMatch(open -> isBelow(path, open))) {
            try {
                tokens.check(
                        exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION));
            } catch (Unauthenticated refused) {
                return answers.problem(exchange, refused);
            }
        }
        return chain.filter(exchange);
    }

    private static boolean isBelow(String path, String root) {
        return path.startsWith(root)
                && (path.length() == root.length() || path.charAt(root.length()) == '/');
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
