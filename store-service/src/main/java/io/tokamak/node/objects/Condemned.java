package io.tokamak.node.objects;

import java.util.Arrays;

/**
 * Records that were condemned and whose bytes are not yet free, without an object for each. The
 * owner thread's.
 */
final class Condemned {
    private static final int LONGS = 5;

    private long[] entries = new long[LONGS * 1024];
    private int size;

    int size() {
        return size;
    }

    /**
     * @param slot where its entry lies in the index at the moment
     */
    void add(long first, long second, long location, long end, long slot) {
        int at = size * LONGS;
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, entries.length * 2);
        }
        entries[at] = first;
        entries[at + 1] = second;
        entries[at + 2] = location;
        entries[at + 3] = end;
        entries[at + 4] = slot;
        size++;
    }

    long first(int entry) {
        return entries[entry * LONGS];
    }

    long second(int entry) {
        return entries[entry * LONGS + 1];
    }

    long location(int entry) {
        return entries[entry * LONGS + 2];
    }

    long end(int entry) {
        return entries[entry * LONGS + 3];
    }

    /** Where its entry lay in the index when it was condemned. */
    long slotHint(int entry) {
        return entries[entry * LONGS + 4];
    }

    /** Keeps the entry, moved to the place of another that is not needed any more. */
    void keepAs(int place, int entry) {
        System.arraycopy(entries, entry * LONGS, entries, place * LONGS, LONGS);
    }

    /** Takes entries {@code [from, to)} away; those behind them move up. */
    void remove(int from, int to) {
        System.arraycopy(entries, to * LONGS, entries, from * LONGS, (size - to) * LONGS);
        size -= to - from;
    }
}
