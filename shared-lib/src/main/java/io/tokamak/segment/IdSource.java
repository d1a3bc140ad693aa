package io.tokamak.segment;

import io.tokamak.objects.ObjectId;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ids of a session's anonymous objects: store number, session number, and a counter that never
 * repeats. Lanes take the counters by the block, so that threads that put at the same time share
 * nothing. Thread-safe.
 */
public final class IdSource {
    static final int BLOCK_COUNT = 1 << 12;

    private final long mostSignificantBits;
    private final long leastSignificantBits;
    private final AtomicLong nextBlock = new AtomicLong();

    public IdSource(int storeNumber, int sessionNumber) {
        ObjectId zero = ObjectId.anonymous(storeNumber, sessionNumber, 0);
        this.mostSignificantBits = zero.mostSignificantBits();
        this.leastSignificantBits = zero.leastSignificantBits();
    }

    /** The first of {@link #BLOCK_COUNT} counters for the caller alone. */
    long takeBlock() {
        return nextBlock.getAndAdd(BLOCK_COUNT);
    }

    /** The id with that counter. */
    ObjectId id(long counter) {
        return new ObjectId(mostSignificantBits, leastSignificantBits | counter);
    }

    /** An id that is not from a block. */
    public ObjectId next() {
        return id(nextBlock.getAndIncrement());
    }
}
