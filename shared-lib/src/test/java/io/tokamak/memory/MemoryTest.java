package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A region of memory")
class MemoryTest {
    private static final long SIZE_BYTES = 8192;

    private static final List<ObjLongConsumer<Memory>> LOADS_OF_LONG =
            List.of(Memory::getLong, Memory::getLongOpaque, Memory::getLongAcquire);
    private static final List<ObjLongConsumer<Memory>> STORES_OF_LONG =
            List.of(
                    (memory, offset) -> memory.putLong(offset, 1),
                    (memory, offset) -> memory.putLongOpaque(offset, 1),
                    (memory, offset) -> memory.putLongRelease(offset, 1),
                    (memory, offset) -> memory.compareAndSetLong(offset, 0, 1),
                    (memory, offset) -> memory.getAndAddLong(offset, 1));
    private static final List<ObjLongConsumer<Memory>> LOADS_OF_INT =
            List.of(Memory::getInt, Memory::getIntOpaque, Memory::getIntAcquire);
    private static final List<ObjLongConsumer<Memory>> STORES_OF_INT =
            List.of(
                    (memory, offset) -> memory.putInt(offset, 1),
                    (memory, offset) -> memory.putIntOpaque(offset, 1),
                    (memory, offset) -> memory.putIntRelease(offset, 1),
                    (memory, offset) -> memory.compareAndSetInt(offset, 0, 1),
                    (memory, offset) -> memory.getAndAddInt(offset, 1));

    @TempDir(factory = SharedMemoryFolder.class)
    Path folder;

    private OpenFile file;

    enum Kind {
        FOREVER,
        OF_AN_ARENA,
        SLICE_OF_A_LARGER_ONE,
        ON_HEAP
    }

    @BeforeEach
    void createFile() throws IOException {
        file = OpenFile.create(folder.resolve("file"), 0600);
        file.setSize(3 * SIZE_BYTES);
    }

    private Memory memory(Kind kind) throws IOException {
        return switch (kind) {
            case FOREVER -> file.map(true, SIZE_BYTES);
            case OF_AN_ARENA -> file.map(true, SIZE_BYTES, Arena.ofAuto());
            case SLICE_OF_A_LARGER_ONE ->
                    file.map(true, 3 * SIZE_BYTES).slice(SIZE_BYTES, SIZE_BYTES);
            case ON_HEAP -> Memory.onHeap(SIZE_BYTES);
        };
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("gives back what was stored, whatever the orderings")
    void loadsWhatWasStored(Kind kind) throws IOException {
        Memory memory = memory(kind);

        memory.putLong(0, 1);
        memory.putLongOpaque(8, 2);
        memory.putLongRelease(SIZE_BYTES - 8, 3);
        assertThat(memory.getLongAcquire(0)).isEqualTo(1);
        assertThat(memory.getLong(8)).isEqualTo(2);
        assertThat(memory.getLongOpaque(SIZE_BYTES - 8)).isEqualTo(3);
        assertThat(memory.compareAndSetLong(8, 1, 9)).isFalse();
        assertThat(memory.compareAndSetLong(8, 2, 9)).isTrue();
        assertThat(memory.getAndAddLong(8, 1)).isEqualTo(9);
        assertThat(memory.getLong(8)).isEqualTo(10);

        memory.putInt(16, 1);
        memory.putIntOpaque(20, 2);
        memory.putIntRelease(24, 3);
        assertThat(memory.getIntAcquire(16)).isEqualTo(1);
        assertThat(memory.getInt(20)).isEqualTo(2);
        assertThat(memory.getIntOpaque(24)).isEqualTo(3);
        assertThat(memory.compareAndSetInt(24, 3, 4)).isTrue();
        assertThat(memory.getAndAddInt(24, 1)).isEqualTo(4);
        assertThat(memory.getInt(24)).isEqualTo(5);

        memory.putShort(32, (short) -2);
        memory.putByte(34, (byte) -3);
        assertThat(memory.getShort(32)).isEqualTo((short) -2);
        assertThat(memory.getByte(34)).isEqualTo((byte) -3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("is little-endian")
    void isLittleEndian(Kind kind) throws IOException {
        Memory memory = memory(kind);

        memory.putLong(0, 0x0807060504030201L);

        byte[] bytes = new byte[8];
        memory.copyTo(0, bytes, 0, 8);
        assertThat(bytes).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(memory.getInt(0)).isEqualTo(0x04030201);
        assertThat(memory.getShort(0)).isEqualTo((short) 0x0201);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("I9: refuses every offset outside of it, and does not fault")
    void refusesWildOffsets(Kind kind) throws IOException {
        Memory memory = memory(kind);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 1_000; round++) {
            long wild =
                    switch (round % 4) {
                        case 0 -> random.nextLong() & -Long.BYTES;
                        case 1 -> SIZE_BYTES + (random.nextInt(4096) & -Long.BYTES);
                        case 2 -> -Long.BYTES - (random.nextInt(4096) & -Long.BYTES);
                        default -> Long.MAX_VALUE - 7 - (random.nextInt(4096) & -Long.BYTES);
                    };
            if (wild >= 0 && wild < SIZE_BYTES) {
                continue;
            }
            for (var accesses :
                    List.of(LOADS_OF_LONG, STORES_OF_LONG, LOADS_OF_INT, STORES_OF_INT)) {
                var access = accesses.get(random.nextInt(accesses.size()));
                assertThatExceptionOfType(IndexOutOfBoundsException.class)
                        .as("offset %d, seed %d", wild, seed)
                        .isThrownBy(() -> access.accept(memory, wild));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("I9: refuses what begins inside and ends outside")
    void refusesTheLastBytes(Kind kind) throws IOException {
        Memory memory = memory(kind);
        byte[] bytes = new byte[9];

        assertThatThrownBy(() -> memory.getByte(SIZE_BYTES))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> memory.getInt(SIZE_BYTES - 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> memory.getLongAcquire(SIZE_BYTES - 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> memory.copyTo(SIZE_BYTES - 8, bytes, 0, 9))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> memory.slice(8, SIZE_BYTES))
                .isInstanceOf(IndexOutOfBoundsException.class);
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> memory.view(8, SIZE_BYTES, arena))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.view(8, -1, arena))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("refuses what is not aligned")
    void refusesMisaligned(Kind kind) throws IOException {
        Memory memory = memory(kind);

        assertThatThrownBy(() -> memory.getLongAcquire(4))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> memory.putIntRelease(2, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("refuses every store when read-only, and shows the bytes")
    void refusesStoresWhenReadOnly(Kind kind) throws IOException {
        Memory memory = memory(kind);
        memory.putLong(0, 42);

        Memory readOnly = memory.asReadOnly();

        assertThat(readOnly.getLongAcquire(0)).isEqualTo(42);
        assertThat(readOnly.slice(0, 8).getLong(0)).isEqualTo(42);
        for (var stores : List.of(STORES_OF_LONG, STORES_OF_INT)) {
            for (var store : stores) {
                assertThatThrownBy(() -> store.accept(readOnly, 0))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> store.accept(readOnly.slice(0, 8), 0))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
        assertThatThrownBy(() -> readOnly.copyFrom(0, new byte[1], 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(memory.getLong(0)).isEqualTo(42);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("copies to and from arrays, segments and other regions")
    void copies(Kind kind) throws IOException {
        Memory memory = memory(kind);
        byte[] bytes = {1, 2, 3, 4, 5};

        memory.copyFrom(3, bytes, 1, 4);
        memory.copyFrom(100, MemorySegment.ofArray(bytes));
        memory.copyFrom(200, MemorySegment.ofArray(bytes), 2, 3);

        Memory other = Memory.onHeap(16);
        memory.copyTo(3, other, 1, 4);
        byte[] target = new byte[6];
        other.copyTo(0, target, 0, 6);
        assertThat(target).containsExactly(0, 2, 3, 4, 5, 0);
        memory.copyTo(100, MemorySegment.ofArray(target), 1, 5);
        assertThat(target).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(memory.getByte(202)).isEqualTo((byte) 5);
    }

    @Test
    @DisplayName("of an arena that was closed throws, and so do its views and slices")
    void isGoneWithItsArena() throws IOException {
        Memory memory;
        Memory slice;
        try (Arena arena = Arena.ofShared()) {
            memory = file.map(true, SIZE_BYTES, arena);
            slice = memory.slice(0, 8);
            memory.putLong(0, 1);
        }

        assertThatThrownBy(() -> memory.getLongAcquire(0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.putLong(0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> slice.getLong(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.view(0, 8, Arena.ofAuto()))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Pages.populateWrite(memory, 0, 8))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Futex.wake(memory, 0, 1))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("shows a view that is read-only and throws once its arena is closed")
    void viewEndsWithItsArena() throws IOException {
        Memory memory = file.map(true, SIZE_BYTES);
        memory.putLong(64, 42);
        MemorySegment view;
        try (Arena arena = Arena.ofConfined()) {
            view = memory.view(64, 8, arena);
            assertThat(view.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(42);
            assertThat(view.address()).isEqualTo(memory.address() + 64);
            assertThatThrownBy(() -> view.set(ValueLayout.JAVA_LONG, 0, 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> view.get(ValueLayout.JAVA_LONG, 8))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        assertThatThrownBy(() -> view.get(ValueLayout.JAVA_LONG, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThat(memory.getLong(64)).isEqualTo(42);
    }

    @Test
    @DisplayName("shows a view of a confined arena to its thread alone")
    void viewIsConfined() throws IOException {
        Memory memory = file.map(true, SIZE_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment view = memory.view(0, 8, arena);

            assertThatThrownBy(
                            () ->
                                    CompletableFuture.supplyAsync(
                                                    () -> view.get(ValueLayout.JAVA_LONG, 0))
                                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(WrongThreadException.class);
        }
    }

    @Test
    @DisplayName("on the heap has no address, is zeroed, and may have any length")
    void onHeap() {
        Memory memory = Memory.onHeap(13);

        assertThat(memory.size()).isEqualTo(13);
        assertThat(memory.getLong(0)).isZero();
        memory.putByte(12, (byte) 1);
        assertThatThrownBy(() -> memory.getLong(8)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(memory::address).isInstanceOf(UnsupportedOperationException.class);
        try (Arena arena = Arena.ofConfined()) {
            assertThat(memory.view(12, 1, arena).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
        }
    }
}
