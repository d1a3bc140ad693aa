package io.tokamak.gateway.objects;

import io.tokamak.objects.InvalidRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;

/** A request that means a call of the table. For one thread at a time. */
public final class CallRequest {
    private final ServerHttpRequest http;
    private final ServerHttpResponse response;
    private final Call call;
    private final PathValues path;
    private @Nullable Parameters parameters;

    CallRequest(ServerHttpRequest http, ServerHttpResponse response, Call.Found found) {
        this.http = http;
        this.response = response;
        this.call = found.call();
        this.path = found.path();
    }

    ServerHttpRequest http() {
        return http;
    }

    public ServerHttpResponse response() {
        return response;
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
            read = Parameters.of(http.getURI().getRawQuery(), call.queryNames());
            parameters = read;
        }
        return read;
    }
}
