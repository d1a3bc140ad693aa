package io.tokamak.remote;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.GetNodeRequest;
import io.tokamak.proto.v1.GetNodeResponse;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.HeadResponse;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import io.tokamak.proto.v1.Node;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server over real sockets that does what no real gateway can be made to do on demand: each call
 * takes the next step of its script.
 */
public final class ScriptedGateway extends ObjectStoreGrpc.ObjectStoreImplBase
        implements AutoCloseable {
    /** What becomes of a call. */
    public interface Step<Q, A> {
        void run(Q request, StreamObserver<A> answers);
    }

    public final Deque<Step<GetRequest, GetResponse>> gets = new ConcurrentLinkedDeque<>();
    final Deque<Step<HeadRequest, HeadResponse>> heads = new ConcurrentLinkedDeque<>();
    public final Deque<Step<BatchGetRequest, BatchGetResponse>> batches =
            new ConcurrentLinkedDeque<>();
    public final Deque<Step<WatchRequest, WatchResponse>> watches = new ConcurrentLinkedDeque<>();

    /** Run at the first message of a put that has it, and at the end of the others. */
    final Deque<Step<Integer, PutResponse>> puts = new ConcurrentLinkedDeque<>();

    /** How many messages a put may send before its step is run; fewer when it ends before. */
    volatile int putMessagesMax = Integer.MAX_VALUE;

    /** What it says of its node. */
    public volatile Node node = Node.getDefaultInstance();

    /** The nonce that it takes for its node's. */
    public volatile String nonce = "";

    public final List<GetRequest> getRequests = new CopyOnWriteArrayList<>();
    public final List<BatchGetRequest> batchRequests = new CopyOnWriteArrayList<>();
    public final List<WatchRequest> watchRequests = new CopyOnWriteArrayList<>();
    final AtomicInteger headCount = new AtomicInteger();
    final AtomicInteger putCount = new AtomicInteger();
    public final AtomicInteger cancelCount = new AtomicInteger();
    final Queue<String> authorizations = new ConcurrentLinkedQueue<>();

    private @Nullable Server server;
    private int port;

    public static ScriptedGateway start() {
        ScriptedGateway gateway = new ScriptedGateway();
        gateway.restart();
        return gateway;
    }

    public void restart() {
        try {
            Server started =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                            .addService(this)
                            .addService(new Nodes())
                            .intercept(new Noting())
                            .build()
                            .start();
            server = started;
            port = started.getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Noting implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            String authorization =
                    headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
            if (authorization != null) {
                authorizations.add(authorization);
            }
            Context.current()
                    .addListener(
                            context -> {
                                if (context.cancellationCause() != null) {
                                    cancelCount.incrementAndGet();
                                }
                            },
                            Runnable::run);
            return next.startCall(call, headers);
        }
    }

    /** Ends all connections, and accepts none. */
    public void cut() {
        Server running = server;
        if (running != null) {
            running.shutdownNow();
            try {
                running.awaitTermination();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    public GatewayAddress address() {
        return new GatewayAddress("127.0.0.1", port, false);
    }

    // ---- what a step can say

    public static StatusRuntimeException away() {
        return Status.UNAVAILABLE.withDescription("scripted").asRuntimeException();
    }

    static StatusRuntimeException away(java.time.Duration retryAfter) {
        return StatusProto.toStatusRuntimeException(
                com.google.rpc.Status.newBuilder()
                        .setCode(Status.Code.UNAVAILABLE.value())
                        .addDetails(
                                Any.pack(
                                        RetryInfo.newBuilder()
                                                .setRetryDelay(
                                                        Duration.newBuilder()
                                                                .setSeconds(retryAfter.toSeconds())
                                                                .setNanos(retryAfter.toNanosPart()))
                                                .build()))
                        .build());
    }

    public static StatusRuntimeException refused(Status.Code code, String reason) {
        return refused(code, reason, Map.of());
    }

    static StatusRuntimeException refused(
            Status.Code code, String reason, Map<String, String> numbers) {
        return StatusProto.toStatusRuntimeException(
                com.google.rpc.Status.newBuilder()
                        .setCode(code.value())
                        .setMessage("scripted")
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setReason(reason)
                                                .putAllMetadata(numbers)
                                                .setDomain("tokamak")
                                                .build()))
                        .build());
    }

    /** Sends a part of an object, and then breaks, unless that was the end. */
    public static Step<GetRequest, GetResponse> part(
            ObjectInfo info, byte[] payload, int to, int messageBytes) {
        return (request, answers) -> {
            boolean isFirst = true;
            for (int at = (int) request.getOffsetBytes(); isFirst || at < to; ) {
                int length = Math.min(messageBytes, to - at);
                GetResponse.Builder answer =
                        GetResponse.newBuilder().setData(ByteString.copyFrom(payload, at, length));
                if (isFirst) {
                    answer.setObject(info);
                }
                answers.onNext(answer.build());
                isFirst = false;
                at += length;
            }
            if (to < payload.length) {
                answers.onError(away());
            } else {
                answers.onCompleted();
            }
        };
    }

    public static <Q, A> Step<Q, A> failing(StatusRuntimeException failure) {
        return (_, answers) -> answers.onError(failure);
    }

    static <Q, A> Step<Q, A> answering(A answer) {
        return (_, answers) -> {
            answers.onNext(answer);
            answers.onCompleted();
        };
    }

    /** Never says anything. */
    public static <Q, A> Step<Q, A> silent() {
        return (_, _) -> {};
    }

    // ---- the service

    private static <Q, A> void next(
            Deque<Step<Q, A>> script, Q request, StreamObserver<A> answers) {
        Step<Q, A> step = script.poll();
        if (step == null) {
            answers.onError(
                    Status.INTERNAL.withDescription("the script is over").asRuntimeException());
        } else {
            step.run(request, answers);
        }
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> answers) {
        getRequests.add(request);
        next(gets, request, answers);
    }

    @Override
    public void head(HeadRequest request, StreamObserver<HeadResponse> answers) {
        headCount.incrementAndGet();
        next(heads, request, answers);
    }

    @Override
    public void batchGet(BatchGetRequest request, StreamObserver<BatchGetResponse> answers) {
        batchRequests.add(request);
        next(batches, request, answers);
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> answers) {
        watchRequests.add(request);
        next(watches, request, answers);
    }

    @Override
    public void map(MapRequest request, StreamObserver<MapResponse> answers) {
        answers.onError(
                request.getNonce().equals(nonce)
                        ? refused(Status.Code.NOT_FOUND, "object-not-found")
                        : refused(
                                Status.Code.FAILED_PRECONDITION,
                                "not-co-located",
                                Map.of("reason", "nonce differs")));
    }

    private final class Nodes extends NodesGrpc.NodesImplBase {
        @Override
        public void getNode(GetNodeRequest request, StreamObserver<GetNodeResponse> answers) {
            answers.onNext(GetNodeResponse.newBuilder().setNode(node).build());
            answers.onCompleted();
        }
    }

    @Override
    public StreamObserver<PutRequest> put(StreamObserver<PutResponse> answers) {
        putCount.incrementAndGet();
        return new StreamObserver<>() {
            private int messages;
            private int bytes;
            private boolean done;

            @Override
            public void onNext(PutRequest request) {
                bytes += request.getData().size();
                if (++messages >= putMessagesMax) {
                    run();
                }
            }

            @Override
            public void onError(Throwable cancelled) {
                done = true;
            }

            @Override
            public void onCompleted() {
                run();
            }

            private void run() {
                if (!done) {
                    done = true;
                    next(puts, bytes, answers);
                }
            }
        };
    }

    @Override
    public void close() {
        cut();
    }
}
