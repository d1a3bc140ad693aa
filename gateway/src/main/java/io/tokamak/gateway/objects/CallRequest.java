package io.tokamak.gateway.objects;

import io.netty.channel.Channel;
import io.tokamak.objects.InvalidRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.netty.Connection;

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

    /** Of the connection; of HTTP/2, of the stream. */
    Channel channel() {
        return channel(response);
    }

    static Channel channel(ServerHttpResponse response) {
        Object server = ServerHttpResponseDecorator.getNativeResponse(response);
        if (!(server instanceof Connection connection)) {
            throw new IllegalStateException(server + " has no connection");
        }
        return connection.channel();
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
