package io.tokamak.benchmarks;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.tokamak.benchmarks.GrpcFrames.Frame;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * The least that a server of gRPC of this kind can do: Get copies a mapping on tmpfs into frames,
 * Put copies what comes in frames into it.
 */
final class BareGrpcTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        Path scratch = Path.of(arguments.text("scratch"));
        try (Arena arena = Arena.ofShared();
                FileChannel file =
                        FileChannel.open(
                                scratch,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
            MemorySegment memory =
                    file.map(FileChannel.MapMode.READ_WRITE, 0, arguments.number("size"), arena);
            for (long at = 0; at < memory.byteSize(); at += GrpcFrames.PUT_BYTES) {
                Payloads.fill(memory.asSlice(at, GrpcFrames.PUT_BYTES), 3);
            }
            Server server =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(
                                            InetAddress.getLoopbackAddress(),
                                            arguments.count("port")))
                            .directExecutor()
                            .addService(
                                    ServerServiceDefinition.builder(ObjectStoreGrpc.SERVICE_NAME)
                                            .addMethod(
                                                    served(GrpcFrames.GET),
                                                    (call, _) -> new Getting(call, memory))
                                            .addMethod(
                                                    served(GrpcFrames.PUT),
                                                    (call, _) -> new Putting(call, memory))
                                            .build())
                            .build()
                            .start();
            arguments.awaitGo();
            server.shutdownNow().awaitTermination();
        } finally {
            Files.deleteIfExists(scratch);
        }
        return Map.of();
    }

    /** The same method from the other side. */
    private static MethodDescriptor<InputStream, Frame> served(
            MethodDescriptor<Frame, InputStream> method) {
        return method.toBuilder(method.getResponseMarshaller(), method.getRequestMarshaller())
                .build();
    }

    private static final class Getting extends ServerCall.Listener<InputStream> {
        private final ServerCall<InputStream, Frame> call;
        private final MemorySegment memory;
        private boolean begun;
        private long at;

        Getting(ServerCall<InputStream, Frame> call, MemorySegment memory) {
            this.call = call;
            this.memory = memory;
            call.setOnReadyThreshold(GrpcFrames.GET_BYTES);
            call.request(1);
        }

        @Override
        public void onHalfClose() {
            begun = true;
            call.sendHeaders(new Metadata());
            onReady();
        }

        @Override
        public void onReady() {
            while (begun && at < memory.byteSize() && call.isReady()) {
                long length = Math.min(GrpcFrames.GET_BYTES, memory.byteSize() - at);
                call.sendMessage(Frame.data(memory.asSlice(at, length)));
                at += length;
                if (at == memory.byteSize()) {
                    call.close(Status.OK, new Metadata());
                }
            }
        }
    }

    private static final class Putting extends ServerCall.Listener<InputStream> {
        private static final int REQUESTS = 4;

        private final ServerCall<InputStream, Frame> call;
        private final MemorySegment memory;
        private long at;

        Putting(ServerCall<InputStream, Frame> call, MemorySegment memory) {
            this.call = call;
            this.memory = memory;
            call.request(REQUESTS);
        }

        @Override
        public void onMessage(InputStream message) {
            try {
                at += GrpcFrames.copyData(message, memory, at);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            call.request(1);
        }

        @Override
        public void onHalfClose() {
            call.sendHeaders(new Metadata());
            call.sendMessage(Frame.of(PutResponse.getDefaultInstance().toByteArray()));
            call.close(Status.OK, new Metadata());
        }
    }
}
