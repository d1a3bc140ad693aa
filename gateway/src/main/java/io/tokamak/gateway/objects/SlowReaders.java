package io.tokamak.gateway.objects;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.stereotype.Component;
import reactor.netty.http.server.HttpServer;

/**
 * Bounds what the kernel keeps for a reader that does not take it: without a bound it lets each
 * socket's buffer grow to {@code tcp_wmem}'s 4 MiB, and 1,000 slow readers take the host to the end
 * of {@code tcp_mem}, where it drops packets of all connections, which are sent again a fifth of a
 * second later. A quick reader loses nothing, as what is sent and not yet acknowledged does not
 * count.
 */
@Component
final class SlowReaders implements NettyServerCustomizer {
    private static final long UNSENT_BYTES_MAX = 256 << 10;

    @Override
    public HttpServer apply(HttpServer server) {
        return Epoll.isAvailable()
                ? server.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX)
                : server;
    }
}
