package io.tokamak.node.local;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sees every call over the socket, from its first byte to its status: how long it took, and whether
 * it broke a rule. Thread-safe.
 *
 * <p>A message breaks a rule when the service says so, which is INVALID_ARGUMENT, and when it never
 * came to the service: gRPC could not read it, or knows no such method. What breaks HTTP/2 has no
 * call; {@link BrokenFrames} sees it.
 */
final class CallWatch extends ServerStreamTracer.Factory implements ServerInterceptor {
    private static final Context.Key<Stream> STREAM = Context.key("stream");

    /** With these gRPC ends what it could read: the caller went away, or the node stops. */
    private static final Set<Status.Code> IN_ORDER =
            EnumSet.of(Status.Code.OK, Status.Code.CANCELLED, Status.Code.UNAVAILABLE);

    private final AtomicLong malformed = new AtomicLong();
    private volatile CallListener listener = CallListener.UNHEARD;

    void setListener(CallListener listener) {
        this.listener = listener;
    }

    void countMalformed() {
        malformed.incrementAndGet();
    }

    long malformedCount() {
        return malformed.get();
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new Stream();
    }

    /**
     * A call under way. A caller who hears of its failure resets the stream, and then CANCELLED is
     * all that is told of its end: so what came is counted as well.
     */
    private final class Stream extends ServerStreamTracer {
        private boolean isBegun;
        private volatile boolean isAnswered;
        private final AtomicBoolean isCounted = new AtomicBoolean();
        private int messagesRead;
        private int messagesHanded;

        @Override
        public Context filterContext(Context context) {
            return context.withValue(STREAM, this);
        }

        @Override
        public void inboundMessageRead(int number, long wireBytes, long bytes) {
            messagesRead++;
        }

        @Override
        public void streamClosed(Status status) {
            boolean isUnread = !isBegun || messagesRead > messagesHanded;
            if (isUnread || (!isAnswered && !IN_ORDER.contains(status.getCode()))) {
                count();
            }
        }

        /** The service answers; it also does when it has waited for a request in vain. */
        void answered(Status status) {
            isAnswered = true;
            if (status.getCode() == Status.Code.INVALID_ARGUMENT
                    || (messagesHanded == 0 && !status.isOk())) {
                count();
            }
        }

        private void count() {
            if (isCounted.compareAndSet(false, true)) {
                countMalformed();
            }
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Stream stream = Objects.requireNonNull(STREAM.get());
        stream.isBegun = true;
        long begunNanos = System.nanoTime();
        ServerCall.Listener<Q> service =
                next.startCall(
                        new SimpleForwardingServerCall<>(call) {
                            @Override
                            public void close(Status status, Metadata trailers) {
                                stream.answered(status);
                                tell(call, status, System.nanoTime() - begunNanos);
                                super.close(status, trailers);
                            }
                        },
                        headers);
        return new SimpleForwardingServerCallListener<>(service) {
            @Override
            public void onMessage(Q message) {
                stream.messagesHanded++;
                super.onMessage(message);
            }
        };
    }

    private void tell(ServerCall<?, ?> call, Status status, long nanos) {
        String method = call.getMethodDescriptor().getBareMethodName();
        if (method != null && call.getMethodDescriptor().getType() == MethodType.UNARY) {
            listener.ended(method, status.getCode().name(), nanos);
        }
    }
}
