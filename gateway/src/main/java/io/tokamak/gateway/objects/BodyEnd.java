package io.tokamak.gateway.objects;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.stereotype.Component;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerState;

/**
 * Whether the end of a body is the one that the caller meant. The server ends the body of a request
 * whose connection has failed, or has sent what is no HTTP, like any other when nobody listened to
 * it at that moment: a broken upload would be a short object.
 */
@FunctionalInterface
interface BodyEnd {
    /** Asked when the end was seen. */
    boolean isTrue();

    /** Set on a connection that has sent what is no HTTP. */
    AttributeKey<Boolean> BROKEN = AttributeKey.valueOf(BodyEnd.class, "broken");

    static BodyEnd of(ServerHttpRequest request) {
        Object server = ServerHttpRequestDecorator.getNativeRequest(request);
        if (!(server instanceof Connection connection)) {
            throw new IllegalStateException(server + " has no connection");
        }
        Channel channel = connection.channel();
        return () -> channel.isActive() && channel.attr(BROKEN).get() == null;
    }

    /** Notes which connections are broken. */
    @Component
    final class Customizer implements NettyServerCustomizer {
        @Override
        public HttpServer apply(HttpServer server) {
            return server.childObserve(
                    (connection, state) -> {
                        if (state == HttpServerState.REQUEST_DECODING_FAILED) {
                            connection.channel().attr(BROKEN).set(true);
                        }
                    });
        }
    }
}
