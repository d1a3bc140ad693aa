package io.tokamak.verification.ordering;

import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Zeroed memory for one state of a test, a few cache lines apart from all others: part of a mapped
 * file as in a store, or with {@code -Dtokamak.memory=heap} an array.
 */
final class Region {
    static final int BYTES = 2048;

    /** Three times what is in use at once with the strides that the runner asks for. */
    private static final int COUNT = 1 << 15;

    private static final boolean IS_ON_HEAP =
            System.getProperty("tokamak.memory", "").equals("heap");
    private static final AtomicLong TAKEN = new AtomicLong();

    private static final class Mapped {
        static final Memory FILE = map();

        private static Memory map() {
            Path tmpfs = Path.of("/dev/shm");
            Path folder =
                    Files.isWritable(tmpfs) ? tmpfs : Path.of(System.getProperty("java.io.tmpdir"));
            Path path = folder.resolve("tokamak-ordering-" + ProcessHandle.current().pid());
            long bytes = (long) BYTES * COUNT;
            try (OpenFile file = OpenFile.create(path, 0600)) {
                Files.delete(path);
                file.setSize(bytes);
                file.allocate(0, bytes);
                return file.map(true, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Region() {}

    /**
     * Between two steps that a twin takes in the wrong order: time for the other side to see it.
     */
    static void linger() {
        for (int i = 0; i < 5; i++) {
            Thread.onSpinWait();
        }
    }

    static Memory take() {
        if (IS_ON_HEAP) {
            return Memory.onHeap(BYTES);
        }
        long number = TAKEN.getAndIncrement() & (COUNT - 1);
        Memory memory = Mapped.FILE.slice(number * BYTES, BYTES);
        MemorySegment segment = memory.segment();
        segment.fill((byte) 0);
        return memory;
    }
}
