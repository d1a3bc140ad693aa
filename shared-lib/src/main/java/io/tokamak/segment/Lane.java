package io.tokamak.segment;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A leased extent of the pool and its tail: keeps the client's side of R8 and R9.
 *
 * <p>For one thread at a time: who succeeded with {@link #tryTake} has it until {@link #give}.
 * Nothing is written beyond the extent; the tail is stored after all bytes of a record, and is its
 * commit; after {@link #tryClose} the lane is never touched again (I19).
 */
public final class Lane {
    private static final int IDLE = 0;
    private static final int BUSY = 1;
    private static final int CLOSED = 2;

    /** How much is warmed at a time, ahead of the tail. */
    private static final long WARM_STEP_BYTES = 1 << 20;

    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final long SLEEP_NANOS_MAX = Futex.patience(TimeUnit.MILLISECONDS.toNanos(50));
    private static final long PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final AtomicInteger use = new AtomicInteger(BUSY);
    private final Memory session;
    private final Memory pool;
    private final WarmPages pages;
    private final Doorbell doorbell;
    private final int number;

    /** Of the lane in the session file. */
    private final long base;

    /** The thread that comes first; null: any virtual one. Written by {@link Lanes}, locked. */
    volatile @Nullable Thread owner;

    /** Whether a name is reserved with it, until it is given back. */
    boolean isReserved;

    // What follows belongs to the thread that has taken the lane.
    private long extentNumber;
    private long start;
    private long end;
    private long tail;
    private long warmEnd;
    private boolean nextIsWanted;
    private long nextCounter;
    private long counterEnd;

    /**
     * Read by the keeper without order: it only tells whether something was put since it looked
     * last.
     */
    private int commits;

    /** Seen by the keeper, for the keeper. */
    int commitsSeen = -1;

    long idleSinceNanos;
    long warmedExtent;

    /** A lane in the hands of the calling thread. */
    public Lane(Memory session, Memory pool, WarmPages pages, Doorbell doorbell, Extent extent) {
        this.session = session;
        this.pool = pool;
        this.pages = pages;
        this.doorbell = doorbell;
        this.number = extent.lane();
        this.base = SessionFile.laneOffset(number);
        enter(extent);
    }

    public int number() {
        return number;
    }

    /** Takes the lane unless somebody has it or it is closed. */
    boolean tryTake() {
        return use.compareAndSet(IDLE, BUSY);
    }

    void give() {
        use.set(IDLE);
    }

    /** Ends the lane, unless somebody has it. The caller gives it back to the node. */
    boolean tryClose() {
        return use.compareAndSet(IDLE, CLOSED);
    }

    /** Ends the lane that the caller has. */
    public void close() {
        use.set(CLOSED);
    }

    boolean isBusy() {
        return use.get() == BUSY;
    }

    boolean isClosed() {
        return use.get() == CLOSED;
    }

    /** Goes on in another extent, from its beginning; the one before is closed by that. */
    void enter(Extent extent) {
        checkLent(extent);
        extentNumber = extent.number();
        start = extent.start();
        end = extent.end();
        tail = start;
        warmEnd = start;
        nextIsWanted = false;
        storeTail();
    }

    private void checkLent(Extent extent) {
        if (extent.start() < PoolFile.DATA_OFFSET
                || extent.length() <= 0
                || extent.end() > pool.size()
                || extent.start() % PoolFile.BLOCK_BYTES != 0) {
            throw new CorruptObject(
                    "lane " + number + " was lent " + extent + " of a pool of " + pool.size());
        }
    }

    /** Goes on in the same extent, which has so many bytes now. */
    void extend(long length) {
        checkLent(new Extent(number, extentNumber, start, length));
        end = start + length;
    }

    /** Enters the extent that the node has offered, if it has. */
    boolean advance() {
        long offered = session.getLongAcquire(base + SessionFile.OFFERED_OFFSET);
        if (offered != extentNumber + 1) {
            return false;
        }
        enter(extentAt(offered));
        KillPoint.reached("lane.entered");
        return true;
    }

    private Extent extentAt(long wanted) {
        long at = base + SessionFile.extentOffset(wanted);
        return new Extent(number, wanted, session.getLong(at), session.getLong(at + Long.BYTES));
    }

    public boolean fits(int metadataLength, long payloadLength) {
        return PoolFile.recordEnd(tail, metadataLength, payloadLength) <= end;
    }

    /** Pool offset of the next record. */
    public long location() {
        return tail;
    }

    /** Pool offset at which the extent ends. */
    public long extentEnd() {
        return end;
    }

    /** Makes the pool ready to be written up to an offset. */
    public void warm(long upTo) {
        if (upTo > warmEnd) {
            long next = Math.min(end, Math.max(upTo, warmEnd + WARM_STEP_BYTES));
            pages.warm(warmEnd, next);
            warmEnd = next;
        }
    }

    /**
     * Commits the record at {@link #location}, which ends at that pool offset: all its bytes were
     * written, by this thread or by threads it has waited for. The node is told if it waits.
     */
    public void commit(long recordEnd) {
        advanceTail(recordEnd);
        KillPoint.reached("put.committed");
        doorbell.ringIfWanted();
        KillPoint.reached("put.rung");
    }

    private void advanceTail(long recordEnd) {
        tail = recordEnd;
        commits++;
        storeTail();
        if (!nextIsWanted && tail - start >= end - tail) {
            wantNext();
        }
    }

    private void storeTail() {
        session.putLongRelease(
                base + SessionFile.tailOffset(extentNumber),
                SessionFile.position(extentNumber, tail - start));
    }

    private void wantNext() {
        nextIsWanted = true;
        if (session.getIntAcquire(base + SessionFile.KIND_OFFSET) == SessionFile.KIND_SHARED
                && session.getLongAcquire(base + SessionFile.OFFERED_OFFSET) == extentNumber) {
            session.putLongRelease(base + SessionFile.WANTED_OFFSET, extentNumber + 1);
            doorbell.ring();
        }
    }

    /**
     * Commits as {@link #commit}, and waits for the node's answer to this named record (R9).
     *
     * @return {@link SessionFile#ANSWER_CREATED}, {@link SessionFile#ANSWER_EXISTS}, {@link
     *     SessionFile#ANSWER_REFUSED}, or 0 when there was no answer by the deadline
     */
    public int commitNamed(long recordEnd, Deadline deadline) {
        long position = SessionFile.position(extentNumber, tail - start);
        advanceTail(recordEnd);
        KillPoint.reached("put.committed");
        doorbell.ring();
        KillPoint.reached("put.rung");
        int answer = awaitAnswer(position, deadline);
        KillPoint.reached("put.answered");
        return answer;
    }

    private int awaitAnswer(long position, Deadline deadline) {
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < SPIN_NANOS) {
            if (isAnswered(position)) {
                return answer();
            }
            Thread.onSpinWait();
        }
        while (true) {
            int seen = session.getIntAcquire(base + SessionFile.ANSWERS_OFFSET);
            if (isAnswered(position)) {
                return answer();
            }
            long remaining = deadline.remainingNanos();
            if (remaining == 0) {
                return 0;
            }
            if (Thread.currentThread().isVirtual()) {
                LockSupport.parkNanos(PARK_NANOS);
            } else {
                Futex.await(
                        session,
                        base + SessionFile.ANSWERS_OFFSET,
                        seen,
                        Math.min(remaining, SLEEP_NANOS_MAX));
            }
        }
    }

    private boolean isAnswered(long position) {
        return session.getLongAcquire(base + SessionFile.ANSWERED_OFFSET) == position;
    }

    private int answer() {
        return session.getInt(base + SessionFile.ANSWER_OFFSET);
    }

    /** Of the object that has the name, after an answer. */
    public long answeredIncarnation() {
        return session.getLong(base + SessionFile.ANSWER_INCARNATION_OFFSET);
    }

    /** A new id for an anonymous object. */
    public ObjectId nextId(IdSource ids) {
        if (nextCounter == counterEnd) {
            nextCounter = ids.takeBlock();
            counterEnd = nextCounter + IdSource.BLOCK_COUNT;
        }
        return ids.id(nextCounter++);
    }

    int commits() {
        return commits;
    }

    /**
     * For the keeper, beside the thread that has the lane: the next extent is warm before it is
     * entered.
     */
    boolean warmOffer() {
        long offered = session.getLongAcquire(base + SessionFile.OFFERED_OFFSET);
        if (offered == warmedExtent) {
            return false;
        }
        warmedExtent = offered;
        Extent extent = extentAt(offered);
        if (extent.start() >= PoolFile.DATA_OFFSET
                && extent.length() > 0
                && extent.end() <= pool.size()) {
            pages.warm(extent.start(), extent.end());
        }
        return true;
    }

    /** Whether an extent was asked for that is not offered yet. */
    boolean isWaitingForOffer() {
        return session.getLongAcquire(base + SessionFile.WANTED_OFFSET)
                > session.getLongAcquire(base + SessionFile.OFFERED_OFFSET);
    }
}
