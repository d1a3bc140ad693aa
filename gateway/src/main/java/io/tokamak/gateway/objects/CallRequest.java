package io.tokamak.gateway.objects;

import io.tokamak.objects.InvalidRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** A request that means a call of the table. For one thread at a time. */
public final class CallRequest {
    private final ServerWebExchange exchange;
    private final Call call;
    private final PathValues path;
    private @Nullable Parameters parameters;

    CallRequest(ServerWebExchange exchange, Call.Found found) {
        this.exchange = exchange;
        this.call = found.call();
        this.path = found.path();
    }

    public ServerWebExchange exchange() {
        return exchange;
    }

    ServerHttpRequest http() {
        return exchange.getRequest();
    }

    Call call() {
        return call;
    }

    public PathValues path() {
        return path;
    }

    /**
     * The query, by what the table knows of it.
     *
     * @throws InvalidRequest {@code unknown-parameter} or {@code bad-parameter}
     */
    Parameters parameters() {
        Parameters read = parameters;
        if (read == null) {
            read = Parameters.of(http().getURI().getRawQuery(), call.queryNames());
            parameters = read;
        }
        return read;
    }
}
