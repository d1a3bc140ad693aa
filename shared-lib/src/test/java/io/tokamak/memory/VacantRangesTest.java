package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A mapping until the process ends that is given back")
class VacantRangesTest {
    private static final AtomicInteger PAGES = new AtomicInteger(13);

    /** No other test maps a file of this length. */
    private final long sizeBytes = PAGES.getAndIncrement() * 4096L;

    @TempDir(factory = SharedMemoryFolder.class)
    Path folder;

    private OpenFile file;

    @BeforeEach
    void createFile() throws IOException {
        file = OpenFile.create(folder.resolve("file"), 0600);
        file.setSize(sizeBytes);
    }

    @Test
    @DisplayName("is empty memory: loads find zeros, stores reach nobody")
    void isEmpty() throws IOException {
        Memory memory = file.map(true, sizeBytes);
        memory.putLong(8, 7);
        memory.vacate();
        assertThat(memory.getLong(8)).isZero();
        memory.putLong(8, 9);
        assertThat(file.map(false, sizeBytes).getLong(8)).isEqualTo(7);
    }

    @Test
    @DisplayName("leaves its addresses to the next mapping of its length, and to one alone")
    void isUsedAgain() throws IOException {
        Memory memory = file.map(false, sizeBytes);
        memory.recycle();
        Memory next = file.map(true, sizeBytes - 1);
        assertThat(next.address()).isEqualTo(memory.address());
        assertThat(file.map(true, sizeBytes).address()).isNotEqualTo(memory.address());
    }

    @Test
    @DisplayName("is not given back a second time, whoever has its addresses by then")
    void isGivenBackOnce() throws IOException {
        Memory memory = file.map(true, sizeBytes);
        memory.recycle();
        Memory next = file.map(true, sizeBytes);
        next.putLong(8, 7);
        memory.recycle();
        memory.vacate();
        assertThat(next.getLong(8)).isEqualTo(7);
        assertThat(file.map(true, sizeBytes).address()).isNotEqualTo(next.address());
    }

    @Test
    @DisplayName("stays with those who may have it when mapping the next one fails")
    void failedMapping() throws IOException {
        Memory memory = file.map(true, sizeBytes);
        memory.recycle();
        try (OpenFile readOnly = OpenFile.openReadOnly(folder.resolve("file"))) {
            assertThatThrownBy(() -> readOnly.map(true, sizeBytes))
                    .isInstanceOf(NativeFailure.class);
        }
        assertThat(memory.getLong(8)).isZero();
        assertThat(file.map(true, sizeBytes).address()).isEqualTo(memory.address());
    }

    @Test
    @DisplayName("is never given to two of many threads that map and give back")
    void manyThreads() throws Exception {
        Set<Long> mapped = ConcurrentHashMap.newKeySet();
        List<Future<?>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                results.add(threads.submit(() -> mapAndGiveBack(mapped)));
            }
        }
        for (Future<?> result : results) {
            result.get();
        }
    }

    private void mapAndGiveBack(Set<Long> mapped) {
        try {
            for (int i = 0; i < 2_000; i++) {
                Memory memory = file.map(true, sizeBytes);
                assertThat(mapped.add(memory.address())).isTrue();
                mapped.remove(memory.address());
                memory.recycle();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
