package io.tokamak.remote;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import io.tokamak.wire.WireFailure;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls to a gateway: each ends by its deadline, and frees what it held there however it ends. What
 * the wire's definition allows to be repeated is repeated while the gateway or its node is away.
 *
 * <p>Thread-safe, for platform and virtual threads.
 */
public final class Gateway implements AutoCloseable {
    /** Longest wait that a gateway takes on; who wants more asks again. */
    public static final Duration WAIT_MAX = Duration.ofMinutes(5);

    /** So much of a large object is on its way at most; one message is a quarter of it. */
    private static final int FLOW_CONTROL_WINDOW_BYTES = 4 << 20;

    private static final int MESSAGE_BYTES_MAX = 16 << 20;

    /**
     * A call to a gateway whose host is gone ends within this time, and the 20 s that gRPC adds.
     */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

    private static final Duration CONNECT_TIMEOUT_MAX = Duration.ofSeconds(20);

    /** 20 ms, then up to 2 s, each half as long or one and a half times as long. */
    private static final IntervalFunction PAUSE_MILLIS =
            IntervalFunction.ofExponentialRandomBackoff(20, 2.0, 0.5, 2000);

    private static final String NOT_CO_LOCATED = "not-co-located";

    /** An object that there never is. */
    private static final ObjectRef NOBODY =
            ObjectRef.newBuilder().setId(ObjectId.anonymous(0, 0, 0).toString()).build();

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final GatewayAddress address;
    private final Duration timeout;
    private final ManagedChannel channel;

    /**
     * Connects at the first call.
     *
     * @param token sent as a bearer token; null: none is
     * @param name of this process, for the gateway's log
     * @param timeout how long the gateway may be silent
     */
    public Gateway(GatewayAddress address, @Nullable String token, String name, Duration timeout) {
        this.address = address;
        this.timeout = timeout;
        Duration connectTimeout = timeout.dividedBy(2);
        if (connectTimeout.compareTo(CONNECT_TIMEOUT_MAX) > 0) {
            connectTimeout = CONNECT_TIMEOUT_MAX;
        }
        NettyChannelBuilder builder =
                NettyChannelBuilder.forTarget("dns:///" + address.authority())
                        .userAgent(name)
                        .disableRetry() // which would keep what was sent, in case
                        .directExecutor()
                        .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
                        .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .withOption(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                Math.max(1, (int) connectTimeout.toMillis()));
        if (!address.tls()) {
            builder.usePlaintext();
        }
        if (token != null) {
            builder.intercept(bearer(token));
        }
        this.channel = builder.build();
    }

    private static ClientInterceptor bearer(String token) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + token);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    public GatewayAddress address() {
        return address;
    }

    /** How long the gateway may be silent. */
    public Duration timeout() {
        return timeout;
    }

    ManagedChannel channel() {
        return channel;
    }

    /**
     * Asks and waits for the answer. Only for what is safe to repeat.
     *
     * @param request made anew for each attempt
     * @param patience by when the answer has to be there
     * @throws NodeDown when the gateway or its node was away until then
     * @throws DeadlineExceeded when it did not answer until then
     */
    public <Q, A> A call(MethodDescriptor<Q, A> method, Supplier<Q> request, Deadline patience) {
        Duration given = patience.remaining();
        try {
            return repeat(
                    patience,
                    () ->
                            ClientCalls.blockingUnaryCall(
                                    channel,
                                    method,
                                    CallOptions.DEFAULT.withDeadlineAfter(
                                            Math.max(1, patience.remainingNanos()), NANOSECONDS),
                                    request.get()));
        } catch (StatusRuntimeException failure) {
            throw translate(failure, "a call of " + method.getBareMethodName(), given);
        }
    }

    /** As {@link #call(MethodDescriptor, Supplier, Deadline)}, within the timeout. */
    public <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
        return call(method, () -> request, Deadline.after(timeout));
    }

    /**
     * Asks, and takes the answers one by one. Only for what is safe to repeat: after a stream that
     * broke it is asked again.
     *
     * @param request made anew for each attempt; null: nothing is left to be asked for
     * @param patience by when it has to have succeeded, while nothing comes
     * @param silenceMax how long an answer may take
     */
    public <Q, A> void stream(
            MethodDescriptor<Q, A> method,
            Supplier<@Nullable Q> request,
            Deadline patience,
            Duration silenceMax,
            Consumer<A> answers) {
        String what = "a call of " + method.getBareMethodName();
        try {
            repeat(
                    patience,
                    () -> {
                        Q asked = request.get();
                        if (asked != null) {
                            takeAll(
                                    new Answers<>(this, method, asked, _ -> {}),
                                    silenceMax,
                                    what,
                                    answers);
                        }
                        return null;
                    });
        } catch (StatusRuntimeException failure) {
            throw translate(failure, what, silenceMax);
        }
    }

    private static <A> void takeAll(
            Answers<A> stream, Duration silenceMax, String what, Consumer<A> answers) {
        try (stream) {
            for (A answer = stream.next(silenceMax, () -> what);
                    answer != null;
                    answer = stream.next(silenceMax, () -> what)) {
                answers.accept(answer);
            }
        }
    }

    /**
     * Asks, and tells all answers of a stream that has no end, until it breaks, or the current
     * context is cancelled.
     *
     * @throws TokamakException what broke it; {@link NodeDown} when it just ended
     */
    public <Q, A> void listen(MethodDescriptor<Q, A> method, Q request, Consumer<A> answers) {
        try {
            Iterator<A> stream =
                    repeat(
                            Deadline.after(timeout),
                            () ->
                                    opened(
                                            ClientCalls.blockingServerStreamingCall(
                                                    channel,
                                                    method,
                                                    CallOptions.DEFAULT,
                                                    request)));
            stream.forEachRemaining(answers);
            throw ended().asRuntimeException();
        } catch (StatusRuntimeException failure) {
            throw translate(failure, "a call of " + method.getBareMethodName(), timeout);
        }
    }

    /** With its first answer there. */
    private static <A> Iterator<A> opened(Iterator<A> stream) {
        if (!stream.hasNext()) {
            throw ended().asRuntimeException();
        }
        return stream;
    }

    private static Status ended() {
        return Status.UNAVAILABLE.withDescription("the stream has ended");
    }

    /**
     * Fetches an object whole; a stream that breaks is resumed.
     *
     * @param deadline how long to wait for an object that is not there yet
     * @param place called with the object's description for where its bytes shall lie: a segment at
     *     least as long; called again when the object was replaced by another of its name meanwhile
     */
    public ObjectInfo get(
            ObjectRef object, Deadline deadline, Function<ObjectInfo, MemorySegment> place) {
        return new Download(this, object, deadline, place).run();
    }

    /**
     * Puts all of the payload, and begins again where that is sure to make one object only.
     *
     * @param patience how long to wait for the gateway and its node
     * @param roomTimeout how long the gateway may wait for room
     */
    public PutResponse put(
            PutSpec spec, MemorySegment payload, Deadline patience, Duration roomTimeout) {
        try {
            return repeat(
                    patience,
                    () -> {
                        try (Upload upload = new Upload(this, spec, roomTimeout)) {
                            upload.send(payload);
                            return upload.end();
                        }
                    });
        } catch (StatusRuntimeException failure) {
            throw translate(failure, "a put", roomTimeout);
        }
    }

    /**
     * Begins to put an object whose bytes come part by part.
     *
     * @param patience how long to wait for the gateway
     * @param roomTimeout how long the gateway may wait for room
     */
    public Upload upload(PutSpec spec, Deadline patience, Duration roomTimeout) {
        try {
            return repeat(
                    patience,
                    () -> {
                        Upload upload = new Upload(this, spec, roomTimeout);
                        upload.begin();
                        return upload;
                    });
        } catch (StatusRuntimeException failure) {
            throw translate(failure, "the beginning of a put", roomTimeout);
        }
    }

    /**
     * Why the gateway does not take this process for one on its node's host: {@code nonce differs}
     * and the like; empty: it does.
     *
     * @param nonce from the folder that may be the node's
     */
    public Optional<String> refusal(String nonce) {
        MapRequest request = MapRequest.newBuilder().setObject(NOBODY).setNonce(nonce).build();
        try {
            return repeat(
                    Deadline.after(timeout),
                    () -> {
                        try (Answers<MapResponse> mapping =
                                new Answers<>(
                                        this, ObjectStoreGrpc.getMapMethod(), request, _ -> {})) {
                            var _ = mapping.next(timeout, () -> "a proof of co-location");
                            return Optional.empty();
                        }
                    });
        } catch (StatusRuntimeException e) {
            WireFailure failure = WireFailure.of(e);
            // The nonce is looked at before the object is.
            return switch (failure.reason()) {
                case ObjectNotFound.CODE -> Optional.empty();
                case NOT_CO_LOCATED -> Optional.of(failure.text("reason"));
                default -> throw translate(e, "a proof of co-location", timeout);
            };
        }
    }

    /** Has it run after each time that a connection was made. */
    public void whenConnected(Runnable listener) {
        follow(channel.getState(false), listener);
    }

    private void follow(ConnectivityState seen, Runnable listener) {
        channel.notifyWhenStateChanged(
                seen,
                () -> {
                    ConnectivityState state = channel.getState(false);
                    if (state == ConnectivityState.READY) {
                        listener.run();
                    }
                    if (state != ConnectivityState.SHUTDOWN) {
                        follow(state, listener);
                    }
                });
    }

    /** Does it again, after a pause, as long as that may help. */
    <T extends @Nullable Object> T repeat(Deadline patience, Supplier<T> attempt) {
        RetryConfig config =
                RetryConfig.<T>custom()
                        .maxAttempts(Integer.MAX_VALUE)
                        .retryOnException(thrown -> isWorthRepeating(thrown, patience))
                        .intervalBiFunction(
                                (attempts, outcome) ->
                                        pauseMillis(attempts, outcome.getLeft(), patience))
                        .build();
        Retry retry = Retry.of(address.authority(), config);
        // Without it a channel that could not connect waits longer and longer before it tries
        // again.
        retry.getEventPublisher().onRetry(_ -> channel.resetConnectBackoff());
        return retry.executeSupplier(new Attempts<>(attempt, patience));
    }

    /** Nobody was there until the time was over: that, and not the time, is what is to be told. */
    private static final class Attempts<T extends @Nullable Object> implements Supplier<T> {
        private final Supplier<T> attempt;
        private final Deadline patience;
        private @Nullable StatusRuntimeException last;

        Attempts(Supplier<T> attempt, Deadline patience) {
            this.attempt = attempt;
            this.patience = patience;
        }

        @Override
        public T get() {
            StatusRuntimeException before = last;
            if (before != null && patience.isExpired()) {
                throw before;
            }
            try {
                return attempt.get();
            } catch (StatusRuntimeException e) {
                boolean isTime = e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED;
                last = before != null && isTime && patience.isExpired() ? before : e;
                throw last;
            }
        }
    }

    private static boolean isWorthRepeating(Throwable thrown, Deadline patience) {
        return thrown instanceof StatusRuntimeException failure
                && WireFailure.of(failure).isPassing()
                && askedPauseMillis(failure) < NANOSECONDS.toMillis(patience.remainingNanos())
                && !Thread.currentThread().isInterrupted()
                && !Context.current().isCancelled();
    }

    private static long pauseMillis(int attempts, Throwable thrown, Deadline patience) {
        long asked =
                thrown instanceof StatusRuntimeException failure ? askedPauseMillis(failure) : 0;
        long pause = Math.max(asked, PAUSE_MILLIS.apply(attempts));
        return Math.min(pause, NANOSECONDS.toMillis(patience.remainingNanos()));
    }

    /** What the other side asked for; 0: nothing. */
    private static long askedPauseMillis(StatusRuntimeException failure) {
        Duration asked = WireFailure.of(failure).retryAfter();
        return asked == null ? 0 : asked.toMillis();
    }

    /**
     * What a failure means to the caller.
     *
     * @param what was going on
     * @param given how long it had
     */
    TokamakException translate(StatusRuntimeException failure, String what, Duration given) {
        Status.Code code = failure.getStatus().getCode();
        if (code == Status.Code.CANCELLED && Thread.currentThread().isInterrupted()) {
            return new DeadlineExceeded(what + " of an interrupted thread", Duration.ZERO);
        }
        WireFailure translated = WireFailure.of(failure);
        return code == Status.Code.DEADLINE_EXCEEDED && translated.reason().isEmpty()
                ? new DeadlineExceeded(what + " at " + address, given)
                : translated.toException(address.toString());
    }

    /** Ends all calls. */
    @Override
    public void close() {
        channel.shutdownNow();
    }
}
