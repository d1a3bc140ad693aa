package io.tokamak.gateway.objects;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.stereotype.Component;
import reactor.netty.http.server.HttpServer;

/**
 * Lets requests with a body stay with HTTP/1.1, as RFC 9110, section 7.8, leaves to the server: the
 * upgrade to HTTP/2 would have to keep all of the body in the heap first, and is refused with 413.
 * Some clients, the JDK's among them, ask for it with their first request whatever that is.
 */
@Sharable
final class Upgrades extends ChannelInboundHandlerAdapter {

    /** Puts it into every connection. */
    @Component
    static final class Customizer implements NettyServerCustomizer {
        private final Upgrades upgrades = new Upgrades();

        @Override
        public HttpServer apply(HttpServer server) {
            return Pipelines.addAfterCodec(server, "upgrades", upgrades);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request
                && request.decoderResult().isSuccess()
                && hasBody(request)) {
            HttpHeaders headers = request.headers();
            headers.remove(HttpHeaderNames.UPGRADE);
            headers.remove("HTTP2-Settings");
        }
        context.fireChannelRead(message);
    }

    private static boolean hasBody(HttpRequest request) {
        return HttpUtil.isTransferEncodingChunked(request)
                || HttpUtil.getContentLength(request, 0L) > 0;
    }
}
