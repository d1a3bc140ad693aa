package io.tokamak.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.TooManyPins;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A pin table")
class PinTableTest {
    private static final long LOCATION = 4096;

    private final Memory session = Memory.onHeap(SessionFile.LENGTH);
    private long allocatedEnd = SessionFile.pinOffset(SessionFile.PINS_ALLOCATED);
    private boolean isFull;
    private final PinTable pins =
            new PinTable(session, this::allocate, SessionFile.PIN_LIMIT, true);

    private boolean allocate(long offset, long length) {
        allocatedEnd = Math.max(allocatedEnd, offset + length);
        return !isFull;
    }

    @Test
    @DisplayName("I5: writes the record's place into a word, and zero when the pin ends")
    void pinAndClear() {
        int pin = pins.pin(LOCATION);

        assertThat(session.getLong(pin)).isEqualTo(PoolFile.pinOf(LOCATION));
        pins.clear(pin);
        assertThat(session.getLong(pin)).isZero();
        assertThat(pins.count()).isZero();
    }

    @Test
    @DisplayName("I5: gives no word twice while it is held, and uses words again afterwards")
    void distinctWords() {
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            held.add(pins.pin(LOCATION + 16L * i));
        }

        assertThat(new HashSet<>(held)).hasSize(1000);
        int highWater = session.getInt(SessionFile.PIN_HIGH_WATER_OFFSET);
        held.forEach(pins::clear);
        for (int i = 0; i < 100_000; i++) {
            pins.clear(pins.pin(LOCATION));
        }
        assertThat(session.getInt(SessionFile.PIN_HIGH_WATER_OFFSET)).isEqualTo(highWater);
    }

    @Test
    @DisplayName("I6: has every word below the high water, and allocated")
    void highWater() {
        int last = 0;
        for (int i = 0; i < 3 * SessionFile.PINS_ALLOCATED; i++) {
            last = Math.max(last, pins.pin(LOCATION));
            long end = SessionFile.pinOffset(session.getInt(SessionFile.PIN_HIGH_WATER_OFFSET));
            assertThat((long) last).isLessThan(end);
            assertThat(end).isLessThanOrEqualTo(allocatedEnd);
        }
    }

    @Test
    @DisplayName("fails with TooManyPins at the limit, and works again after a pin ended")
    void limit() {
        PinTable small = new PinTable(session, this::allocate, 64, true);
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            held.add(small.pin(LOCATION));
        }

        assertThatThrownBy(() -> small.pin(LOCATION)).isInstanceOf(TooManyPins.class);
        small.clear(held.get(17));
        assertThat(small.pin(LOCATION)).isEqualTo(held.get(17));
    }

    @Test
    @DisplayName("fails with TooManyPins when the file system is full")
    void noSpace() {
        isFull = true;
        for (int i = 0; i < SessionFile.PINS_ALLOCATED; i++) {
            pins.pin(LOCATION);
        }

        assertThatThrownBy(() -> pins.pin(LOCATION)).isInstanceOf(TooManyPins.class);
    }

    @Test
    @DisplayName("I5: hands a dead thread's words on, but not those that still pin")
    void orphans() throws InterruptedException {
        PinTable small = new PinTable(session, this::allocate, 16, true);
        List<Integer> left = new ArrayList<>();
        Thread dying =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    for (int i = 0; i < 10; i++) {
                                        left.add(small.pin(LOCATION));
                                    }
                                });
        dying.join();

        Set<Integer> mine = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            mine.add(small.pin(LOCATION + 16));
        }
        assertThat(mine).hasSize(6).doesNotContainAnyElementsOf(left);
        assertThatThrownBy(() -> small.pin(LOCATION)).isInstanceOf(TooManyPins.class);
        small.clear(left.getFirst());
        assertThat(small.pin(LOCATION)).isEqualTo(left.getFirst());
    }

    @Test
    @DisplayName("counts the gets of threads that live, of virtual ones, and of those that died")
    void gets() throws InterruptedException {
        Runnable three =
                () -> {
                    for (int i = 0; i < 3; i++) {
                        pins.countGet(pins.scratch());
                    }
                };
        three.run();
        Thread.ofVirtual().start(three).join();
        Thread.ofPlatform()
                .start(
                        () -> {
                            three.run();
                            pins.clear(pins.pin(LOCATION)); // has a line to leave
                        })
                .join();
        assertThat(pins.gets()).isEqualTo(9);

        pins.clear(pins.pin(LOCATION)); // takes a line: those of the dead are taken over
        assertThat(pins.gets()).isEqualTo(9);
        three.run();
        assertThat(pins.gets()).isEqualTo(12);
    }

    @Test
    @DisplayName("gives virtual threads that wait for the same line of it one word each")
    void crowd() throws InterruptedException {
        int lines = 2;
        int crowd = lines * SessionFile.PINS_PER_LINE;
        List<Thread> threads = new ArrayList<>();
        PinTable.Blocks whenAllWait =
                (_, _) -> {
                    long deadline = System.nanoTime() + 10_000_000_000L;
                    while (threads.stream()
                                    .filter(each -> each.getState() == Thread.State.WAITING)
                                    .count()
                            < crowd - 1) {
                        assertThat(System.nanoTime()).isLessThan(deadline);
                        LockSupport.parkNanos(100_000);
                    }
                    return true;
                };
        PinTable small =
                new PinTable(session, whenAllWait, SessionFile.PINS_ALLOCATED + crowd, true);
        Thread.ofVirtual()
                .start(
                        () -> {
                            for (int i = 0; i < SessionFile.PINS_ALLOCATED; i++) {
                                var _ = small.pin(LOCATION);
                            }
                        })
                .join();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < crowd; i++) {
            threads.add(
                    Thread.ofVirtual()
                            .unstarted(
                                    () -> {
                                        var _ = small.pin(LOCATION);
                                    }));
            threads.getLast().setUncaughtExceptionHandler((_, failure) -> failures.add(failure));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failures).isEmpty();
        assertThat(small.count()).isEqualTo(SessionFile.PINS_ALLOCATED + crowd);
    }

    @Test
    @DisplayName("serves more virtual threads than it has lines")
    void virtualThreads() throws InterruptedException {
        PinTable small = new PinTable(session, this::allocate, 512, true);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            long location = LOCATION + 16L * i;
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            int pin = small.pin(location);
                                            assertThat(session.getLong(~pin))
                                                    .isEqualTo(PoolFile.pinOf(location));
                                            small.clear(pin);
                                        } catch (Throwable e) {
                                            failures.add(e);
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failures).isEmpty();
        assertThat(small.count()).isZero();
    }
}
