package io.tokamak.client;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node as it says of itself. Sizes are bytes; -1 where a gateway does not say.
 *
 * @param address where other nodes reach it, {@code host:port}; null: it belongs to no cluster
 * @param sessions empty when a gateway tells of the node
 */
public record NodeInfo(
        String id,
        int storeNumber,
        String state,
        @Nullable String address,
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
