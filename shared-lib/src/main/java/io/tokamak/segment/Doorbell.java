package io.tokamak.segment;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;

/** Gets the node's attention: the committer's side of R5. Thread-safe. */
public final class Doorbell {
    private final Memory store;
    private final Memory pool;

    /**
     * @param pool mapped for writing
     */
    public Doorbell(Memory store, Memory pool) {
        this.store = store;
        this.pool = pool;
    }

    /** To be called after a tail was stored: no system call unless somebody waits (I27). */
    public void ringIfWanted() {
        Memory.fullFence();
        if (store.getIntOpaque(StoreFile.WANTED_OFFSET) != 0) {
            ring();
        }
    }

    /** Wakes the node whether or not it said that somebody waits. */
    public void ring() {
        pool.getAndAddInt(PoolFile.DOORBELL_OFFSET, 1);
        Futex.wake(pool, PoolFile.DOORBELL_OFFSET, 1);
    }
}
