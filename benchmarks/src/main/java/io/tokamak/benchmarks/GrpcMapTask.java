package io.tokamak.benchmarks;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * Maps an object through the gateway, as a program without a client of its own does: asks where it
 * lies, maps that, looks at its first and last byte, and releases it.
 */
final class GrpcMapTask implements Task {
    private static final byte MARK = 7;
    private static final Duration RELEASE_MAX = Duration.ofSeconds(10);
    private static final long GLANCE_NANOS = 1_000_000;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        long size = arguments.number("size");
        int times = arguments.count("times");
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", arguments.count("port"))
                        .usePlaintext()
                        .build();
        try (TokamakClient client = Worker.connect("map")) {
            ObjectId id = put(client, size);
            MapRequest request =
                    MapRequest.newBuilder()
                            .setObject(ObjectRef.newBuilder().setId(id.toString()))
                            .setNonce(nonce())
                            .build();
            long[] nanos = new long[times];
            for (int i = -times; i < times; i++) { // the first half warms
                long begin = System.nanoTime();
                look(channel, request, size);
                if (i >= 0) {
                    nanos[i] = System.nanoTime() - begin;
                }
            }
            awaitReleased(client, id);
            client.delete(id);
            return Map.of("p50", Spread.quantile(nanos, 0.5) / 1e3, "count", (double) times);
        } finally {
            channel.shutdownNow();
        }
    }

    private static ObjectId put(TokamakClient client, long size) {
        try (ObjectWriter writer = client.create(size, PutOptions.DEFAULTS)) {
            MemorySegment bytes = writer.segment();
            bytes.set(ValueLayout.JAVA_BYTE, 0, MARK);
            bytes.set(ValueLayout.JAVA_BYTE, size - 1, MARK);
            writer.seal();
            return writer.id();
        }
    }

    /** A release is told by the end of the stream and answered by nothing: here it is looked at. */
    private static void awaitReleased(TokamakClient client, ObjectId id) {
        Deadline deadline = Deadline.after(RELEASE_MAX);
        while (!Objects.requireNonNull(client.head(id)).pins().isEmpty()) {
            if (deadline.isExpired()) {
                throw new IllegalStateException("object " + id + " is still pinned");
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }

    private static String nonce() throws Exception {
        return Files.readString(ConnectOptions.defaults().folder().resolve("nonce")).strip();
    }

    private static void look(ManagedChannel channel, MapRequest request, long size)
            throws Exception {
        try (Context.CancellableContext mapping = Context.current().withCancellation()) {
            MapResponse place =
                    mapping.call(() -> ObjectStoreGrpc.newBlockingStub(channel).map(request))
                            .next();
            Path file = Path.of(place.getFolder(), place.getFile());
            try (FileChannel pool = FileChannel.open(file);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment bytes =
                        pool.map(
                                MapMode.READ_ONLY,
                                place.getOffsetBytes(),
                                place.getLengthBytes(),
                                arena);
                Lab.check("bytes", size, (double) bytes.byteSize());
                Lab.check("first byte", MARK, (double) bytes.get(ValueLayout.JAVA_BYTE, 0));
                Lab.check("last byte", MARK, (double) bytes.get(ValueLayout.JAVA_BYTE, size - 1));
            }
        }
    }
}
