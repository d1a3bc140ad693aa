package io.tokamak.node.local;

import io.grpc.Server;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreListing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The socket {@code control} in the store's folder, while the node runs. */
public final class LocalServer implements AutoCloseable {
    private static final int MESSAGE_BYTES_MAX = 8 << 20;

    private final EventLoopGroup threads =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("control", true), EpollIoHandler.newFactory());
    private final ExecutorService readers =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("reader-", 0).factory());
    private final CallWatch watch = new CallWatch();
    private final Server server;
    private final Path socket;

    /**
     * Binds; a socket that a killed node left is replaced, as the folder's lock says that it is
     * dead.
     */
    public LocalServer(Store store, InstantSource clock) throws IOException {
        socket = store.folder().control();
        Files.deleteIfExists(socket);
        LocalService service =
                new LocalService(
                        store, new StoreListing(store), new EventFeed(store, clock), readers);
        server =
                NettyServerBuilder.forAddress(
                                new DomainSocketAddress(socket.toFile()),
                                InternalNettyServerCredentials.create(
                                        new PeerNegotiation(
                                                new BrokenFrames(watch::countMalformed))))
                        .intercept(new PeerNegotiation.Interceptor())
                        .intercept(watch)
                        .addStreamTracerFactory(watch)
                        .channelType(EpollServerDomainSocketChannel.class)
                        .withChildOption(ChannelOption.SO_KEEPALIVE, null) // not of a Unix socket
                        .bossEventLoopGroup(threads)
                        .workerEventLoopGroup(threads)
                        // Handlers only queue commands: a hop to another thread would cost more
                        // than they do.
                        .directExecutor()
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .addService(service)
                        .build()
                        .start();
        // Who may connect is decided by who may enter the folder.
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
    }

    /** Messages that broke a rule of the protocol, and connections that broke HTTP/2. */
    public long malformedCount() {
        return watch.malformedCount();
    }

    /** Has it hear of the calls that end from now on. */
    public void setCallListener(CallListener listener) {
        watch.setListener(listener);
    }

    /** Ends the calls that are open; clients resume with the next node. */
    @Override
    public void close() throws IOException {
        server.shutdownNow();
        try {
            server.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        readers.shutdownNow();
        threads.shutdownGracefully(0, 1, TimeUnit.SECONDS)
                .awaitUninterruptibly(2, TimeUnit.SECONDS);
        Files.deleteIfExists(socket);
    }
}
