package io.tokamak.gateway.objects;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AttributeKey;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.stereotype.Component;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Whether the end of a body is the one that the caller meant. The server ends the body of a request
 * whose connection has failed, or has sent what is no HTTP, like any other when nobody listened to
 * it at that moment: a broken upload would be a short object.
 */
@FunctionalInterface
interface BodyEnd {
    /** Asked when the end was seen. */
    boolean isTrue();

    /** Set on a connection that has sent a body that is no HTTP. */
    AttributeKey<Boolean> BROKEN = AttributeKey.valueOf(BodyEnd.class, "broken");

    static BodyEnd of(ServerHttpRequest request) {
        Object server = ServerHttpRequestDecorator.getNativeRequest(request);
        if (!(server instanceof Connection connection)) {
            throw new IllegalStateException(server + " has no connection");
        }
        Channel channel = connection.channel();
        return () -> channel.isActive() && channel.attr(BROKEN).get() == null;
    }

    /** Notes which connections are broken, before anything else hears of it. */
    @Component
    final class Customizer implements NettyServerCustomizer {
        @Override
        public HttpServer apply(HttpServer server) {
            return server.doOnChannelInit(
                    (_, channel, _) -> {
                        if (channel.pipeline().get(NettyPipeline.HttpTrafficHandler) != null) {
                            channel.pipeline()
                                    .addBefore(
                                            NettyPipeline.HttpTrafficHandler,
                                            "body-end",
                                            new Watch());
                        }
                    });
        }
    }

    /** Of one connection. */
    final class Watch extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpContent part
                    && !(message instanceof HttpRequest) // a broken head has no body yet
                    && part.decoderResult().isFailure()) {
                context.channel().attr(BROKEN).set(true);
            }
            context.fireChannelRead(message);
        }
    }
}
