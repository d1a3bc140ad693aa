package io.tokamak.gateway.objects;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.tokamak.gateway.node.GatewayProperties;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.stereotype.Component;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServer;

/**
 * Cuts off those who take nothing of what is sent to them: a large object is pinned for them, and
 * anything else is kept in the heap. The server's own time-out does not see them: it begins when
 * all of an answer was taken.
 */
@Component
final class Readers implements NettyServerCustomizer {
    private static final String NAME = "readers";
    private static final int LOOKS = 4;

    private final Duration timeout;
    private final Counter cut;

    Readers(GatewayProperties properties, MeterRegistry metrics) {
        timeout = properties.downloadTimeout();
        cut =
                Counter.builder("tokamak.gateway.readers.cut")
                        .description("readers cut off because they took nothing of an answer")
                        .register(metrics);
    }

    /** Watches every connection, and of HTTP/2 every stream: each has a window of its own. */
    @Override
    public HttpServer apply(HttpServer server) {
        return server.doOnChannelInit(
                        (_, channel, _) -> channel.pipeline().addFirst(NAME, new Watch()))
                .childObserve(
                        (connection, state) -> {
                            if (ConnectionObserver.State.CONFIGURED.equals(state)
                                    && connection.channel() instanceof Http2StreamChannel stream) {
                                stream.pipeline().addFirst(NAME, new Watch());
                            }
                        });
    }

    /**
     * How far a reader is.
     *
     * @param ended writes that it has, whole
     * @param waiting bytes that the socket has not taken yet
     * @param sent bytes of the next buffer that it has
     */
    private record Progress(long ended, long waiting, long sent) {
        static Progress of(Channel channel, long ended) {
            // A stream of HTTP/2 has none: there whole writes alone tell.
            ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
            return out == null
                    ? new Progress(ended, 0, 0)
                    : new Progress(ended, out.totalPendingWriteBytes(), out.currentProgress());
        }
    }

    /** Of one connection or stream, next to the socket. */
    private final class Watch extends ChannelOutboundHandlerAdapter {
        // All of the channel's event loop.
        private long begun;
        private long ended;
        private Progress last = new Progress(0, 0, 0);
        private int idle;
        private @Nullable Future<?> looking;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            long everyNanos = Math.max(1, timeout.toNanos() / LOOKS);
            looking =
                    context.executor()
                            .scheduleAtFixedRate(
                                    () -> look(context.channel()),
                                    everyNanos,
                                    everyNanos,
                                    TimeUnit.NANOSECONDS);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            if (looking != null) {
                looking.cancel(false);
            }
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            begun++;
            var _ = context.write(message, promise.unvoid().addListener(_ -> ended++));
        }

        private void look(Channel channel) {
            Progress now = Progress.of(channel, ended);
            idle = begun > ended && now.equals(last) ? idle + 1 : 0;
            last = now;
            if (idle == LOOKS) {
                cut.increment();
                var _ = channel.close(); // not with the answer's failure: that would wait for the
                // socket
            }
        }
    }
}
