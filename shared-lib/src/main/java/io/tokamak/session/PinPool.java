package io.tokamak.session;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.TooManyPins;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Single pin words for virtual threads: a stack after Treiber (IBM RJ 5118, 1986) on the heap, with
 * a count in its head against a word that was taken and given back meanwhile.
 */
final class PinPool {
    private static final int NONE = 0;

    private final PinTable table;
    private final Memory session;

    /** By number of the word: number of the word below it + 1, or {@link #NONE}. */
    private final AtomicIntegerArray below;

    /**
     * Bits 0-31: number of the topmost word + 1, or {@link #NONE}; bits 32-63 count the changes.
     */
    private final AtomicLong head = new AtomicLong();

    /** Of whoever takes a line. */
    private final ReentrantLock growth = new ReentrantLock();

    PinPool(PinTable table, Memory session, int pinLimit) {
        this.table = table;
        this.session = session;
        this.below = new AtomicIntegerArray(pinLimit);
    }

    /**
     * The offset of a free word.
     *
     * @throws TooManyPins when there is none
     */
    int take() {
        int free = takeFree();
        return free != NONE ? free : takeFromNewLine();
    }

    /** {@link #NONE}: there is no free word at the moment. */
    private int takeFree() {
        while (true) {
            long seen = head.get();
            int top = (int) seen;
            if (top == NONE) {
                return NONE;
            }
            if (head.compareAndSet(seen, successor(seen, below.get(top - 1)))) {
                return (int) SessionFile.pinOffset(top - 1);
            }
        }
    }

    void give(int offset) {
        int word = (int) (offset - SessionFile.PINS_OFFSET) / Long.BYTES;
        while (true) {
            long seen = head.get();
            below.set(word, (int) seen);
            if (head.compareAndSet(seen, successor(seen, word + 1))) {
                return;
            }
        }
    }

    /**
     * A line inherited from a thread may hold pins that others have yet to end: those words are
     * never given here. Who waited for another's line looks first what that one has left: else a
     * crowd of threads would take a line each for a word each.
     */
    private int takeFromNewLine() {
        growth.lock();
        try {
            int taken = takeFree();
            if (taken != NONE) {
                return taken;
            }
            int line = table.takeLine();
            for (int i = 0; i < SessionFile.PINS_PER_LINE; i++) {
                int offset = line + i * Long.BYTES;
                if (session.getLongAcquire(offset) != 0) {
                    continue;
                }
                if (taken == NONE) {
                    taken = offset;
                } else {
                    give(offset);
                }
            }
            return taken;
        } finally {
            growth.unlock();
        }
    }

    private static long successor(long seen, int top) {
        return ((seen >>> 32) + 1) << 32 | top;
    }
}
