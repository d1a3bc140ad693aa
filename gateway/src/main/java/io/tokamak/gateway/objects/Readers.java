package io.tokamak.gateway.objects;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.gateway.node.Pinned;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Cuts off those who ask for a large object and then take nothing of it: it is pinned for them. */
@Component
final class Readers {
    private static final int LOOKS = 4;

    private final Duration timeout;
    private final Counter cut;

    Readers(GatewayProperties properties, MeterRegistry metrics) {
        timeout = properties.downloadTimeout();
        cut =
                Counter.builder("tokamak.gateway.readers.cut")
                        .description("readers cut off because they took nothing of a large object")
                        .register(metrics);
    }

    /** The same answer, which fails when its reader has taken no byte for too long. */
    Mono<Void> watch(ServerHttpResponse response, Pinned pin, Mono<Void> answer) {
        Channel channel = CallRequest.channel(response);
        if (!channel.isRegistered()) { // it is closed, and fails by itself
            return answer;
        }
        return Mono.using(
                () -> {
                    long everyNanos = Math.max(1, timeout.toNanos() / LOOKS);
                    return channel.eventLoop()
                            .scheduleAtFixedRate(
                                    new Look(channel, pin),
                                    everyNanos,
                                    everyNanos,
                                    TimeUnit.NANOSECONDS);
                },
                _ -> answer,
                looking -> looking.cancel(false));
    }

    /**
     * How far a reader is.
     *
     * @param ended buffers that it has, whole
     * @param waiting bytes that the socket has not taken yet
     * @param sent bytes of the next buffer that it has
     */
    private record Progress(long ended, long waiting, long sent) {
        static Progress of(Channel channel, Pinned pin) {
            // A stream of HTTP/2 has none: there those buffers alone tell.
            ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
            return out == null
                    ? new Progress(pin.endedCount(), 0, 0)
                    : new Progress(
                            pin.endedCount(), out.totalPendingWriteBytes(), out.currentProgress());
        }
    }

    /** Of the channel's event loop. */
    private final class Look implements Runnable {
        private final Channel channel;
        private final Pinned pin;
        private Progress last;
        private int idle;

        Look(Channel channel, Pinned pin) {
            this.channel = channel;
            this.pin = pin;
            this.last = new Progress(0, 0, 0);
        }

        @Override
        public void run() {
            Progress now = Progress.of(channel, pin);
            idle = now.equals(last) ? idle + 1 : 0;
            last = now;
            if (idle == LOOKS) {
                cut.increment();
                var _ = channel.close(); // not with the answer's failure: that would wait for the
                // socket
            }
        }
    }
}
