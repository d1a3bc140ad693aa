package io.tokamak.node.objects;

import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.Pages;

/**
 * Touches the pages of a pool in the background, from both ends, where lanes and large objects
 * begin: the kernel has to clear a page at its first touch, at a tenth of the speed of a warm copy.
 * Rests as long as it works. A pool that a node has touched to its end is not touched again, by
 * whichever node comes next.
 */
final class PreTouch implements AutoCloseable {
    private static final long STEP_BYTES = 8L << 20;

    private final Memory store;
    private final Memory pool;
    private final Thread thread;
    private volatile long touchedBytes;
    private volatile boolean stopping;

    PreTouch(Memory store, Memory pool) {
        this.store = store;
        this.pool = pool;
        thread = Thread.ofPlatform().name("pre-touch").daemon().unstarted(this::run);
        if (store.getInt(StoreFile.TOUCHED_OFFSET) == 0) {
            thread.start();
        } else {
            touchedBytes = pool.size();
        }
    }

    private void run() {
        long bottom = 0;
        long top = pool.size();
        long touched = 0;
        while (bottom < top && !stopping) {
            long begun = System.nanoTime();
            long end = Math.min(top, bottom + STEP_BYTES);
            Pages.populateWrite(pool, bottom, end - bottom);
            touched += end - bottom;
            bottom = end;
            long start = Math.max(bottom, top - STEP_BYTES);
            if (start < top) {
                Pages.populateWrite(pool, start, top - start);
                touched += top - start;
                top = start;
            }
            touchedBytes = touched;
            java.util.concurrent.locks.LockSupport.parkNanos(System.nanoTime() - begun);
        }
        if (bottom >= top) {
            store.putIntOpaque(StoreFile.TOUCHED_OFFSET, 1);
        }
    }

    /** Bytes of the pool that have been touched. */
    long touchedBytes() {
        return touchedBytes;
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
