package io.tokamak.benchmarks;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.tokamak.benchmarks.GrpcFrames.Frame;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Transfers an object over gRPC: the same client for every server, with nothing in the way. */
final class GrpcTask implements Task {
    private static final int REQUESTS = 4;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        long size = arguments.number("size");
        int times = arguments.count("times");
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", arguments.count("port"))
                        .usePlaintext()
                        .directExecutor()
                        .build();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment part = arena.allocate(GrpcFrames.PUT_BYTES, 64);
            Payloads.fill(part, 3); // each adds up to SUM
            MemorySegment received = arena.allocate(GrpcFrames.PUT_BYTES, 64);
            double putSeconds = Double.MAX_VALUE;
            double getSeconds = Double.MAX_VALUE;
            for (int i = 0; i <= times; i++) { // the first warms
                long begin = System.nanoTime();
                String id = new Putting(channel, part, size).put();
                double put = (System.nanoTime() - begin) / 1e9;
                begin = System.nanoTime();
                new Getting(channel, received, size).get(id);
                double get = (System.nanoTime() - begin) / 1e9;
                if (!id.isEmpty()) {
                    var _ =
                            ObjectStoreGrpc.newBlockingStub(channel)
                                    .delete(DeleteRequest.newBuilder().addObjects(ref(id)).build());
                }
                if (i > 0 || times == 0) {
                    putSeconds = Math.min(putSeconds, put);
                    getSeconds = Math.min(getSeconds, get);
                }
            }
            return Map.of(
                    "put", size / putSeconds / 1e9,
                    "get", size / getSeconds / 1e9,
                    "count", (double) times);
        } finally {
            channel.shutdownNow();
        }
    }

    private static ObjectRef ref(String id) {
        return ObjectRef.newBuilder().setId(id).build();
    }

    /** A call and how it ends. */
    private abstract static class Transfer extends ClientCall.Listener<InputStream> {
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        final ClientCall<Frame, InputStream> call;

        Transfer(ManagedChannel channel, MethodDescriptor<Frame, InputStream> method) {
            call = channel.newCall(method, CallOptions.DEFAULT);
        }

        abstract void take(InputStream message) throws IOException;

        @Override
        public void onMessage(InputStream message) {
            try {
                take(message);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            call.request(1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            end.complete(status);
        }

        final void awaitEnd() throws Exception {
            Status status = end.get();
            if (!status.isOk()) {
                throw new IOException("the call ended with " + status);
            }
        }
    }

    private static final class Putting extends Transfer {
        private final MemorySegment part;
        private final long size;
        private long sent;
        private volatile boolean begun;
        private @Nullable PutResponse response;

        Putting(ManagedChannel channel, MemorySegment part, long size) {
            super(channel, GrpcFrames.PUT);
            this.part = part;
            this.size = size;
        }

        /** Returns the id of the new object, empty when the server names none. */
        String put() throws Exception {
            call.start(this, new Metadata());
            call.request(1);
            awaitEnd();
            return response == null ? "" : response.getObject().getId();
        }

        @Override
        public void onReady() {
            if (!begun) {
                begun = true;
                call.sendMessage(
                        Frame.of(
                                PutRequest.newBuilder()
                                        .setSpec(PutSpec.newBuilder().setSizeBytes(size))
                                        .build()
                                        .toByteArray()));
            }
            while (sent < size && call.isReady()) {
                long length = Math.min(part.byteSize(), size - sent);
                call.sendMessage(Frame.data(part.asSlice(0, length)));
                sent += length;
                if (sent == size) {
                    call.halfClose();
                }
            }
        }

        @Override
        void take(InputStream message) throws IOException {
            response = PutResponse.parseFrom(message);
        }
    }

    private static final class Getting extends Transfer {
        private final MemorySegment received;
        private final long size;
        private long filled;
        private long count;
        private long sum;

        Getting(ManagedChannel channel, MemorySegment received, long size) {
            super(channel, GrpcFrames.GET);
            this.received = received;
            this.size = size;
        }

        void get(String id) throws Exception {
            call.start(this, new Metadata());
            call.sendMessage(
                    Frame.of(GetRequest.newBuilder().setObject(ref(id)).build().toByteArray()));
            call.halfClose();
            call.request(REQUESTS);
            awaitEnd();
            if (count != size || size / received.byteSize() * Payloads.SUM != sum) {
                throw new IOException("received other bytes than were sent");
            }
        }

        @Override
        void take(InputStream message) throws IOException {
            int length = GrpcFrames.copyData(message, received, filled);
            filled += length;
            count += length;
            if (filled == received.byteSize()) {
                sum += Payloads.sum(received);
                filled = 0;
            }
        }
    }
}
