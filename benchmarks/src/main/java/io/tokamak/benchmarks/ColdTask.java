package io.tokamak.benchmarks;

import io.tokamak.client.ObjectView;
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
import java.util.Map;

/** Puts one large object into a store that just started; {@code what=copy}: its floor. */
final class ColdTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        long size = arguments.number("size");
        try (Arena arena = Arena.ofShared()) {
            MemorySegment source = arena.allocate(size, 64);
            Payloads.fill(source, 3);
            arguments.awaitGo();
            double seconds =
                    arguments.text("what").equals("copy")
                            ? copy(source, Path.of(arguments.text("scratch")))
                            : put(source);
            return Map.of("rate", size / seconds / 1e9, "count", 1.0);
        }
    }

    private static double put(MemorySegment source) {
        try (TokamakClient client = Worker.connect("bench-cold")) {
            long begin = System.nanoTime();
            ObjectId id = client.put(source, PutOptions.DEFAULTS).id();
            double seconds = (System.nanoTime() - begin) / 1e9;
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                Payloads.check(Payloads.sum(view.segment()));
            }
            return seconds;
        }
    }

    private static double copy(MemorySegment source, Path scratch) throws Exception {
        Files.deleteIfExists(scratch); // of a task that was killed
        try (Arena arena = Arena.ofConfined();
                FileChannel file =
                        FileChannel.open(
                                scratch,
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
            MemorySegment target =
                    file.map(FileChannel.MapMode.READ_WRITE, 0, source.byteSize(), arena);
            long begin = System.nanoTime();
            MemorySegment.copy(source, 0, target, 0, source.byteSize());
            double seconds = (System.nanoTime() - begin) / 1e9;
            Payloads.check(Payloads.sum(target));
            return seconds;
        } finally {
            Files.deleteIfExists(scratch);
        }
    }
}
