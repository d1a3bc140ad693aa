package io.tokamak.gateway.objects;

import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;
import reactor.netty.http.server.HttpRequestDecoderSpec;
import reactor.netty.http.server.HttpServer;

/**
 * Lets the bytes of a body come in pieces as large as the socket gives them: each piece costs a way
 * through all handlers, and by default there are eight of them in one read.
 */
@Component
final class LargeChunks
        implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory>, Ordered {
    /** Netty reads no more at a time. */
    private static final int CHUNK_BYTES_MAX = 64 << 10;

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(LargeChunks::enlarge);
    }

    @SuppressWarnings("deprecation") // it has no other way to say this to Netty's decoder
    private static HttpServer enlarge(HttpServer server) {
        HttpRequestDecoderSpec known = server.configuration().decoder();
        return server.httpRequestDecoder(
                spec ->
                        spec.maxInitialLineLength(known.maxInitialLineLength())
                                .maxHeaderSize(known.maxHeaderSize())
                                .h2cMaxContentLength(known.h2cMaxContentLength())
                                .maxChunkSize(CHUNK_BYTES_MAX));
    }

    /** After Spring Boot's own, which makes the decoder's settings from the properties. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }
}
