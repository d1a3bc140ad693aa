package io.tokamak.segment;

import io.tokamak.memory.Memory;
import io.tokamak.memory.Pages;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which parts of the pool this process has touched: a page that was not costs a fault at the first
 * copy, which makes the copy five to fifty times slower. Thread-safe; what two threads warm at once
 * is warmed twice, without harm.
 */
public final class WarmPages {
    private static final int CHUNK_SHIFT = 20;
    private static final long CHUNK_BYTES = 1L << CHUNK_SHIFT;

    private final Memory pool;

    /** A bit for each chunk of 1 MiB. */
    private final AtomicIntegerArray warm;

    /**
     * @param pool mapped for writing
     */
    public WarmPages(Memory pool) {
        this.pool = pool;
        this.warm =
                new AtomicIntegerArray((int) ((pool.size() >>> CHUNK_SHIFT) / Integer.SIZE) + 1);
    }

    /**
     * Makes a range of the pool ready to be written, and what else lies in its chunks: ranges that
     * begin and end anywhere would never make a whole one warm. Writes nothing.
     */
    public void warm(long start, long end) {
        for (long chunk = start & -CHUNK_BYTES; chunk < end; chunk += CHUNK_BYTES) {
            if (!isWarm(chunk)) {
                Pages.populateWrite(pool, chunk, Math.min(CHUNK_BYTES, pool.size() - chunk));
                setWarm(chunk);
            }
        }
    }

    private boolean isWarm(long chunk) {
        int index = (int) (chunk >>> CHUNK_SHIFT);
        return (warm.getOpaque(index / Integer.SIZE) >>> index & 1) != 0;
    }

    private void setWarm(long chunk) {
        int index = (int) (chunk >>> CHUNK_SHIFT);
        warm.getAndUpdate(index / Integer.SIZE, bits -> bits | 1 << index);
    }
}
