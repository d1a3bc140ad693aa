package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import io.tokamak.gateway.objects.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;

/**
 * Keeps the pages of others out of a gateway without tokens: there it is enough to be on this host,
 * and a browser of this host sends what any page tells it to. With tokens nothing of this is
 * needed, since a page does not know one.
 */
final class PageFilter implements HttpHandler {
    private final Hosts hosts;
    private final Answers answers;
    private final HttpHandler behind;

    PageFilter(Hosts hosts, Answers answers, HttpHandler behind) {
        this.hosts = hosts;
        this.answers = answers;
        this.behind = behind;
    }

    @Override
    public Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
        Refusal refusal = refusal(request);
        return refusal == null
                ? behind.handle(request, response)
                : answers.problem(request, response, null, refusal);
    }

    private @Nullable Refusal refusal(ServerHttpRequest request) {
        HttpHeaders headers = request.getHeaders();
        for (String host : headers.getOrDefault(HttpHeaders.HOST, List.of())) {
            if (!hosts.isOurs(host)) {
                return Refusal.hostNotAllowed(host);
            }
        }
        return isOfAForeignPage(request.getMethod(), headers)
                ? Refusal.foreignPage(headers.getFirst(HttpHeaders.ORIGIN))
                : null;
    }

    /**
     * Browsers say by {@code Sec-Fetch-Site} how the page stands to the gateway (W3C Fetch
     * Metadata); older ones have {@code Origin} alone. Programs send neither.
     */
    private static boolean isOfAForeignPage(HttpMethod method, HttpHeaders headers) {
        String site = headers.getFirst("Sec-Fetch-Site");
        if (site != null) {
            return !site.equals("same-origin")
                    && !site.equals("none") // typed, or a bookmark
                    && !isLinkFollowed(method, headers);
        }
        String origin = headers.getFirst(HttpHeaders.ORIGIN);
        return origin != null && !isSame(origin, headers.getFirst(HttpHeaders.HOST));
    }

    /** The page that has the link is left for it, and sees nothing of what is there. */
    private static boolean isLinkFollowed(HttpMethod method, HttpHeaders headers) {
        return method.equals(HttpMethod.GET)
                && "navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
                && "document".equals(headers.getFirst("Sec-Fetch-Dest"));
    }

    private static boolean isSame(String origin, @Nullable String host) {
        int scheme = origin.indexOf("://");
        return host != null
                && scheme > 0
                && origin.substring(scheme + "://".length()).equalsIgnoreCase(host);
    }
}
