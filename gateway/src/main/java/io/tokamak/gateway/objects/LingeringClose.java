package io.tokamak.gateway.objects;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.stereotype.Component;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Closes a connection whose request was answered before its body had come so that the answer
 * arrives. A socket that is closed while bytes still come in is reset, and who is told so amid
 * sending may never read what was answered. So only our direction ends with the answer; what still
 * comes is read and dropped until the caller has ended too, or a time is over.
 */
@SuppressWarnings("FutureReturnValueIgnored") // it is the promise, which the caller has
final class LingeringClose extends ChannelDuplexHandler {
    /** Longer than this no byte came: nobody is there. */
    private static final long SILENCE_NANOS = Duration.ofSeconds(5).toNanos();

    /** A caller who does not care for the answer sends on; but not for ever. */
    private static final long TOTAL_NANOS = Duration.ofSeconds(30).toNanos();

    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

    // All of the channel's event loop.
    private boolean bodyIsComing;
    private @Nullable ChannelPromise closing;
    private @Nullable ScheduledFuture<?> look;
    private long endNanos;
    private long lastNanos;

    private LingeringClose() {}

    /** Puts one into every connection. */
    @Component
    static final class Customizer implements NettyServerCustomizer {
        @Override
        public HttpServer apply(HttpServer server) {
            return server.doOnChannelInit(
                    (_, channel, _) -> {
                        ChannelPipeline pipeline = channel.pipeline();
                        if (pipeline.get(NettyPipeline.HttpTrafficHandler) != null) { // HTTP/1.1
                            pipeline.addAfter(
                                    NettyPipeline.HttpTrafficHandler,
                                    "lingering-close",
                                    new LingeringClose());
                        }
                    });
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean isLast = message instanceof LastHttpContent;
        if (closing == null) {
            bodyIsComing = !isLast && (bodyIsComing || message instanceof HttpRequest);
            context.fireChannelRead(message);
            return;
        }
        ReferenceCountUtil.release(message);
        lastNanos = System.nanoTime();
        if (isLast) {
            end(context);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (!bodyIsComing
                || closing != null
                || !(context.channel() instanceof DuplexChannel channel)
                || !channel.isActive()) {
            context.close(promise);
            return;
        }
        closing = promise;
        lastNanos = System.nanoTime();
        endNanos = lastNanos + TOTAL_NANOS;
        look =
                context.executor()
                        .scheduleAtFixedRate(
                                () -> look(context), LOOK_NANOS, LOOK_NANOS, TimeUnit.NANOSECONDS);
        SslHandler tls = context.pipeline().get(SslHandler.class);
        var _ = tls == null ? channel.shutdownOutput() : tls.closeOutbound();
        channel.config().setAutoRead(true);
    }

    private void look(ChannelHandlerContext context) {
        long now = System.nanoTime();
        if (now - lastNanos >= SILENCE_NANOS || now - endNanos >= 0) {
            end(context);
        }
    }

    private void end(ChannelHandlerContext context) {
        ScheduledFuture<?> looking = look;
        ChannelPromise promise = closing;
        if (looking != null && promise != null) {
            looking.cancel(false);
            look = null;
            context.close(promise);
        }
    }

    /** The caller has closed, mostly: it has its answer. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(context);
        context.fireChannelInactive();
    }
}
