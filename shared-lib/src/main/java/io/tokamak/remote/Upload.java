package io.tokamak.remote;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.NodeDown;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An object on its way to a gateway: nothing of it is kept there before {@link #finish} returns.
 * What is written is sent, or waits for the other side, when the call returns: the caller may
 * change its memory. For one thread at a time; closing it ends what was not finished.
 */
public final class Upload implements AutoCloseable {
    private static final int PART_BYTES_MAX = 1 << 20;

    /** So much may wait to be sent: enough to keep the other side busy while the next is made. */
    private static final int READY_BYTES = 2 << 20;

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    private final Gateway gateway;
    private final boolean isNamed;
    private final Duration silenceMax;
    private final BlockingClientCall<PutRequest, PutResponse> call;

    /** Goes with the first part; null: it is sent. */
    private @Nullable PutSpec spec;

    private long sentBytes;
    private boolean ended;

    Upload(Gateway gateway, PutSpec spec, Duration roomTimeout) {
        this.gateway = gateway;
        this.spec = spec;
        this.isNamed = spec.hasName();
        this.silenceMax = gateway.timeout().plus(roomTimeout);
        this.call =
                ClientCalls.blockingClientStreamingCall(
                        gateway.channel(),
                        ObjectStoreGrpc.getPutMethod(),
                        CallOptions.DEFAULT.withOnReadyThreshold(READY_BYTES));
    }

    /** Sends what goes before the bytes. */
    void begin() {
        send(PutRequest.newBuilder());
    }

    /**
     * Sends bytes.
     *
     * @throws io.tokamak.objects.TokamakException whatever the gateway says meanwhile; {@link
     *     DeadlineExceeded} when it takes nothing for too long
     */
    public void write(MemorySegment bytes) {
        try {
            send(bytes);
        } catch (StatusRuntimeException failure) {
            throw gateway.translate(failure, what(), silenceMax);
        }
    }

    /** Sends the end, and waits for the answer. */
    public PutResponse finish() {
        try {
            return end();
        } catch (StatusRuntimeException failure) {
            throw gateway.translate(failure, what(), silenceMax);
        }
    }

    void send(MemorySegment bytes) {
        long size = bytes.byteSize();
        for (long at = 0; at < size; at += PART_BYTES_MAX) {
            MemorySegment part = bytes.asSlice(at, Math.min(PART_BYTES_MAX, size - at));
            send(PutRequest.newBuilder().setData(data(part)));
            sentBytes += part.byteSize();
        }
    }

    /** Not a copy where there can be a buffer: {@link #send} has copied it when it returns. */
    private static ByteString data(MemorySegment part) {
        boolean canBeBuffer =
                part.isNative() || part.heapBase().filter(byte[].class::isInstance).isPresent();
        return canBeBuffer
                ? UnsafeByteOperations.unsafeWrap(part.asByteBuffer())
                : UnsafeByteOperations.unsafeWrap(part.toArray(ValueLayout.JAVA_BYTE));
    }

    private void send(PutRequest.Builder request) {
        if (spec != null) {
            request.setSpec(spec);
        }
        try {
            // Written to the network's own buffers at once, as the call is ready by then.
            if (!call.write(request.build(), silenceMax.toNanos(), TimeUnit.NANOSECONDS)) {
                throw Status.INTERNAL
                        .withDescription("the gateway answered before the end")
                        .asRuntimeException();
            }
            spec = null;
        } catch (StatusException e) {
            throw e.getStatus().asRuntimeException(e.getTrailers());
        } catch (TimeoutException e) {
            throw new DeadlineExceeded(what(), silenceMax);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceeded(what() + " of an interrupted thread", Duration.ZERO);
        }
    }

    PutResponse end() {
        if (spec != null) {
            begin();
        }
        ended = true;
        call.halfClose();
        try {
            PutResponse response = call.read(silenceMax.toNanos(), TimeUnit.NANOSECONDS);
            if (response == null) {
                throw Status.INTERNAL.withDescription("no answer to a put").asRuntimeException();
            }
            return response;
        } catch (StatusException e) {
            Status.Code code = e.getStatus().getCode();
            boolean isBroken = code == Status.Code.UNAVAILABLE || code == Status.Code.CANCELLED;
            if (isBroken && !isNamed) {
                throw new NodeDown(
                        gateway.address().toString(),
                        what() + " was not answered, and may have taken place",
                        RETRY_AFTER,
                        e);
            }
            throw e.getStatus().asRuntimeException(e.getTrailers());
        } catch (TimeoutException e) {
            throw new DeadlineExceeded(
                    what() + " was not answered, and may have taken place; it", silenceMax);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceeded(
                    what() + " of an interrupted thread may have taken place; it", Duration.ZERO);
        }
    }

    private String what() {
        return "a put, of which %d bytes were sent,".formatted(sentBytes);
    }

    @Override
    public void close() {
        call.cancel(ended ? "answered" : "given up", null);
    }
}
