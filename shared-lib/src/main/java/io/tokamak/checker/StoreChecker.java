package io.tokamak.checker;

import io.tokamak.layout.Folder;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Walks a whole store and proves its invariants: what the files are, that every slot is where
 * look-ups find it, that every record is what its slot says, and that each byte of the pool belongs
 * to one record, one lease, or to nobody.
 *
 * <p>Ten million objects take seconds and 80 MB of heap. Nothing is changed; a store with problems
 * is better looked at before its node starts, which repairs some of them.
 */
public final class StoreChecker {
    public enum Mode {
        /** Beside a node that works: only what is seen again a moment later counts as a problem. */
        LIVE,

        /** When nobody writes: every look counts, and what no client can reach is read too. */
        STRICT
    }

    private static final int LOOKS_MAX = 4;

    /** More than the node sleeps, so that it has done something between two looks. */
    private static final long PAUSE_MILLIS = 60;

    /** The node renews the store's clock every 50 ms; a machine under load may take longer. */
    private static final long ALIVE_MILLIS = 5_000;

    private StoreChecker() {}

    /** As {@link #check(Folder, Mode, PayloadCheck)}, without a look at the payloads. */
    public static StoreReport check(Folder folder, Mode mode) throws IOException {
        return check(folder, mode, null);
    }

    /**
     * Looks at a store.
     *
     * @param payloads called for each sealed object, or null
     * @throws java.nio.file.AccessDeniedException when this user may not read the files
     */
    public static StoreReport check(Folder folder, Mode mode, @Nullable PayloadCheck payloads)
            throws IOException {
        Look look = Look.at(folder, mode, payloads);
        if (mode == Mode.STRICT) {
            return look.report();
        }
        for (int looks = 1; looks < LOOKS_MAX && look.findings.hasProblems(); looks++) {
            pause();
            Look later = Look.at(folder, mode, payloads);
            later.findings.retainProblemsOf(look.findings);
            look = later;
        }
        return look.report();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What one look at the files gave. */
    private record Look(
            Findings findings,
            StoreReport.Ledger ledger,
            List<StoreReport.Session> sessions,
            boolean nodeAlive,
            boolean stable) {

        static Look at(Folder folder, Mode mode, @Nullable PayloadCheck payloads)
                throws IOException {
            Findings findings = new Findings();
            try (Arena arena = Arena.ofConfined()) {
                StoreFiles files = StoreFiles.open(folder, arena, findings);
                return files == null
                        ? new Look(findings, StoreReport.Ledger.NONE, List.of(), false, true)
                        : at(files, findings, mode, payloads);
            }
        }

        private static Look at(
                StoreFiles files, Findings findings, Mode mode, @Nullable PayloadCheck payloads)
                throws IOException {
            boolean nodeAlive = files.isNodeAlive(ALIVE_MILLIS);
            if (!nodeAlive) {
                findings.info(Check.NODE_AWAY, "the folder", "no node serves it");
            }
            SessionWalk sessions = new SessionWalk(files, findings);
            sessions.walk();
            IndexWalk index = new IndexWalk(files, findings, payloads);
            index.walk(nodeAlive, mode == Mode.STRICT);
            index.records().sort();
            long poolLength = files.store().getLong(StoreFile.POOL_LENGTH_OFFSET);
            Settlement settlement =
                    new Settlement(
                            files.pool(),
                            poolLength,
                            index.records(),
                            sessions.leases(),
                            sessions.pins(),
                            findings);
            settlement.settle();
            long[] suspects = settlement.suspects();
            boolean stable = !index.isUnstable();
            if (suspects.length > 0 && new Overlaps(files, suspects).report(findings)) {
                stable = false;
            }
            StoreReport.Ledger ledger =
                    new StoreReport.Ledger(
                            poolLength - PoolFile.DATA_OFFSET,
                            index.inUse(),
                            settlement.free(),
                            settlement.leased(),
                            index.condemned(),
                            settlement.withheld(),
                            settlement.pinned(),
                            index.objects(),
                            index.spilled());
            if (!stable) {
                findings.add(
                        mode == Mode.STRICT ? Severity.WARNING : Severity.INFO,
                        Check.UNSTABLE,
                        "index",
                        "it changed while it was looked at: the ledger is approximate");
            }
            if (stable && ledger.sum() != ledger.capacity()) {
                findings.error(
                        Check.LEDGER,
                        "pool",
                        "in use %d + free %d + leased %d + condemned %d + withheld %d = %d, the capacity is %d"
                                .formatted(
                                        ledger.inUse(),
                                        ledger.free(),
                                        ledger.leased(),
                                        ledger.condemned(),
                                        ledger.withheld(),
                                        ledger.sum(),
                                        ledger.capacity()));
            }
            return new Look(findings, ledger, sessions.sessions(), nodeAlive, stable);
        }

        StoreReport report() {
            return new StoreReport(findings.asList(), ledger, sessions, nodeAlive, stable);
        }
    }
}
