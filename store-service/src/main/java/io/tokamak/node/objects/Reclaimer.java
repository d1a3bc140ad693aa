package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Frees the bytes of condemned records that nobody pins (R2). One barrier and one scan of all pin
 * words behind it serve everything that was condemned before. The owner thread's.
 */
final class Reclaimer {
    private static final long INTERVAL_NANOS = 10_000_000;
    private static final long INTERVAL_NANOS_MAX = 160_000_000;

    private static final int PREFETCHED = 32;

    private final Condemned condemned;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts;
    private final IndexWriter.Steps steps;
    private final Withheld withheld;
    private final Supplier<CompletableFuture<Void>> barrier;
    private final Runnable whenPassed;

    /** Under way, for the first {@link #behindBarrier} that are condemned. */
    private @Nullable CompletableFuture<Void> passing;

    private int behindBarrier;
    private final PinScan pinScan;
    private PinSet pins = new PinSet();
    private long nextNanos;
    private long intervalNanos = INTERVAL_NANOS;
    private int keptByLastScan;
    private long pinnedBytes;

    /** Keeps the prefetching loads from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;

    /**
     * @param barrier begins one, see {@link Barrier#begin}
     * @param whenPassed run in another thread when {@link #reclaim} has something to do again
     */
    Reclaimer(
            Condemned condemned,
            IndexWriter index,
            PoolSpace space,
            Accounts accounts,
            SessionTable sessions,
            Withheld withheld,
            Supplier<CompletableFuture<Void>> barrier,
            Runnable whenPassed,
            IndexWriter.Steps steps) {
        this.condemned = condemned;
        this.index = index;
        this.space = space;
        this.accounts = accounts;
        this.pinScan = new PinScan(sessions);
        this.withheld = withheld;
        this.barrier = barrier;
        this.whenPassed = whenPassed;
        this.steps = steps;
    }

    /**
     * Nanoseconds until {@link #reclaim} is due; {@link Long#MAX_VALUE} when nothing waits for pins
     * to go, or for time to pass.
     */
    long dueInNanos(long nowNanos) {
        return isIdle() || passing != null ? Long.MAX_VALUE : Math.max(0, nextNanos - nowNanos);
    }

    private boolean isIdle() {
        return condemned.size() == 0 && !withheld.awaitsPins();
    }

    /** Whether a barrier is under way; {@link #reclaim} has something to do when it is passed. */
    boolean isFreeing() {
        return passing != null;
    }

    /** Something happened after which a scan may find more: the next one does not wait. */
    void hurry() {
        nextNanos = 0;
        intervalNanos = INTERVAL_NANOS;
    }

    /**
     * Begins when it is time, or at once when a put waits for room; scans and frees behind the
     * barrier, in the same call or a later one.
     *
     * @return whether bytes were freed
     */
    boolean reclaim(long nowNanos, long nowMillis, boolean roomIsWanted) {
        if (passing == null) {
            passing = begin(nowNanos, roomIsWanted);
        }
        if (passing == null || !passing.isDone()) {
            return false;
        }
        passing.join();
        passing = null;
        scan(nowMillis);
        int kept = freeUnpinned(behindBarrier);
        boolean isReleased = withheld.release(pins);
        boolean freed = isReleased || kept < behindBarrier;
        // What stays is pinned: look again soon while things move, else seldom.
        intervalNanos =
                freed || behindBarrier > keptByLastScan
                        ? INTERVAL_NANOS
                        : Math.min(2 * intervalNanos, INTERVAL_NANOS_MAX);
        nextNanos = nowNanos + intervalNanos;
        keptByLastScan = kept;
        return freed;
    }

    private @Nullable CompletableFuture<Void> begin(long nowNanos, boolean roomIsWanted) {
        boolean isGrown = condemned.size() > keptByLastScan;
        if (isIdle() || (nowNanos < nextNanos && !(roomIsWanted && isGrown))) {
            return null;
        }
        behindBarrier = condemned.size();
        CompletableFuture<Void> begun = barrier.get();
        if (!begun.isDone()) {
            var _ = begun.whenComplete((_, _) -> whenPassed.run());
        }
        return begun;
    }

    /** See {@link PinScan#read}. */
    PinSet scan(long nowMillis) {
        pins = pinScan.read(nowMillis);
        return pins;
    }

    /**
     * Frees what nobody pins of the first condemned entries.
     *
     * @return how many of them stay
     */
    private int freeUnpinned(int count) {
        int kept = 0;
        long pinned = 0;
        for (int entry = 0; entry < count; entry++) {
            if (entry % PREFETCHED == 0) {
                prefetch(entry, count);
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
        condemned.remove(kept, count);
        pinnedBytes = pinned;
        return kept;
    }

    /** Looks at the slots of the next entries, so that they wait for memory at the same time. */
    private void prefetch(int from, int end) {
        long sum = 0;
        for (int i = from; i < Math.min(end, from + PREFETCHED); i++) {
            sum += index.prefetchSlot(condemned.slotHint(i));
        }
        prefetched += sum;
    }

    /** Condemned bytes that were pinned at the last scan. */
    long pinnedCondemnedBytes() {
        return pinnedBytes;
    }
}
