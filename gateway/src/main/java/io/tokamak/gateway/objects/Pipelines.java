package io.tokamak.gateway.objects;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpServerCodec;
import reactor.netty.http.server.HttpServer;

/** Where handlers of ours stand in a connection's pipeline. */
final class Pipelines {
    private Pipelines() {}

    /**
     * Has a handler see what the codec of HTTP/1.1 has decoded, before anybody else does.
     *
     * @param handler that can be shared by all connections
     */
    static HttpServer addAfterCodec(HttpServer server, String name, ChannelHandler handler) {
        return server.doOnChannelInit(
                (_, channel, _) -> {
                    ChannelHandlerContext codec = channel.pipeline().context(HttpServerCodec.class);
                    if (codec != null) {
                        channel.pipeline().addAfter(codec.name(), name, handler);
                    }
                });
    }
}
