package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A futex")
class FutexTest {
    private static final long WORD_OFFSET = 64;
    private static final int VALUE = 7;
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(60);

    @TempDir(factory = SharedMemoryFolder.class)
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private OpenFile file;
    private Memory memory;

    @BeforeEach
    void createFile() throws IOException {
        file = OpenFile.create(folder.resolve("file"), 0600);
        file.setSize(4096);
        memory = file.map(true, 4096);
        memory.putInt(WORD_OFFSET, VALUE);
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        file.close();
    }

    private Memory mapping(boolean isWritable) throws IOException {
        try (OpenFile again =
                isWritable
                        ? OpenFile.openReadWrite(file.path())
                        : OpenFile.openReadOnly(file.path())) {
            return again.map(isWritable, 4096);
        }
    }

    private void wakeOne(Memory through) {
        await().pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30))
                .until(() -> Futex.wake(through, WORD_OFFSET, 1) == 1);
    }

    @ParameterizedTest(name = "sleeper may write: {0}, waker may write: {1}")
    @CsvSource({"true, true", "false, true", "true, false", "false, false"})
    @DisplayName("I27: wakes who sleeps on another mapping, also a read-only one")
    void wakesAcrossMappings(boolean sleeperMayWrite, boolean wakerMayWrite) throws Exception {
        Memory sleepers = mapping(sleeperMayWrite);
        var outcome =
                CompletableFuture.supplyAsync(
                        () -> Futex.await(sleepers, WORD_OFFSET, VALUE, LONG_NANOS), threads);

        wakeOne(mapping(wakerMayWrite));

        assertThat(outcome.get(30, TimeUnit.SECONDS)).isEqualTo(Futex.Outcome.WOKEN);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("I27: wakes who sleeps in another process")
    void wakesAcrossProcesses(boolean mayWrite) throws Exception {
        try (ChildProcess child =
                ChildProcess.start("sleep", file.path().toString(), String.valueOf(mayWrite))) {
            assertThat(child.says()).isEqualTo("ready");

            wakeOne(memory);

            assertThat(child.says()).isEqualTo("WOKEN");
        }
    }

    @Test
    @DisplayName("returns at once when the word has changed")
    void returnsWhenChanged() {
        assertThat(Futex.await(memory, WORD_OFFSET, VALUE + 1, LONG_NANOS))
                .isEqualTo(Futex.Outcome.CHANGED);
        memory.putInt(WORD_OFFSET, -1);
        assertThat(Futex.await(memory, WORD_OFFSET, VALUE, LONG_NANOS))
                .isEqualTo(Futex.Outcome.CHANGED);
        assertThat(Futex.await(memory, WORD_OFFSET, -1, 1)).isEqualTo(Futex.Outcome.TIMED_OUT);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 20_000_000})
    @DisplayName("returns at the time-out and not before")
    void timesOut(long timeoutNanos) {
        long start = System.nanoTime();

        assertThat(Futex.await(memory, WORD_OFFSET, VALUE, timeoutNanos))
                .isEqualTo(Futex.Outcome.TIMED_OUT);

        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(timeoutNanos);
    }

    @Test
    @DisplayName("wakes as many as it is told")
    void wakesMany() throws Exception {
        var sleepers = new CompletableFuture<?>[5];
        for (int i = 0; i < sleepers.length; i++) {
            sleepers[i] =
                    CompletableFuture.supplyAsync(
                            () -> Futex.await(memory, WORD_OFFSET, VALUE, LONG_NANOS), threads);
        }

        wakeOne(memory);
        wakeOne(memory);
        int[] woken = {2};
        await().pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30))
                .until(() -> (woken[0] += Futex.wake(memory, WORD_OFFSET, 100)) == 5);

        CompletableFuture.allOf(sleepers).get(30, TimeUnit.SECONDS);
        assertThat(Futex.wake(memory, WORD_OFFSET, 1)).isZero();
    }

    @Test
    @DisplayName("I9: has to be a word of the region")
    void hasToBeAWord() {
        for (long wild : new long[] {-4, 4096, 4094, Long.MAX_VALUE - 3, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> Futex.wake(memory, wild, 1))
                    .isInstanceOfAny(
                            IndexOutOfBoundsException.class, IllegalArgumentException.class);
            assertThatThrownBy(() -> Futex.await(memory, wild, 0, 0))
                    .isInstanceOfAny(
                            IndexOutOfBoundsException.class, IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Futex.wake(memory, 2, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("on the heap wakes nobody and lets nobody sleep")
    void onHeap() {
        Memory heap = Memory.onHeap(64);

        assertThat(Futex.wake(heap, 0, 1)).isZero();
        assertThatThrownBy(() -> Futex.await(heap, 0, 0, 0))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
