package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.foreign.Arena;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A reader sets one pin after the other and looks at a state after each, without a fence; the other
 * side follows it, changes the state, and looks for the last pin. R2 without the reader's fence.
 */
@DisplayName("A barrier everywhere")
class MembarrierTest {
    private static final int PINS = 1 << 13;
    private static final long PIN_BYTES = 64;
    private static final long STATE = PINS * PIN_BYTES;
    private static final long SECONDS_MAX = 60;

    private final Memory words =
            Memory.of(Arena.global().allocate(STATE + 4096, 4096).reinterpret(STATE + 4096));

    private final CyclicBarrier together = new CyclicBarrier(2);

    /** Pins that the reader had set when it still saw the old state. */
    private volatile int kept;

    private volatile boolean done;

    @Test
    @DisplayName("I3: a reader that leaves its fence out is seen by who looks behind the barrier")
    void seen() throws Exception {
        assertThat(Membarrier.isAvailable()).isTrue(); // since Linux 4.3
        assertThat(missed(Membarrier::everywhere, 200)).isZero();
    }

    @Test
    @DisplayName("I3: and is missed behind a fence of the other side alone")
    void missedOtherwise() throws Exception {
        assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
        assertThat(missed(Memory::fullFence, Integer.MAX_VALUE)).isPositive();
    }

    /** Rounds in which the reader kept a pin that was not seen; ends with the first. */
    private int missed(Runnable barrier, int rounds) throws Exception {
        Thread reader = Thread.ofPlatform().daemon().start(this::read);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        int missed = 0;
        for (int round = 0;
                round < rounds && missed == 0 && System.nanoTime() < deadline;
                round++) {
            words.segment().fill((byte) 0);
            together.await();
            int target = 100 + (round & 0xFF) * 16;
            while (words.getLongAcquire(target * PIN_BYTES) == 0) {
                Thread.onSpinWait();
            }
            words.putLongRelease(STATE, 1);
            barrier.run();
            int pinned = firstFree(target);
            together.await();
            if (kept > pinned) {
                missed++;
            }
        }
        done = true;
        together.await();
        reader.join();
        return missed;
    }

    private int firstFree(int from) {
        int pin = from;
        while (pin < PINS && words.getLongAcquire(pin * PIN_BYTES) != 0) {
            pin++;
        }
        return pin;
    }

    private void read() {
        try {
            while (true) {
                together.await();
                if (done) {
                    return;
                }
                int pin = 0;
                while (pin < PINS) {
                    words.putLongOpaque(pin * PIN_BYTES, 1);
                    Memory.acquireFence();
                    if (words.getLongAcquire(STATE) != 0) {
                        break;
                    }
                    pin++;
                }
                kept = pin;
                together.await();
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
