package io.tokamak.client;

import io.tokamak.memory.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What keeps the bytes of views where they are: a mapped pool with its pins, or memory into which
 * objects were fetched. Records lie in both as {@code docs/segment-format.md} draws them.
 */
interface Holding {
    /** Where the records lie. */
    Memory pool();

    /**
     * Where a part of the pool lies for other processes; null: it is in no file.
     *
     * @param offset in the pool
     */
    @Nullable Place place(long offset, long length);

    /** The last view of a record is closed. To be called once for each, by any thread. */
    void release(int pin);
}
