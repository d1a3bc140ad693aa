package io.tokamak.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Gets many small objects at once with the generated stub, and looks at the bytes of each. */
final class GrpcBatchTask implements Task {
    private static final int OBJECTS = 1000;
    private static final int OBJECT_BYTES = 1 << 10;
    private static final int CALLERS = 2;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        BatchGetRequest request = putAll();
        int times = arguments.count("times");
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", arguments.count("port"))
                        .usePlaintext()
                        .build();
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            var _ = getAll(callers, channel, request, times); // warms
            long begin = System.nanoTime();
            long count = getAll(callers, channel, request, times);
            double seconds = (System.nanoTime() - begin) / 1e9;
            return Map.of("objects", count / seconds, "count", (double) count);
        } finally {
            channel.shutdownNow();
        }
    }

    private static BatchGetRequest putAll() {
        BatchGetRequest.Builder request = BatchGetRequest.newBuilder();
        try (TokamakClient client = Worker.connect("batch")) {
            for (int i = 0; i < OBJECTS; i++) {
                String id =
                        client.put(Payloads.make(OBJECT_BYTES, i), PutOptions.DEFAULTS)
                                .id()
                                .toString();
                request.addObjects(ObjectRef.newBuilder().setId(id));
            }
        }
        return request.build();
    }

    private static long getAll(
            ExecutorService callers, ManagedChannel channel, BatchGetRequest request, int times)
            throws Exception {
        List<Future<Long>> all = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            all.add(callers.submit(() -> get(channel, request, times / CALLERS)));
        }
        long count = 0;
        for (Future<Long> each : all) {
            count += each.get();
        }
        return count;
    }

    private static long get(ManagedChannel channel, BatchGetRequest request, int times) {
        long count = 0;
        for (int i = 0; i < times; i++) {
            Iterator<BatchGetResponse> parts =
                    ObjectStoreGrpc.newBlockingStub(channel).batchGet(request);
            while (parts.hasNext()) {
                for (BatchGetResponse.Item item : parts.next().getItemsList()) {
                    Payloads.check(Payloads.sum(item.getData().toByteArray()));
                    count++;
                }
            }
        }
        return count;
    }
}
