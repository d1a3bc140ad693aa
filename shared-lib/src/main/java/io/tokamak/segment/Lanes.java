package io.tokamak.segment;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.OutOfMemory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a session. A platform thread comes back to its own lane, virtual threads share
 * theirs; who needs one while its own is busy, as a put inside of a put does, gets another.
 * Thread-safe.
 */
public final class Lanes {
    /** A lease costs less than 5 % of a copy of so many bytes. */
    private static final long SHARED_RECORD_BYTES_MAX = 8 << 20;

    /**
     * What part of a pool the extents of shared lanes may take, as the node has it: larger records
     * would not fit beside the lanes that others hold.
     */
    private static final int POOL_TO_EXTENT = 64;

    /** The rest of the session's lanes is for single records. */
    private static final int SHARED_MAX = SessionFile.LANE_COUNT * 3 / 4;

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long BUSY_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Memory session;
    private final Memory pool;
    private final WarmPages pages;
    private final Doorbell doorbell;
    private final Leases leases;
    private final Runnable keeper;

    @SuppressWarnings("ThreadLocalUsage") // each session has its own lanes
    private final ThreadLocal<@Nullable Lane> laneOfThread = new ThreadLocal<>();

    private final List<Lane> shared = new CopyOnWriteArrayList<>();

    /** Lanes for one record each, from the lease until they are given back. */
    private final Set<Lane> singles = ConcurrentHashMap.newKeySet();

    /** Guards what follows, and the owners of lanes. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition given = lock.newCondition();
    private int sharedCount;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    /**
     * @param pool mapped for writing
     * @param keeper is run when {@link #keep} should be called soon
     */
    public Lanes(Memory session, Memory pool, Doorbell doorbell, Leases leases, Runnable keeper) {
        this.session = session;
        this.pool = pool;
        this.pages = new WarmPages(pool);
        this.doorbell = doorbell;
        this.leases = leases;
        this.keeper = keeper;
    }

    /** The largest payload for a shared lane; larger ones get a lane of their own. */
    public static long sharedPayloadBytesMax(long poolBytes) {
        return Math.min(SHARED_RECORD_BYTES_MAX, poolBytes / POOL_TO_EXTENT);
    }

    /**
     * Takes the calling thread's own lane, if it is free and has room for a record at {@link
     * Lane#location}. To be given back with {@link #give}.
     */
    public @Nullable Lane takeOwn(int metadataLength, long payloadLength) {
        Lane lane = Thread.currentThread().isVirtual() ? null : laneOfThread.get();
        if (lane == null || !lane.tryTake()) {
            return null;
        }
        if (!lane.fits(metadataLength, payloadLength)) {
            give(lane);
            return null;
        }
        lane.warm(PoolFile.recordEnd(lane.location(), metadataLength, payloadLength));
        return lane;
    }

    /**
     * Takes a lane, and waits for one or for room in it. To be given back with {@link #give}.
     *
     * @return null: the lanes are closed
     * @throws OutOfMemory when there is no room by the deadline
     */
    public @Nullable Lane take(int metadataLength, long payloadLength, Deadline deadline) {
        Lane lane = Thread.currentThread().isVirtual() ? null : laneOfThread.get();
        if (lane == null || !lane.tryTake()) {
            lane = takeOther(PoolFile.recordBytesMax(metadataLength, payloadLength), deadline);
        }
        if (lane == null) {
            return null;
        }
        try {
            makeRoom(lane, metadataLength, payloadLength, deadline);
            lane.warm(PoolFile.recordEnd(lane.location(), metadataLength, payloadLength));
            return lane;
        } catch (RuntimeException | Error e) {
            give(lane);
            throw e;
        }
    }

    /**
     * Takes a lane of virtual threads that has room, if there is one at this moment. To be given
     * back with {@link #give}.
     */
    public @Nullable Lane takeNow(int metadataLength, long payloadLength) {
        for (Lane lane : shared) {
            if (lane.owner == null && lane.tryTake()) {
                if (hasRoom(lane, metadataLength, payloadLength)) {
                    lane.warm(PoolFile.recordEnd(lane.location(), metadataLength, payloadLength));
                    return lane;
                }
                give(lane);
            }
        }
        return null;
    }

    private boolean hasRoom(Lane lane, int metadataLength, long payloadLength) {
        if (lane.fits(metadataLength, payloadLength)) {
            return true;
        }
        if (!lane.advance()) {
            return false;
        }
        keeper.run();
        return lane.fits(metadataLength, payloadLength);
    }

    private void makeRoom(Lane lane, int metadataLength, long payloadLength, Deadline deadline) {
        while (!lane.fits(metadataLength, payloadLength)) {
            if (!lane.advance()) {
                long size = PoolFile.recordBytesMax(metadataLength, payloadLength);
                lane.enter(leases.leaseNext(lane.number(), size, deadline));
            }
            keeper.run();
        }
    }

    public void give(Lane lane) {
        lane.give();
        if (waiting.get() > 0) {
            lock.lock();
            try {
                given.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    private @Nullable Lane takeOther(long size, Deadline deadline) {
        Thread thread = Thread.currentThread();
        Thread owner = thread.isVirtual() ? null : thread;
        OutOfMemory noLease = null;
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    return null;
                }
                Lane lane = takeIdle(owner, noLease != null || sharedCount >= SHARED_MAX);
                if (lane == null && sharedCount < SHARED_MAX && noLease == null) {
                    sharedCount++;
                    try {
                        lane = lease(owner, size, deadline);
                        if (lane == null) {
                            return null;
                        }
                    } catch (OutOfMemory none) {
                        noLease = none; // somebody's lane may still have room
                        continue;
                    }
                }
                if (lane != null) {
                    return lane;
                }
                awaitGiven(noLease, deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Without the lock meanwhile, which is held before and after. */
    private @Nullable Lane lease(@Nullable Thread owner, long size, Deadline deadline) {
        Lane lane = null;
        lock.unlock();
        try {
            lane = new Lane(session, pool, pages, doorbell, leases.leaseShared(size, deadline));
            KillPoint.reached("lane.leased");
        } finally {
            lock.lock();
            if (lane == null) {
                sharedCount--;
            }
        }
        if (closed) {
            giveBack(lane);
            return null;
        }
        lane.owner = owner;
        if (owner != null) {
            laneOfThread.set(lane);
        }
        shared.add(lane);
        keeper.run();
        return lane;
    }

    /**
     * @param any also lanes of other threads that live
     */
    private @Nullable Lane takeIdle(@Nullable Thread owner, boolean any) {
        for (Lane lane : shared) {
            Thread other = lane.owner;
            boolean isFree = other == null ? owner == null : !other.isAlive();
            if ((isFree || any) && lane.tryTake()) {
                if (isFree) {
                    lane.owner = owner;
                    if (owner != null) {
                        laneOfThread.set(lane);
                    }
                }
                return lane;
            }
        }
        return null;
    }

    @SuppressWarnings("WaitNotInLoop") // the caller looks again
    private void awaitGiven(@Nullable OutOfMemory noLease, Deadline deadline) {
        long remaining = deadline.remainingNanos();
        if (noLease != null && (remaining == 0 || shared.isEmpty())) {
            throw noLease;
        }
        waiting.incrementAndGet();
        try {
            // A lane given between the search and this wait is found after it, at the latest.
            given.awaitNanos(WAIT_NANOS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceeded(
                    "waiting for a lane in an interrupted thread", Duration.ZERO);
        } finally {
            waiting.decrementAndGet();
        }
    }

    /**
     * Leases a lane for one record, warmed by who writes it. It ends with {@link #giveBack}.
     *
     * @param reserve the id of the name that the record will have; null when it has none
     */
    public Lane leaseSingle(long recordBytes, @Nullable ObjectId reserve, Deadline deadline) {
        Lane lane = single(leases.leaseSingle(recordBytes, reserve, deadline));
        lane.isReserved = reserve != null;
        return lane;
    }

    /**
     * As {@link #leaseSingle}, for a record that goes on growing.
     *
     * @param welcomeBytes as many are leased if there is room
     */
    public Lane leaseGrowing(long recordBytes, long welcomeBytes, Deadline deadline) {
        return single(leases.leaseGrowing(recordBytes, welcomeBytes, deadline));
    }

    private Lane single(Extent extent) {
        Lane lane = new Lane(session, pool, pages, doorbell, extent);
        singles.add(lane);
        KillPoint.reached("lane.leased");
        // Either this sees that it is closed, or who closes sees the lane.
        if (closed) {
            giveBack(lane);
            throw InvalidState.used("client", "closed");
        }
        return lane;
    }

    /**
     * Has the extent of a lane for one record made longer where it lies, as far as that is free.
     *
     * @param recordBytes that the record may need
     */
    public void extend(Lane lane, long recordBytes, Deadline deadline) {
        lane.extend(leases.extend(lane.number(), recordBytes, deadline));
    }

    /** Whether somebody writes, or may still write, into a lane of its own. */
    public boolean hasSingles() {
        return !singles.isEmpty();
    }

    /**
     * Ends a lane that the caller has: what was committed is published, the rest is free.
     *
     * <p>Where nothing is left of the extent the node need not know at once: a call would compete
     * for the processors with those who wait for the object.
     */
    public void giveBack(Lane lane) {
        lane.close();
        KillPoint.reached("lane.closed");
        singles.remove(lane);
        if (lane.isReserved || lane.extentEnd() - lane.location() >= PoolFile.BLOCK_BYTES) {
            leases.giveBack(lane.number());
        } else {
            leases.giveBackLater(lane.number());
        }
        KillPoint.reached("lane.returned");
    }

    /**
     * As {@link #giveBack}, and waits for the node: the name that was reserved with the lane is
     * free then.
     */
    public void giveBackNow(Lane lane, Deadline deadline) {
        lane.close();
        singles.remove(lane);
        leases.giveBackNow(lane.number(), deadline);
        KillPoint.reached("lane.returned");
    }

    public WarmPages pages() {
        return pages;
    }

    /**
     * Warms what the node has offered and gives back what nobody uses. For the keeper's thread
     * alone.
     *
     * @return nanoseconds after which it should be called again
     */
    public long keep(long nowNanos) {
        boolean isWaiting = false;
        for (Lane lane : shared) {
            lane.warmOffer();
            isWaiting |= lane.isWaitingForOffer();
            if (lane.commits() != lane.commitsSeen || lane.isBusy()) {
                lane.commitsSeen = lane.commits();
                lane.idleSinceNanos = nowNanos;
            } else if (nowNanos - lane.idleSinceNanos >= IDLE_NANOS && lane.tryClose()) {
                remove(lane);
            }
        }
        return isWaiting ? TimeUnit.MILLISECONDS.toNanos(1) : TimeUnit.MILLISECONDS.toNanos(200);
    }

    private void remove(Lane lane) {
        lock.lock();
        try {
            shared.remove(lane);
            sharedCount--;
        } finally {
            lock.unlock();
        }
        leases.giveBack(lane.number());
    }

    /** Waits for those who are writing, and gives back every shared lane. */
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        for (Lane lane : shared) {
            boolean isMine = lane.tryClose();
            while (!isMine && !lane.isClosed()) {
                LockSupport.parkNanos(BUSY_PAUSE_NANOS);
                isMine = lane.tryClose();
            }
            if (isMine) {
                remove(lane);
            }
        }
    }
}
