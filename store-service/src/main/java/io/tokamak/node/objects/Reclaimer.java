package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.memory.Memory;

/**
 * Frees the bytes of condemned records that nobody pins (R2). One scan of all pin words serves
 * everything that was condemned before it. The owner thread's.
 */
final class Reclaimer {
    private static final long INTERVAL_NANOS = 10_000_000;
    private static final long INTERVAL_NANOS_MAX = 160_000_000;

    private static final int PREFETCHED = 32;

    private final Condemned condemned;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts;
    private final SessionTable sessions;
    private final IndexWriter.Steps steps;
    private final Withheld withheld;
    private final PinSet pins = new PinSet();
    private long nextNanos;
    private long intervalNanos = INTERVAL_NANOS;
    private int sizeAfterLastScan;
    private long pinnedBytes;

    /** Keeps the prefetching loads from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;

    Reclaimer(
            Condemned condemned,
            IndexWriter index,
            PoolSpace space,
            Accounts accounts,
            SessionTable sessions,
            Withheld withheld,
            IndexWriter.Steps steps) {
        this.condemned = condemned;
        this.index = index;
        this.space = space;
        this.accounts = accounts;
        this.sessions = sessions;
        this.withheld = withheld;
        this.steps = steps;
    }

    /**
     * Nanoseconds until the next scan is due; {@link Long#MAX_VALUE} when nothing waits for pins to
     * go.
     */
    long dueInNanos(long nowNanos) {
        return isIdle() ? Long.MAX_VALUE : Math.max(0, nextNanos - nowNanos);
    }

    private boolean isIdle() {
        return condemned.size() == 0 && !withheld.awaitsPins();
    }

    /** Something happened after which a scan may find more: the next one does not wait. */
    void hurry() {
        nextNanos = 0;
        intervalNanos = INTERVAL_NANOS;
    }

    /**
     * Scans when it is time, or at once when a put waits for room.
     *
     * @return whether bytes were freed
     */
    boolean reclaim(long nowNanos, long nowMillis, boolean roomIsWanted) {
        if (isIdle()) {
            return false;
        }
        boolean isGrown = condemned.size() > sizeAfterLastScan;
        if (nowNanos < nextNanos && !(roomIsWanted && isGrown)) {
            return false;
        }
        scan(nowMillis);
        int before = condemned.size();
        freeUnpinned();
        boolean isReleased = withheld.release(pins);
        boolean freed = isReleased || condemned.size() < before;
        // What stays is pinned: look again soon while things move, else seldom.
        intervalNanos =
                freed || isGrown ? INTERVAL_NANOS : Math.min(2 * intervalNanos, INTERVAL_NANOS_MAX);
        nextNanos = nowNanos + intervalNanos;
        sizeAfterLastScan = condemned.size();
        return freed;
    }

    /** Reads every pin word of every session after a full fence (I6). */
    PinSet scan(long nowMillis) {
        boolean whole;
        do {
            Memory.fullFence();
            pins.clear();
            whole = true;
            for (AttachedSession session : sessions.all()) {
                if (!session.isUnreadable()) {
                    whole &= sessions.guarded(session, () -> session.readPins(nowMillis));
                }
                session.addPins(pins);
            }
        } while (!whole);
        pins.sort();
        return pins;
    }

    private void freeUnpinned() {
        int kept = 0;
        long pinned = 0;
        for (int entry = 0; entry < condemned.size(); entry++) {
            if (entry % PREFETCHED == 0) {
                prefetch(entry);
            }
            long location = condemned.location(entry);
            long end = condemned.end(entry);
            if (pins.isPinned(location, end)) {
                pinned += end - location;
                condemned.keepAs(kept++, entry);
                continue;
            }
            steps.reached("free.unpinned");
            long slot =
                    index.findAt(
                            condemned.first(entry),
                            condemned.second(entry),
                            location,
                            condemned.slotHint(entry));
            if (slot == IndexWriter.NONE) {
                throw new IllegalStateException(
                        "no slot for the condemned record at pool offset " + location);
            }
            index.empty(slot);
            steps.reached("free.emptied");
            space.release(location, end);
            accounts.condemned -= end - location;
        }
        condemned.truncate(kept);
        pinnedBytes = pinned;
    }

    /** Looks at the slots of the next entries, so that they wait for memory at the same time. */
    private void prefetch(int from) {
        long sum = 0;
        for (int i = from; i < Math.min(condemned.size(), from + PREFETCHED); i++) {
            sum += index.prefetchSlot(condemned.slotHint(i));
        }
        prefetched += sum;
    }

    /** Condemned bytes that were pinned at the last scan. */
    long pinnedCondemnedBytes() {
        return pinnedBytes;
    }
}
