package io.tokamak.benchmarks;

import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Puts large objects, and copies the same bytes into the same mapping: into an object being
 * written, which is then aborted. The rounds alternate.
 */
final class CopiesTask implements Task {
    private static final int ALTERNATIONS = 4;

    /** Objects of their own lane, until what leases and returns one is compiled on both sides. */
    private static final int LEASES = 2000;

    private static final long LEASED_BYTES = 64 << 10;

    @Override
    public Map<String, Double> run(Arguments arguments) {
        long size = arguments.number("size");
        int times = arguments.count("times");
        try (Arena arena = Arena.ofShared();
                TokamakClient client = Worker.connect("bench-copies")) {
            MemorySegment source = arena.allocate(size, 64);
            Payloads.fill(source, 3);
            for (int i = 0; i < LEASES; i++) {
                client.create(LEASED_BYTES, PutOptions.DEFAULTS).close();
            }
            puts(client, source, times); // the pages of both are touched by this process
            copies(client, source, times);
            double putSeconds = 0;
            double copySeconds = 0;
            for (int i = 0; i < ALTERNATIONS; i++) {
                copySeconds += copies(client, source, times);
                putSeconds += puts(client, source, times);
            }
            double bytes = (double) size * times * ALTERNATIONS;
            return Map.of(
                    "put", bytes / putSeconds / 1e9,
                    "copy", bytes / copySeconds / 1e9,
                    "count", (double) times * ALTERNATIONS);
        }
    }

    private static double puts(TokamakClient client, MemorySegment source, int times) {
        List<ObjectId> ids = new ArrayList<>();
        long begin = System.nanoTime();
        for (int i = 0; i < times; i++) {
            ids.add(client.put(source, PutOptions.DEFAULTS).id());
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        try (ObjectView view = client.get(ids.getLast(), Deadline.NONE)) {
            Payloads.check(Payloads.sum(view.segment()));
        }
        if (client.deleteAll(ids) != times) {
            throw new IllegalStateException("an object that was put is not there");
        }
        return seconds;
    }

    private static double copies(TokamakClient client, MemorySegment source, int times) {
        long size = source.byteSize();
        try (ObjectWriter writer = client.create(size * times, PutOptions.DEFAULTS)) {
            MemorySegment target = writer.segment();
            for (long at = 0; at < target.byteSize(); at += 4096) { // a new lease may be elsewhere
                target.set(Payloads.LONG, at, 0);
            }
            long begin = System.nanoTime();
            for (int i = 0; i < times; i++) {
                MemorySegment.copy(source, 0, target, i * size, size);
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            Payloads.check(Payloads.sum(target.asSlice((times - 1) * size, size)));
            return seconds;
        }
    }
}
