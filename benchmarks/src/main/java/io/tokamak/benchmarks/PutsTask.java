package io.tokamak.benchmarks;

import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/**
 * Puts many small objects and deletes them in batches from a second thread. Before that, in the
 * same loop, copies the same bytes into a mapping of its own.
 */
final class PutsTask implements Task {
    private static final int BATCH = 10_000;
    private static final int BATCHES_WAITING = 50;
    private static final long FLOOR_BYTES = 256 << 20;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        int size = arguments.count("size");
        long objects = arguments.number("objects") / BATCH * BATCH;
        byte[] payload = Payloads.make(size, 7);
        try (TokamakClient client = Worker.connect("bench-puts")) {
            puts(client, payload, Math.min(objects, 100L * BATCH)); // warm
            Floor floor = floor(Path.of(arguments.text("scratch")), payload, objects);
            arguments.awaitGo();
            Puts puts = puts(client, payload, objects);
            return Map.of(
                    "rate",
                    objects / puts.seconds,
                    "stall",
                    puts.longestNanos / 1e6,
                    "waited",
                    puts.waitedSeconds,
                    "deleted",
                    (double) puts.deleted,
                    "begin",
                    (double) puts.begin,
                    "end",
                    (double) puts.end,
                    "floor-rate",
                    objects / floor.seconds,
                    "floor-stall",
                    floor.longestNanos / 1e6);
        }
    }

    private record Puts(
            double seconds,
            long longestNanos,
            double waitedSeconds,
            long deleted,
            long begin,
            long end) {}

    private record Floor(double seconds, long longestNanos) {}

    private static Puts puts(TokamakClient client, byte[] payload, long objects) throws Exception {
        BlockingQueue<List<ObjectId>> written = new ArrayBlockingQueue<>(BATCHES_WAITING);
        CompletableFuture<Long> deleting = new CompletableFuture<>();
        Thread deleter =
                Thread.ofPlatform()
                        .daemon()
                        .start(
                                () -> {
                                    try {
                                        deleting.complete(delete(client, written));
                                    } catch (InterruptedException | RuntimeException e) {
                                        deleting.completeExceptionally(e);
                                        System.err.println(e);
                                        System.exit(1);
                                    }
                                });
        long longest = 0;
        long waited = 0;
        long begin = System.nanoTime();
        long before = begin;
        List<ObjectId> batch = new ArrayList<>(BATCH);
        for (long i = 0; i < objects; i++) {
            batch.add(client.put(payload, PutOptions.DEFAULTS).id());
            long now = System.nanoTime();
            longest = Math.max(longest, now - before);
            before = now;
            if (batch.size() == BATCH) {
                written.put(batch);
                batch = new ArrayList<>(BATCH);
                now = System.nanoTime();
                waited += now - before;
                before = now;
            }
        }
        written.put(List.of());
        long deleted = deleting.get();
        deleter.join();
        long end = System.nanoTime();
        return new Puts((end - begin) / 1e9, longest, waited / 1e9, deleted, begin, end);
    }

    /** The first object of each batch is read before. */
    private static long delete(TokamakClient client, BlockingQueue<List<ObjectId>> written)
            throws InterruptedException {
        long deleted = 0;
        for (List<ObjectId> batch = written.take(); !batch.isEmpty(); batch = written.take()) {
            Payloads.check(Payloads.sum(client.read(batch.getFirst(), Deadline.NONE)));
            deleted += client.deleteAll(batch);
        }
        return deleted;
    }

    private static Floor floor(Path scratch, byte[] payload, long objects) throws Exception {
        MemorySegment source = MemorySegment.ofArray(payload);
        try (Arena arena = Arena.ofConfined();
                FileChannel file =
                        FileChannel.open(
                                scratch,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
            MemorySegment mapping = file.map(FileChannel.MapMode.READ_WRITE, 0, FLOOR_BYTES, arena);
            mapping.fill((byte) 1);
            copies(source, mapping, Math.min(objects, 1_000_000));
            return copies(source, mapping, objects);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    private static Floor copies(MemorySegment source, MemorySegment mapping, long objects) {
        long size = source.byteSize();
        long longest = 0;
        long begin = System.nanoTime();
        long before = begin;
        long at = 0;
        for (long i = 0; i < objects; i++) {
            MemorySegment.copy(source, 0, mapping, at, size);
            at = at + 2 * size <= FLOOR_BYTES ? at + size : 0;
            long now = System.nanoTime();
            longest = Math.max(longest, now - before);
            before = now;
        }
        return new Floor((before - begin) / 1e9, longest);
    }
}
