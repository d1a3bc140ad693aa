package io.tokamak.node.objects;

import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.time.InstantSource;

/**
 * Hands out numbers that are never used twice in a folder's life and tell when they were handed
 * out: milliseconds since the epoch, shifted by 20 bits, and a sequence (a hybrid logical clock:
 * Kulkarni and others, OPODIS 2014). A ceiling is stored before numbers below it are used, so a
 * clock that goes back across a restart does no harm. The owner thread's.
 */
final class Incarnations {
    private static final int SEQUENCE_BITS = 20;
    private static final long AHEAD = 1000L << SEQUENCE_BITS;

    private final Memory store;
    private final InstantSource clock;
    private long last;
    private long ceiling;

    Incarnations(Memory store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        ceiling = store.getLong(StoreFile.INCARNATION_CEILING_OFFSET);
        last = ceiling;
    }

    long next(long nowMillis) {
        last = Math.max(last + 1, nowMillis << SEQUENCE_BITS);
        if (last >= ceiling) {
            ceiling = last + AHEAD;
            store.putLongRelease(StoreFile.INCARNATION_CEILING_OFFSET, ceiling);
        }
        return last;
    }

    long nowMillis() {
        return clock.millis();
    }
}
