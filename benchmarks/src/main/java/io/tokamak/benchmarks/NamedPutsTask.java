package io.tokamak.benchmarks;

import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Named puts from some threads of one process; each object is read back and deleted. */
final class NamedPutsTask implements Task {
    private static final String NAMESPACE = "bench";

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        int threads = arguments.count("threads");
        int each = arguments.count("puts") / threads;
        byte[] payload = Payloads.make(64, 5);
        try (TokamakClient client = Worker.connect("bench-named");
                ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            round(client, executor, "warm", threads, each, payload);
            return round(client, executor, "measured", threads, each, payload);
        }
    }

    private static Map<String, Double> round(
            TokamakClient client,
            ExecutorService executor,
            String name,
            int threads,
            int each,
            byte[] payload)
            throws Exception {
        List<Future<long[]>> all = new ArrayList<>();
        long begin = System.nanoTime();
        for (int t = 0; t < threads; t++) {
            String prefix = name + "/" + ProcessHandle.current().pid() + "/" + t + "/";
            all.add(executor.submit(() -> puts(client, prefix, each, payload)));
        }
        long[] nanos = new long[threads * each];
        for (int t = 0; t < threads; t++) {
            System.arraycopy(all.get(t).get(), 0, nanos, t * each, each);
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        double count = 0;
        for (int t = 0; t < threads; t++) {
            String prefix = name + "/" + ProcessHandle.current().pid() + "/" + t + "/";
            Payloads.check(
                    Payloads.sum(
                            client.read(new ObjectName(NAMESPACE, prefix + 0), Deadline.NONE)));
            for (int i = 0; i < each; i++) {
                count += client.delete(new ObjectName(NAMESPACE, prefix + i)) ? 1 : 0;
            }
        }
        return Map.of(
                "rate", nanos.length / seconds,
                "p50", Spread.quantile(nanos, 0.5) / 1e3,
                "p99", Spread.quantile(nanos, 0.99) / 1e3,
                "count", count);
    }

    private static long[] puts(TokamakClient client, String prefix, int count, byte[] payload) {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            PutOptions options = PutOptions.named(new ObjectName(NAMESPACE, prefix + i));
            long begin = System.nanoTime();
            client.put(payload, options);
            nanos[i] = System.nanoTime() - begin;
        }
        return nanos;
    }
}
