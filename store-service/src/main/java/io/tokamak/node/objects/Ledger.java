package io.tokamak.node.objects;

/**
 * Where the pool's bytes are: {@code inUse + free + leased + condemned + withheld = capacity}
 * (I28).
 *
 * @param inUse records that can be read, or are being claimed
 * @param free what can be leased, holes of less than a block included
 * @param leased extents of lanes, what is committed but not yet published included
 * @param condemned records deleted, whose bytes are not yet free
 * @param withheld what the last start found behind a pin that names no record, or in lanes that are
 *     not believed; free when the pin, or the lanes' process, is gone
 * @param pinned part of {@code inUse} and {@code condemned}, as of the last scan
 * @param largestFree the longest run that could be leased
 * @param index shared memory of the index, outside of the pool
 */
public record Ledger(
        long capacity,
        long inUse,
        long free,
        long leased,
        long condemned,
        long withheld,
        long pinned,
        long largestFree,
        long index) {

    public boolean isBalanced() {
        return inUse + free + leased + condemned + withheld == capacity;
    }
}
