package io.tokamak.node.objects;

import static io.tokamak.layout.PoolFile.BLOCK_BYTES;
import static io.tokamak.layout.PoolFile.DATA_OFFSET;
import static io.tokamak.layout.PoolFile.GRANULE_BYTES;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Which bytes of the pool are in use. Extents are handed out in whole blocks; what is given back
 * may be any range of granules, and a block is free when the last granule in it was given back. So
 * the node's heap holds two bytes for each block, whatever the number of objects, and two more
 * while anything is held.
 *
 * <p>Free runs are found first-fit: small ones from the bottom, large ones from the top, so that
 * the two do not mix. A summary of each chunk (longest run, run at its start, run at its end)
 * bounds the search. Not thread-safe: the owner thread's.
 */
final class PoolSpace {
    static final long NONE = -1;

    private static final int GRANULES_PER_BLOCK = BLOCK_BYTES / GRANULE_BYTES;
    private static final int BLOCKS_PER_CHUNK = 512;

    /** One part of so many is left below what may grow, for lanes that take the lowest run. */
    private static final int GAP_PARTS = 16;

    private final int blockCount;
    private final char[] usedGranules;
    private final BitSet free;

    /** By block, once something is held: granules that would be free otherwise. */
    private char[] heldGranules = {};

    private final char[] longest;
    private final char[] atStart;
    private final char[] atEnd;
    private final BitSet stale;
    private long freeBytes;

    /**
     * @param poolLength bytes of the pool file; what follows {@link
     *     io.tokamak.layout.PoolFile#DATA_OFFSET} is free
     */
    PoolSpace(long poolLength) {
        blockCount = Math.toIntExact(poolLength / BLOCK_BYTES);
        usedGranules = new char[blockCount];
        usedGranules[0] = GRANULES_PER_BLOCK;
        free = new BitSet(blockCount);
        free.set(1, blockCount);
        int chunks = (blockCount + BLOCKS_PER_CHUNK - 1) / BLOCKS_PER_CHUNK;
        longest = new char[chunks];
        atStart = new char[chunks];
        atEnd = new char[chunks];
        stale = new BitSet(chunks);
        stale.set(0, chunks);
        freeBytes = capacityBytes();
    }

    /** Bytes that can ever be handed out. */
    long capacityBytes() {
        return (long) blockCount * BLOCK_BYTES - DATA_OFFSET;
    }

    /** Bytes given back or never handed out, those in holes of less than a block included. */
    long freeBytes() {
        return freeBytes;
    }

    static long toBlocks(long bytes) {
        return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /**
     * Takes a run of whole blocks.
     *
     * @param bytes a multiple of {@link io.tokamak.layout.PoolFile#BLOCK_BYTES}
     * @return pool offset, or {@link #NONE}
     */
    long allocate(long bytes, boolean fromTop) {
        if (bytes <= 0 || bytes % BLOCK_BYTES != 0) {
            throw new IllegalArgumentException("not a number of blocks: " + bytes);
        }
        if (bytes > freeBytes) {
            return NONE;
        }
        int blocks = (int) (bytes / BLOCK_BYTES);
        refresh();
        int start = fromTop ? highestRun(blocks) : lowestRun(blocks);
        if (start < 0) {
            return NONE;
        }
        take(start, blocks);
        return (long) start * BLOCK_BYTES;
    }

    /**
     * Takes a run of whole blocks that can be {@linkplain #extend extended}: near the beginning of
     * the longest run, behind a part that is left to those who take the lowest.
     *
     * @param bytes a multiple of {@link io.tokamak.layout.PoolFile#BLOCK_BYTES}
     * @return pool offset, or {@link #NONE}
     */
    long allocateExtensible(long bytes) {
        int blocks = (int) (bytes / BLOCK_BYTES);
        refresh();
        int longestRun = longestRun();
        if (blocks > longestRun) {
            return NONE;
        }
        int start = lowestRun(longestRun);
        start += Math.min(longestRun / GAP_PARTS, longestRun - blocks);
        take(start, blocks);
        return (long) start * BLOCK_BYTES;
    }

    /**
     * Takes the free blocks that follow a run.
     *
     * @param end pool offset of the first of them, a multiple of a block
     * @param most bytes, a multiple of a block
     * @return bytes that were taken, from 0 to {@code most}
     */
    long extend(long end, long most) {
        int start = blockOf(end);
        int limit = (int) Math.min(blockCount, start + most / BLOCK_BYTES);
        int blocks = Math.min(limit, free.nextClearBit(start)) - start;
        if (blocks > 0) {
            take(start, blocks);
        }
        return (long) blocks * BLOCK_BYTES;
    }

    private void take(int start, int blocks) {
        free.clear(start, start + blocks);
        Arrays.fill(usedGranules, start, start + blocks, (char) GRANULES_PER_BLOCK);
        touch(start, start + blocks);
        freeBytes -= (long) blocks * BLOCK_BYTES;
    }

    /** Bytes of the longest run of free blocks. */
    long largestRunBytes() {
        refresh();
        return (long) longestRun() * BLOCK_BYTES;
    }

    private int longestRun() {
        int best = 0;
        int run = 0;
        for (int chunk = 0; chunk < longest.length; chunk++) {
            if (longest[chunk] == blocksIn(chunk)) {
                run += longest[chunk];
            } else {
                best = Math.max(best, Math.max(run + atStart[chunk], longest[chunk]));
                run = atEnd[chunk];
            }
        }
        return Math.max(best, run);
    }

    /** Gives back a range whose ends are multiples of a granule. */
    void release(long start, long end) {
        for (long at = start; at < end; ) {
            int block = blockOf(at);
            long blockEnd = Math.min(end, (long) (block + 1) * BLOCK_BYTES);
            giveBack(block, (int) ((blockEnd - at) / GRANULE_BYTES));
            at = blockEnd;
        }
        freeBytes += end - start;
    }

    private void giveBack(int block, int granules) {
        int left = usedGranules[block] - granules;
        if (left < 0) {
            throw new IllegalStateException(
                    "given back twice: %d granules of the block at pool offset %d"
                            .formatted(granules, (long) block * BLOCK_BYTES));
        }
        usedGranules[block] = (char) left;
        if (left == 0) {
            free.set(block);
            stale.set(block / BLOCKS_PER_CHUNK);
        }
    }

    /**
     * Marks a range as used that was found in use at the start. Its ends are multiples of a
     * granule.
     */
    void claim(long start, long end) {
        for (long at = start; at < end; ) {
            int block = (int) (at / BLOCK_BYTES);
            long blockEnd = Math.min(end, (long) (block + 1) * BLOCK_BYTES);
            int used = usedGranules[block] + (int) ((blockEnd - at) / GRANULE_BYTES);
            if (used > GRANULES_PER_BLOCK) {
                throw new IllegalStateException(
                        "claimed twice: %d bytes at pool offset %d".formatted(blockEnd - at, at));
            }
            usedGranules[block] = (char) used;
            free.clear(block);
            stale.set(block / BLOCKS_PER_CHUNK);
            at = blockEnd;
        }
        freeBytes += start - end;
    }

    /**
     * Keeps what is free in the blocks of a range from being lent, until {@link #letGo}.
     *
     * @return bytes of that
     */
    long hold(long start, long end) {
        if (heldGranules.length == 0) {
            heldGranules = new char[blockCount];
        }
        long before = freeBytes;
        for (int block = blockOf(start); (long) block * BLOCK_BYTES < end; block++) {
            int granules = GRANULES_PER_BLOCK - usedGranules[block];
            if (granules > 0) {
                heldGranules[block] += (char) granules;
                freeBytes -= (long) granules * GRANULE_BYTES;
                usedGranules[block] = GRANULES_PER_BLOCK;
                free.clear(block);
                stale.set(block / BLOCKS_PER_CHUNK);
            }
        }
        return before - freeBytes;
    }

    /**
     * Gives back what is held in the blocks of a range.
     *
     * @return bytes of that
     */
    long letGo(long start, long end) {
        long before = freeBytes;
        int endBlock = Math.min(blockOf(end - 1) + 1, heldGranules.length);
        for (int block = blockOf(start); block < endBlock; block++) {
            int granules = heldGranules[block];
            if (granules > 0) {
                heldGranules[block] = 0;
                giveBack(block, granules);
                freeBytes += (long) granules * GRANULE_BYTES;
            }
        }
        return freeBytes - before;
    }

    private static int blockOf(long location) {
        return (int) (location / BLOCK_BYTES);
    }

    /** Where the block begins that a pool offset lies in. */
    static long blockStart(long location) {
        return location & -BLOCK_BYTES;
    }

    /** Where the run of free blocks ends that begins behind the block of a pool offset. */
    long freeRunEnd(long start) {
        int end = blockOf(start) + 1;
        while (end < blockCount && usedGranules[end] == 0) {
            end++;
        }
        return (long) end * BLOCK_BYTES;
    }

    private int lowestRun(int blocks) {
        int run = 0;
        for (int chunk = 0; chunk < longest.length; chunk++) {
            int first = chunk * BLOCKS_PER_CHUNK;
            if (run + atStart[chunk] >= blocks) {
                return first - run;
            }
            if (longest[chunk] >= blocks) {
                return lowestRunIn(first, blocks);
            }
            run = longest[chunk] == blocksIn(chunk) ? run + longest[chunk] : atEnd[chunk];
        }
        return -1;
    }

    private int lowestRunIn(int from, int blocks) {
        int start = free.nextSetBit(from);
        while (true) {
            int end = free.nextClearBit(start);
            if (end - start >= blocks) {
                return start;
            }
            start = free.nextSetBit(end);
        }
    }

    private int highestRun(int blocks) {
        int run = 0;
        for (int chunk = longest.length - 1; chunk >= 0; chunk--) {
            int end = chunk * BLOCKS_PER_CHUNK + blocksIn(chunk);
            if (run + atEnd[chunk] >= blocks) {
                return end + run - blocks;
            }
            if (longest[chunk] >= blocks) {
                return highestRunIn(end - 1, blocks);
            }
            run = longest[chunk] == blocksIn(chunk) ? run + longest[chunk] : atStart[chunk];
        }
        return -1;
    }

    private int highestRunIn(int from, int blocks) {
        int end = free.previousSetBit(from);
        while (true) {
            int start = free.previousClearBit(end);
            if (end - start >= blocks) {
                return end - blocks + 1;
            }
            end = free.previousSetBit(start);
        }
    }

    private int blocksIn(int chunk) {
        return Math.min(BLOCKS_PER_CHUNK, blockCount - chunk * BLOCKS_PER_CHUNK);
    }

    private void touch(int start, int end) {
        stale.set(start / BLOCKS_PER_CHUNK, (end - 1) / BLOCKS_PER_CHUNK + 1);
    }

    private void refresh() {
        for (int chunk = stale.nextSetBit(0); chunk >= 0; chunk = stale.nextSetBit(chunk + 1)) {
            summarize(chunk);
        }
        stale.clear();
    }

    private void summarize(int chunk) {
        int first = chunk * BLOCKS_PER_CHUNK;
        int end = first + blocksIn(chunk);
        int best = 0;
        int lastRunEnd = first;
        int lastRun = 0;
        int start = free.nextSetBit(first);
        atStart[chunk] = 0;
        while (start >= 0 && start < end) {
            int runEnd = Math.min(end, free.nextClearBit(start));
            lastRun = runEnd - start;
            lastRunEnd = runEnd;
            if (start == first) {
                atStart[chunk] = (char) lastRun;
            }
            best = Math.max(best, lastRun);
            start = runEnd < end ? free.nextSetBit(runEnd) : -1;
        }
        longest[chunk] = (char) best;
        atEnd[chunk] = (char) (lastRunEnd == end ? lastRun : 0);
    }
}
