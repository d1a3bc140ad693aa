package io.tokamak.client;

import java.time.Instant;
import java.util.List;

/**
 * A node as it says of itself. Sizes are bytes; -1 where a gateway does not say.
 *
 * @param sessions empty when a gateway tells of the node
 */
public record NodeInfo(
        String id,
        int storeNumber,
        String state,
        Instant startedAt,
        long objects,
        Ledger ledger,
        List<Session> sessions) {

    /**
     * {@code inUse + free + leased + condemned + withheld = capacity}; {@code pinned} is part of
     * the first and fourth.
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
            long index) {}

    /** An attached process. */
    public record Session(
            int number,
            int pid,
            String language,
            String name,
            Instant attachedAt,
            boolean fenced,
            int pins,
            long pinnedBytes,
            int lanes,
            long leasedBytes) {}
}
