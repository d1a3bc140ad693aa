package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import io.tokamak.objects.Unauthenticated;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;

/**
 * Lets in who sends a token. For everybody are only health, and what says nothing about this
 * gateway: the document of the calls and the page to try them, which then asks for a token.
 */
final class TokenFilter implements HttpHandler {
    private static final List<String> FOR_EVERYBODY =
            List.of(
                    "/actuator/health",
                    "/v3/api-docs",
                    "/v3/api-docs.yaml",
                    "/swagger-ui",
                    "/swagger-ui.html");

    private final Tokens tokens;
    private final Answers answers;
    private final HttpHandler behind;

    TokenFilter(Tokens tokens, Answers answers, HttpHandler behind) {
        this.tokens = tokens;
        this.answers = answers;
        this.behind = behind;
    }

    @Override
    public Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
        String path = request.getURI().getRawPath();
        if (FOR_EVERYBODY.stream().noneMatch(open -> isBelow(path, open))) {
            try {
                tokens.check(
                        request.getHeaders().getOrDefault(HttpHeaders.AUTHORIZATION, List.of()));
            } catch (Unauthenticated refused) {
                return answers.problem(request, response, null, refused);
            }
        }
        return behind.handle(request, response);
    }

    private static boolean isBelow(String path, String root) {
        return path.startsWith(root)
                && (path.length() == root.length() || path.charAt(root.length()) == '/');
    }
}
