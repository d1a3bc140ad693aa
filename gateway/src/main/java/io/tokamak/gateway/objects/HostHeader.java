package io.tokamak.gateway.objects;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.stereotype.Component;
import reactor.netty.http.server.HttpServer;

/**
 * Takes a request for no HTTP that does not say which host it means, or says so twice, or names
 * what can be none, as RFC 9112, section 3.2, has it: who stands between the caller and the gateway
 * may have gone by another of the two. HTTP/1.0 knows requests without a host.
 */
@Sharable
final class HostHeader extends ChannelInboundHandlerAdapter {
    /** Of RFC 3986, section 3.2.2, and the colon before a port; letters and digits besides. */
    private static final String MARKS = "-._~!$&'()*+,;=%[]:";

    /** Puts it into every connection. */
    @Component
    static final class Customizer implements NettyServerCustomizer {
        private final HostHeader host = new HostHeader();

        @Override
        public HttpServer apply(HttpServer server) {
            return Pipelines.addAfterCodec(server, "host-header", host);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request
                && request.decoderResult().isSuccess()
                && !isClear(request)) {
            request.setDecoderResult(
                    DecoderResult.failure(
                            new IllegalArgumentException("not one Host that can be meant")));
        }
        context.fireChannelRead(message);
    }

    private static boolean isClear(HttpRequest request) {
        Iterator<? extends CharSequence> hosts =
                request.headers().valueCharSequenceIterator(HttpHeaderNames.HOST);
        if (!hosts.hasNext()) {
            return request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0;
        }
        return isHost(hosts.next()) && !hosts.hasNext();
    }

    private static boolean isHost(CharSequence value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean isLetterOrDigit =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!isLetterOrDigit && MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
