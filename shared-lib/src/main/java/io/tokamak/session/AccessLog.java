package io.tokamak.session;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells the node which objects with an idle time were read: the writer's side of R7.
 *
 * <p>Each access is worth one report until the node has moved the object's expiry. A table of what
 * was reported last keeps an object that is read millions of times a second from filling the ring.
 * What the ring has no room for waits on the heap for {@link #flush}.
 */
public final class AccessLog {
    private static final int RECENT_COUNT = 1 << 12;
    private static final int WAITING_MAX = 1 << 20;

    private final Memory session;

    /** Fingerprints by hash. Racy on purpose: a lost entry costs a second report. */
    private final long[] recent = new long[RECENT_COUNT];

    private final ReentrantLock lock = new ReentrantLock();
    private long tail;
    private long[] waiting = new long[64];
    private int waitingStart;
    private int waitingEnd;

    public AccessLog(Memory session) {
        this.session = session;
        this.tail = session.getLongAcquire(SessionFile.ACCESS_TAIL_OFFSET);
    }

    /**
     * Reports an access, unless the same was reported before.
     *
     * @param first bytes 0 to 7 of the id, little-endian
     * @param second bytes 8 to 15 of the id, little-endian
     * @param expiryMillis of the object, as the access found it
     */
    public void report(long first, long second, long expiryMillis) {
        long fingerprint =
                (first * 0x9E3779B97F4A7C15L + second) * 0xD6E8FEB86659FD93L + expiryMillis;
        int at = (int) (fingerprint >>> 40) & RECENT_COUNT - 1;
        if (recent[at] == fingerprint) {
            return;
        }
        lock.lock();
        try {
            if (waitingEnd > 0 || !append(first, second)) {
                delay(first, second);
            }
        } finally {
            lock.unlock();
        }
        recent[at] = fingerprint;
    }

    /**
     * Writes what had to wait, as far as the node has made room.
     *
     * @return whether something still waits
     */
    public boolean flush() {
        lock.lock();
        try {
            while (waitingStart < waitingEnd
                    && append(waiting[2 * waitingStart], waiting[2 * waitingStart + 1])) {
                waitingStart++;
            }
            if (waitingStart == waitingEnd) {
                waitingStart = 0;
                waitingEnd = 0;
            }
            return waitingEnd > 0;
        } finally {
            lock.unlock();
        }
    }

    private boolean append(long first, long second) {
        if (tail - session.getLongAcquire(SessionFile.ACCESS_HEAD_OFFSET)
                >= SessionFile.ACCESS_LIMIT) {
            return false;
        }
        long entry = SessionFile.accessOffset(tail);
        session.putLongOpaque(entry, first);
        session.putLongOpaque(entry + Long.BYTES, second);
        tail++;
        session.putLongRelease(SessionFile.ACCESS_TAIL_OFFSET, tail);
        return true;
    }

    /**
     * With a node away for long, what does not fit is dropped: the object is then as old as its
     * access before.
     */
    private void delay(long first, long second) {
        if (waitingEnd == WAITING_MAX) {
            return;
        }
        if (2 * waitingEnd == waiting.length) {
            waiting = Arrays.copyOf(waiting, 2 * waiting.length);
        }
        waiting[2 * waitingEnd] = first;
        waiting[2 * waitingEnd + 1] = second;
        waitingEnd++;
    }
}
