package io.tokamak.client;

import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.segment.WarmPages;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Copies into the pool, large payloads by several threads: one alone does not use up the memory's
 * bandwidth, and pages that were never touched are made by the kernel, at a twentieth of it.
 */
final class Copier {
    /**
     * HotSpot copies more than 2.5 MiB at once past the caches, where processors can: measured with
     * two threads, chunks of 2 MiB make 10 GB/s, of 4 MiB 16 GB/s, of 16 MiB 15 GB/s. Each such
     * copy ends with a store fence of HotSpot's, on which R8 relies.
     */
    private static final long CHUNK_BYTES = 4 << 20;

    /** Smaller ones are done before another thread is awake. */
    private static final long PARALLEL_BYTES_MIN = 2 * CHUNK_BYTES;

    private static final int THREADS_MAX = 4;
    private static final int HELPERS =
            Math.min(THREADS_MAX, Runtime.getRuntime().availableProcessors()) - 1;

    private static final Executor EXECUTOR = executor();

    /** Never started: who else may read a segment is what is asked. */
    private static final Thread ANY_THREAD = Thread.ofPlatform().unstarted(() -> {});

    private Copier() {}

    private static Executor executor() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(
                        Math.max(1, HELPERS),
                        Math.max(1, HELPERS),
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("tokamak-copy-", 0).daemon().factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /**
     * Copies all of the source. When it returns, or throws, no thread copies any more.
     *
     * @param offset in the pool
     */
    static void copy(MemorySegment source, Memory pool, long offset, WarmPages pages) {
        copy(List.of(source), source.byteSize(), pool, offset, pages);
    }

    /**
     * Copies all parts, one behind the other.
     *
     * @param size of all
     */
    static void copy(
            List<MemorySegment> parts, long size, Memory pool, long offset, WarmPages pages) {
        if (size < PARALLEL_BYTES_MIN || HELPERS == 0) {
            pages.warm(offset, offset + size);
            long at = offset;
            for (MemorySegment part : parts) {
                pool.copyFrom(at, part);
                at += part.byteSize();
            }
            return;
        }
        Job job = new Job(parts, pool, offset, pages);
        for (int i = 0; i < HELPERS; i++) {
            EXECUTOR.execute(job::help);
        }
        job.run();
    }

    /** A segment confined to the calling thread stays open as long as that thread waits here. */
    private static MemorySegment accessibleByAll(MemorySegment source) {
        if (!source.isNative() || source.isAccessibleBy(ANY_THREAD)) {
            return source;
        }
        return MemorySegment.ofAddress(source.address()).reinterpret(source.byteSize());
    }

    /** Chunks for whoever takes them. Ends without those helpers that no processor was free for. */
    private static final class Job {
        private final MemorySegment[] parts;

        /** Where each part begins, and where the last ends, counted from the first. */
        private final long[] begins;

        private final long size;
        private final Memory pool;
        private final long offset;
        private final WarmPages pages;
        private final AtomicLong next = new AtomicLong();
        private volatile @Nullable Throwable failure;

        /** Who is copying: the caller, and the helpers that came before the end. */
        private final Phaser copying =
                new Phaser(1) {
                    @Override
                    protected boolean onAdvance(int phase, int parties) {
                        return true; // whoever comes now is too late
                    }
                };

        Job(List<MemorySegment> given, Memory pool, long offset, WarmPages pages) {
            this.parts = new MemorySegment[given.size()];
            this.begins = new long[given.size() + 1];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = accessibleByAll(given.get(i));
                begins[i + 1] = begins[i] + parts[i].byteSize();
            }
            this.size = begins[parts.length];
            this.pool = pool;
            this.offset = offset;
            this.pages = pages;
        }

        /** The caller's part. */
        void run() {
            try {
                copyChunks();
            } finally {
                stop();
                copying.awaitAdvance(copying.arrive());
            }
            Throwable of = failure;
            if (of != null) {
                throw of instanceof RuntimeException unchecked
                        ? unchecked
                        : new IllegalStateException("a copying thread failed", of);
            }
        }

        void help() {
            if (copying.register() < 0) {
                return;
            }
            try {
                copyChunks();
            } catch (RuntimeException | Error e) {
                failure = e;
                stop();
            } finally {
                var _ = copying.arriveAndDeregister();
            }
        }

        private void copyChunks() {
            for (long at = next.getAndAdd(CHUNK_BYTES);
                    at < size;
                    at = next.getAndAdd(CHUNK_BYTES)) {
                long end = Math.min(size, at + CHUNK_BYTES);
                pages.warm(offset + at, offset + end);
                copyChunk(at, end);
                KillPoint.reached("copy.chunk");
            }
        }

        private void copyChunk(long from, long to) {
            int found = Arrays.binarySearch(begins, from);
            // Several begin there when some are empty: whichever was found, the rest follows.
            int i = found >= 0 ? found : -found - 2;
            for (long at = from; at < to; i++) {
                long length = Math.min(begins[i + 1], to) - at;
                pool.copyFrom(offset + at, parts[i], at - begins[i], length);
                at += length;
            }
        }

        /** Lets nobody begin another chunk. */
        private void stop() {
            next.set(size);
        }
    }
}
