package io.tokamak.node.objects;

import java.util.Arrays;
import java.util.function.IntConsumer;

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

    /** Visits the numbers of the pins in {@code [start, end)}; after {@link #sort}. */
    void forEachIn(long start, long end, IntConsumer visitor) {
        int at = Arrays.binarySearch(locations, 0, size, start);
        int first = at < 0 ? -at - 1 : at;
        while (first > 0 && locations[first - 1] >= start) {
            first--;
        }
        for (int pin = first; pin < size && locations[pin] < end; pin++) {
            visitor.accept(pin);
        }
    }

    int size() {
        return size;
    }

    long location(int index) {
        return locations[index];
    }
}
