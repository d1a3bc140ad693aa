package io.tokamak.checker;

import io.tokamak.memory.Memory;

/**
 * Memory lent to a writer and not in the index yet. Pool offsets.
 *
 * @param drained up to here records are in the index
 * @param tail up to here records are committed
 * @param end of the extent
 * @param shared whether it is for many records, not for one that needs all of it
 */
record Lease(String place, long drained, long tail, long end, boolean shared) {
    long bytes() {
        return end - drained;
    }

    boolean covers(long position) {
        return drained <= position && position < end;
    }

    /** Records that wait to be drained, up to the first that is none. */
    Ranges committed(Memory pool) {
        Ranges committed = new Ranges();
        long at = drained;
        while (at < tail) {
            long recordEnd = Records.end(pool, at, tail);
            if (recordEnd == Records.NO_RECORD) {
                break;
            }
            committed.add(at, recordEnd);
            at = recordEnd;
        }
        return committed;
    }

    /**
     * Whether a record is one of those that a node published before it died, or is about to report
     * as drained (I21).
     */
    boolean hasPublished(Ranges committed, long start, long end) {
        int same = committed.covering(start);
        return same >= 0 && committed.start(same) == start && committed.end(same) == end;
    }
}
