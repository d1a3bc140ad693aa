package io.tokamak.node.objects;

import java.util.Arrays;

/**
 * Pool offsets of pinned records, as one scan found them. Reused from scan to scan; the owner
 * thread's.
 */
final class PinSet {
    private long[] locations = new long[1024];
    private int size;

    void clear() {
        size = 0;
    }

    void add(long location) {
        if (size == locations.length) {
            locations = Arrays.copyOf(locations, size * 2);
        }
        locations[size++] = location;
    }

    void sort() {
        Arrays.sort(locations, 0, size);
    }

    /** Whether a pin lies in {@code [start, end)}; after {@link #sort}. */
    boolean isPinned(long start, long end) {
        int at = Arrays.binarySearch(locations, 0, size, start);
        if (at >= 0) {
            return true;
        }
        int next = -at - 1;
        return next < size && locations[next] < end;
    }

    int size() {
        return size;
    }

    long location(int index) {
        return locations[index];
    }
}
