package io.tokamak.checker;

import java.util.List;

/**
 * What the checker saw.
 *
 * @param findings the gravest first
 * @param nodeAlive whether a node serves the folder
 * @param stable whether nothing changed while it was looked at: else the ledger is approximate
 */
public record StoreReport(
        List<Finding> findings,
        Ledger ledger,
        List<Session> sessions,
        boolean nodeAlive,
        boolean stable) {

    /**
     * Where the bytes of the pool are: {@code inUse + free + leased + condemned + withheld =
     * capacity}, each found by itself.
     *
     * @param capacity the pool without its first block
     * @param inUse records that are sealed or being claimed
     * @param free neither of the others
     * @param leased lent to writers, and not in the index yet
     * @param condemned records deleted or evicted, waiting for their pins
     * @param withheld free, but behind a pin
     * @param pinned records with a pin, part of in use and condemned
     * @param objects sealed, in memory
     * @param spilled sealed, on disk
     */
    public record Ledger(
            long capacity,
            long inUse,
            long free,
            long leased,
            long condemned,
            long withheld,
            long pinned,
            long objects,
            long spilled) {
        static final Ledger NONE = new Ledger(0, 0, 0, 0, 0, 0, 0, 0, 0);

        public long sum() {
            return inUse + free + leased + condemned + withheld;
        }
    }

    /**
     * A session's file.
     *
     * @param alive whether a process holds its lock
     * @param pins words that are set
     * @param leasedBytes not in the index yet
     */
    public record Session(
            int number,
            int pid,
            String name,
            boolean alive,
            boolean fenced,
            int pins,
            long leasedBytes) {}

    /** Whether every invariant holds. */
    public boolean isSound() {
        return findings.stream().noneMatch(f -> f.severity() == Severity.ERROR);
    }

    /** The findings of at least that severity. */
    public List<Finding> findings(Severity least) {
        return findings.stream().filter(f -> f.severity().compareTo(least) >= 0).toList();
    }
}
