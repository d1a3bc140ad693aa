package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Pages")
class PagesTest {
    private static final int COUNT = 16;

    @TempDir(factory = SharedMemoryFolder.class)
    Path folder;

    private OpenFile file;
    private Memory memory;

    enum Way {
        POPULATE_WRITE {
            @Override
            void on(Memory memory, long offset, long length) {
                Pages.populateWrite(memory, offset, length);
            }
        },
        POPULATE_READ {
            @Override
            void on(Memory memory, long offset, long length) {
                Pages.populateRead(memory, offset, length);
            }
        },
        TOUCH_WRITE {
            @Override
            void on(Memory memory, long offset, long length) {
                Pages.touchWrite(memory, offset, length);
            }
        },
        TOUCH_READ {
            @Override
            void on(Memory memory, long offset, long length) {
                Pages.touchRead(memory, offset, length);
            }
        };

        abstract void on(Memory memory, long offset, long length);
    }

    @BeforeEach
    void createFile() throws IOException {
        file = OpenFile.create(folder.resolve("file"), 0600);
        file.setSize((long) COUNT * Pages.BYTES);
        memory = file.map(true, file.size());
    }

    @AfterEach
    void close() {
        file.close();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("are made ready wherever the range touches one, and no others")
    void touchesEachPage(Way way) throws IOException {
        way.on(memory, 2L * Pages.BYTES - 100, Pages.BYTES + 200L);

        assertThat(file.status().allocatedBytes()).isEqualTo(3L * Pages.BYTES);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("keep their bytes")
    void keepsBytes(Way way) {
        long seed = System.nanoTime();
        byte[] bytes = new byte[COUNT * Pages.BYTES];
        new Random(seed).nextBytes(bytes);
        memory.copyFrom(0, bytes, 0, bytes.length);

        way.on(memory, 1, bytes.length - 1L);

        byte[] after = new byte[bytes.length];
        memory.copyTo(0, after, 0, after.length);
        assertThat(after).as("seed %d", seed).isEqualTo(bytes);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("of a part of a mapping are its own")
    void ofASlice(Way way) throws IOException {
        way.on(memory.slice(3L * Pages.BYTES + 64, 128), 8, 64);

        assertThat(file.status().allocatedBytes()).isEqualTo(Pages.BYTES);
    }

    @Test
    @DisplayName("I9: beyond the end of the file are an error and no fault")
    void beyondTheFile() throws IOException {
        Memory longer = file.map(true, 2L * COUNT * Pages.BYTES);

        assertThatThrownBy(() -> Pages.populateWrite(longer, (long) COUNT * Pages.BYTES, 1))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot populate");
        assertThatThrownBy(() -> Pages.populateWrite(memory, memory.size(), 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @DisplayName("of an array are left alone")
    void onHeap() {
        Memory heap = Memory.onHeap(64);

        Pages.populateWrite(heap, 0, 64);
        Pages.populateRead(heap, 0, 64);
        assertThat(Pages.adviseHugePages(heap)).isTrue();
    }

    @Test
    @DisplayName("may be huge, which changes no byte")
    void huge() {
        memory.putLong(0, 42);

        Pages.adviseHugePages(memory);

        assertThat(memory.getLong(0)).isEqualTo(42);
    }
}
