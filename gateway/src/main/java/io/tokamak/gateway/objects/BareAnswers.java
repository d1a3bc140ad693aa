package io.tokamak.gateway.objects;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Makes problems of what the server answers by itself, without a word, to what is no HTTP, or too
 * much of it.
 */
final class BareAnswers extends ChannelDuplexHandler {
    private final Customizer known;

    /** Of the request that is being answered. */
    private @Nullable HttpMethod method;

    private BareAnswers(Customizer known) {
        this.known = known;
    }

    /** Puts one into every connection. */
    @Component
    static final class Customizer implements NettyServerCustomizer {
        private final Answers answers;
        private final long headBytesMax;
        private final long lineBytesMax;

        Customizer(
                Answers answers,
                ServerProperties properties,
                @Value("${server.netty.max-initial-line-length}") DataSize lineMax) {
            this.answers = answers;
            this.headBytesMax = properties.getMaxHttpRequestHeaderSize().toBytes();
            this.lineBytesMax = lineMax.toBytes();
        }

        @Override
        public HttpServer apply(HttpServer server) {
            return server.doOnChannelInit(
                    (_, channel, _) -> {
                        if (channel.pipeline().get(NettyPipeline.HttpTrafficHandler) != null) {
                            channel.pipeline()
                                    .addAfter(
                                            NettyPipeline.HttpTrafficHandler,
                                            "bare-answers",
                                            new BareAnswers(this));
                        }
                    });
        }

        private @Nullable Refusal refusal(int status) {
            return switch (status) {
                case 400 -> Refusal.badRequest();
                case 414 -> Refusal.pathTooLong(lineBytesMax);
                case 431 -> Refusal.headTooLarge(headBytesMax);
                default -> null;
            };
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            method = request.method();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        var _ =
                context.write(
                        message instanceof FullHttpResponse answer ? explained(answer) : message,
                        promise);
    }

    private FullHttpResponse explained(FullHttpResponse answer) {
        Refusal refusal = known.refusal(answer.status().code());
        if (refusal == null
                || answer.content().isReadable()
                || answer.headers().contains(HttpHeaderNames.CONTENT_TYPE)
                || HttpMethod.HEAD.equals(method)) {
            return answer;
        }
        byte[] json =
                known.answers
                        .text(Problems.answer(refusal).body())
                        .getBytes(StandardCharsets.UTF_8);
        FullHttpResponse explained =
                new DefaultFullHttpResponse(
                        answer.protocolVersion(),
                        answer.status(),
                        Unpooled.wrappedBuffer(json),
                        answer.headers().copy(),
                        answer.trailingHeaders().copy());
        explained.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json");
        explained.headers().set(HttpHeaderNames.CONTENT_LENGTH, json.length);
        ReferenceCountUtil.release(answer);
        return explained;
    }
}
