package io.tokamak.session;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.TooManyPins;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The pin words of a session: keeps the reader's side of R2, and I5.
 *
 * <p>Threads own pin words by the cache line. Which words of a line are free is read from the words
 * themselves: only the owner sets them, and whoever ends the last view of a pin clears its word,
 * from any thread. A line whose thread has died goes to another one, with the pins that are still
 * in it. Virtual threads, of which there may be more than lines, take single words from a pool.
 *
 * <p>A pin is the offset of its word in the session file, or the complement of that when the word
 * belongs to the pool.
 */
public final class PinTable {
    private static final int LINE_BYTES = SessionFile.PINS_PER_LINE * Long.BYTES;
    private static final int ALLOCATION_STEP_BYTES = 64 << 10;

    /** Makes a part of the session file safe to touch. */
    @FunctionalInterface
    public interface Blocks {
        /**
         * @return false when there is no room
         */
        boolean allocate(long offset, long length);
    }

    private final Memory session;
    private final Blocks blocks;
    private final int pinLimit;
    private final boolean isFenced;

    @SuppressWarnings("ThreadLocalUsage") // each session has its own lines
    private final ThreadLocal<PinLines> linesOfThread = ThreadLocal.withInitial(this::newLines);

    private final PinPool pool;
    private final LongAdder getsOfVirtualThreads = new LongAdder();

    /** Guards what follows; taken when a thread needs a line, never for a pin. */
    private final ReentrantLock lock = new ReentrantLock();

    private final List<Owned> owned = new ArrayList<>();
    private final List<Integer> spareLines = new ArrayList<>();
    private int linesUsed;
    private long getsOfDeadThreads;
    private long allocatedEnd = SessionFile.pinOffset(SessionFile.PINS_ALLOCATED);

    private record Owned(WeakReference<Thread> thread, PinLines lines) {
        boolean isOrphaned() {
            Thread owner = thread.get();
            return owner == null || !owner.isAlive();
        }
    }

    /**
     * @param session the mapped session file
     * @param blocks allocates blocks of it
     * @param pinLimit words that the file has room for
     * @param isFenced whether each pin has a fence of its own; false: the node has one take effect
     *     here before it reads the pins
     */
    public PinTable(Memory session, Blocks blocks, int pinLimit, boolean isFenced) {
        this.session = session;
        this.blocks = blocks;
        this.pinLimit = pinLimit;
        this.isFenced = isFenced;
        this.pool = new PinPool(this, session, pinLimit);
    }

    /** The calling thread's lines. Not for virtual threads. */
    PinLines linesOfThread() {
        return linesOfThread.get();
    }

    /** Where the calling thread notes what it finds, and with which its pins are put. */
    public Pinned scratch() {
        return Thread.currentThread().isVirtual() ? new Pinned(null) : linesOfThread.get().pinned;
    }

    /**
     * Pins a record, fenced: what the caller loads from now on says whether the pin came in time
     * (R2).
     *
     * @throws TooManyPins when the table is full
     */
    public int pin(long location) {
        Pinned pinned = scratch();
        pinned.location = location;
        pin(pinned);
        return pinned.pin;
    }

    /** As {@link #pin(long)}, at {@link Pinned#location}, by the thread whose scratch it is. */
    public void pin(Pinned pinned) {
        put(pinned);
        KillPoint.reached("get.stored");
        fence();
    }

    /**
     * Between the stores of pins and the second look (R2). Where the node has a fence take effect
     * here, the compiler alone has to keep the stores before it, and the loads have to come before
     * the second look (R1).
     */
    public void fence() {
        if (isFenced) {
            Memory.fullFence();
        } else {
            Memory.acquireFence();
        }
    }

    /**
     * As {@link #pin(Pinned)}, without the fence: for several pins with one fence after the last.
     *
     * @throws TooManyPins when the table is full
     */
    public void put(Pinned pinned) {
        PinLines lines = pinned.lines;
        int offset = lines == null ? pool.take() : lines.freeWord();
        session.putLongOpaque(offset, PoolFile.pinOf(pinned.location));
        pinned.pin = lines == null ? ~offset : offset;
    }

    /** Ends a pin: the loads of its bytes come before (R2). From any thread, once. */
    public void clear(int pin) {
        if (pin >= 0) {
            session.putLongRelease(pin, 0);
        } else {
            session.putLongRelease(~pin, 0);
            pool.give(~pin);
        }
    }

    /** Counts an object that the thread whose scratch it is has got. */
    public void countGet(Pinned pinned) {
        if (pinned.lines == null) {
            getsOfVirtualThreads.increment();
        } else {
            pinned.gets++;
        }
    }

    /**
     * Objects that were got by all threads. From any thread; what others count at the moment may be
     * missing.
     */
    public long gets() {
        lock.lock();
        try {
            long gets = getsOfDeadThreads + getsOfVirtualThreads.sum();
            for (Owned each : owned) {
                gets += each.lines.pinned.gets;
            }
            return gets;
        } finally {
            lock.unlock();
        }
    }

    /** Pins that are held at the moment. */
    public int count() {
        int pins = 0;
        for (long offset = SessionFile.PINS_OFFSET; offset < usedEnd(); offset += Long.BYTES) {
            if (session.getLongAcquire(offset) != 0) {
                pins++;
            }
        }
        return pins;
    }

    private long usedEnd() {
        return SessionFile.pinOffset(session.getIntAcquire(SessionFile.PIN_HIGH_WATER_OFFSET));
    }

    private PinLines newLines() {
        PinLines lines = new PinLines(this, session);
        lock.lock();
        try {
            owned.add(new Owned(new WeakReference<>(Thread.currentThread()), lines));
        } finally {
            lock.unlock();
        }
        return lines;
    }

    /**
     * Hands a line with at least one free word to the caller.
     *
     * @return the offset of its first word
     * @throws TooManyPins when there is none
     */
    int takeLine() {
        lock.lock();
        try {
            adoptOrphans();
            for (Iterator<Integer> lines = spareLines.iterator(); lines.hasNext(); ) {
                int line = lines.next();
                if (hasFreeWord(line)) {
                    lines.remove();
                    return line;
                }
            }
            return newLine();
        } finally {
            lock.unlock();
        }
    }

    private void adoptOrphans() {
        for (Iterator<Owned> each = owned.iterator(); each.hasNext(); ) {
            Owned lines = each.next();
            if (lines.isOrphaned()) {
                lines.lines.giveUp(spareLines);
                getsOfDeadThreads += lines.lines.pinned.gets;
                each.remove();
            }
        }
    }

    private boolean hasFreeWord(int line) {
        for (int offset = line; offset < line + LINE_BYTES; offset += Long.BYTES) {
            if (session.getLongAcquire(offset) == 0) {
                return true;
            }
        }
        return false;
    }

    private int newLine() {
        int pins = (linesUsed + 1) * SessionFile.PINS_PER_LINE;
        long end = SessionFile.pinOffset(pins);
        if (pins > pinLimit) {
            throw new TooManyPins(count(), pins - SessionFile.PINS_PER_LINE);
        }
        if (!cover(end)) {
            throw TooManyPins.withoutMemory(count(), pins - SessionFile.PINS_PER_LINE);
        }
        int line = (int) SessionFile.pinOffset(linesUsed * SessionFile.PINS_PER_LINE);
        linesUsed++;
        // Before the fence of the first pin in this line (R2).
        session.putIntRelease(SessionFile.PIN_HIGH_WATER_OFFSET, pins);
        return line;
    }

    private boolean cover(long end) {
        while (allocatedEnd < end) {
            long step =
                    Math.min(ALLOCATION_STEP_BYTES, SessionFile.pinOffset(pinLimit) - allocatedEnd);
            if (!blocks.allocate(allocatedEnd, step)) {
                return false;
            }
            allocatedEnd += step;
        }
        return true;
    }
}
