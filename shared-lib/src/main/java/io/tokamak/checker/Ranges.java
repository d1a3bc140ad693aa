package io.tokamak.checker;

import io.tokamak.layout.PoolFile;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Parts of the pool, found in any order and then sorted: eight bytes for each, so that ten million
 * records take 80 MB.
 *
 * <p>A part is a word: bits 24-62 its start, bits 0-23 its length, both in granules of 16 bytes. A
 * length that does not fit, from 256 MiB on, stands beside, under its start; there are not many of
 * those.
 */
final class Ranges {
    static final long POSITION_MAX = (1L << 39) * PoolFile.GRANULE_BYTES;

    private static final int LENGTH_BITS = 24;
    private static final long LENGTH_BESIDE = (1L << LENGTH_BITS) - 1;

    private final Map<Long, Long> lengthsBeside = new HashMap<>();
    private long[] packed = new long[1024];
    private int count;

    /**
     * Adds a part of the pool; both ends are multiples of 16, and the end lies behind the start.
     */
    void add(long start, long end) {
        if (count == packed.length) {
            packed =
                    Arrays.copyOf(
                            packed, (int) Math.min(Integer.MAX_VALUE - 8, packed.length * 3L / 2));
        }
        long granule = start / PoolFile.GRANULE_BYTES;
        long length = (end - start) / PoolFile.GRANULE_BYTES;
        if (length >= LENGTH_BESIDE) {
            lengthsBeside.merge(granule, length, Math::max);
            length = LENGTH_BESIDE;
        }
        packed[count++] = (granule << LENGTH_BITS) | length;
    }

    void sort() {
        Arrays.sort(packed, 0, count);
    }

    int count() {
        return count;
    }

    long start(int index) {
        return (packed[index] >>> LENGTH_BITS) * PoolFile.GRANULE_BYTES;
    }

    long end(int index) {
        long granule = packed[index] >>> LENGTH_BITS;
        long length = packed[index] & LENGTH_BESIDE;
        if (length == LENGTH_BESIDE) {
            length = lengthsBeside.getOrDefault(granule, length);
        }
        return (granule + length) * PoolFile.GRANULE_BYTES;
    }

    /** When sorted: the index of the first part that starts at the position or behind it. */
    int firstFrom(long position) {
        long sought = (position / PoolFile.GRANULE_BYTES) << LENGTH_BITS;
        int found = Arrays.binarySearch(packed, 0, count, sought);
        return found >= 0 ? found : -found - 1;
    }

    /** When sorted and disjoint: the index of the part that the position lies in, or -1. */
    int covering(long position) {
        int next = firstFrom(position);
        if (next < count && start(next) == position) {
            return next;
        }
        return next > 0 && end(next - 1) > position ? next - 1 : -1;
    }
}
