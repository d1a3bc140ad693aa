package io.tokamak.session;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tokamak.layout.Folder;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.local.v1.LocalGrpc;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Calls to the node over the socket {@code control} in its folder: what may take a system call's
 * time.
 *
 * <p>Thread-safe. A node that is not there is waited for until the deadline of each call.
 */
public final class Control implements AutoCloseable {
    /**
     * The server ends a call at the deadline it is told; this much later the client no longer
     * believes that it will. What a node that hangs costs beyond the deadline.
     */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MESSAGE_BYTES_MAX = 64 << 20;

    /**
     * A thread may be serving a call of gRPC itself: the end of that call must not take along what
     * was asked of the node meanwhile, such as a session or the return of a lane.
     */
    private static final ClientInterceptor DETACHED =
            new ClientInterceptor() {
                @Override
                public <Q, A> ClientCall<Q, A> interceptCall(
                        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                    Context previous = Context.ROOT.attach();
                    try {
                        return next.newCall(method, options);
                    } finally {
                        Context.ROOT.detach(previous);
                    }
                }
            };

    private final Folder folder;
    private final EventLoopGroup threads;
    private final ManagedChannel channel;
    private final Channel detached;

    public Control(Folder folder) {
        this.folder = folder;
        this.threads =
                new MultiThreadIoEventLoopGroup(
                        1,
                        new DefaultThreadFactory("tokamak-control", true),
                        EpollIoHandler.newFactory());
        this.channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(folder.control().toFile()))
                        .eventLoopGroup(threads)
                        .channelType(EpollDomainSocketChannel.class)
                        .usePlaintext()
                        .withOption(ChannelOption.SO_KEEPALIVE, null) // not of a Unix socket
                        .directExecutor()
                        .overrideAuthority("localhost")
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .build();
        this.detached = ClientInterceptors.intercept(channel, DETACHED);
    }

    /** Calls that answer by events, in the thread of the connection: for streams. */
    public LocalGrpc.LocalStub events() {
        return LocalGrpc.newStub(detached);
    }

    /** Calls without an end but that of the current context. */
    public LocalGrpc.LocalBlockingStub stream() {
        return LocalGrpc.newBlockingStub(channel);
    }

    /**
     * Calls, and calls again while the node is away. Only for what is safe to repeat.
     *
     * @param deadline by which the node is to answer; it is asked at least once
     * @throws NodeDown when it was away until then
     */
    @CanIgnoreReturnValue
    public <T> T call(Deadline deadline, Function<LocalGrpc.LocalBlockingStub, T> call) {
        while (true) {
            try {
                return callOnce(deadline, call);
            } catch (NodeDown away) {
                pauseOrThrow(deadline, away);
            }
        }
    }

    /** Calls once. */
    @CanIgnoreReturnValue
    public <T> T callOnce(Deadline deadline, Function<LocalGrpc.LocalBlockingStub, T> call) {
        long nanos = Math.max(deadline.remainingNanos(), 0) + GRACE_NANOS;
        try {
            return call.apply(
                    LocalGrpc.newBlockingStub(detached)
                            .withDeadlineAfter(nanos, TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException failure) {
            throw translate(failure);
        }
    }

    /** Sleeps before another attempt, or gives up at the deadline. */
    void pauseOrThrow(Deadline deadline, TokamakException reason) {
        long remaining = deadline.remainingNanos();
        if (remaining == 0 || Thread.currentThread().isInterrupted()) {
            throw reason;
        }
        LockSupport.parkNanos(this, Math.min(remaining, RETRY_NANOS));
        reconnectSoon();
    }

    /**
     * Lets the next call try to connect at once, instead of after a pause that grows with every
     * failure.
     */
    void reconnectSoon() {
        channel.resetConnectBackoff();
    }

    /** What a failed call means to the caller. */
    public TokamakException translate(StatusRuntimeException failure) {
        if (failure.getStatus().getCode() == Status.Code.CANCELLED
                && Thread.currentThread().isInterrupted()) {
            return new DeadlineExceeded("a call of an interrupted thread", Duration.ZERO);
        }
        return ControlErrors.translate(failure, folder.path().toString());
    }

    public Folder folder() {
        return folder;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
