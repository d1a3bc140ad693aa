package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A region of memory with ordered access: a mapped file, or an array for tests. Offsets are bytes
 * from its beginning; integers are little-endian and aligned to their size.
 *
 * <p>Each method says its ordering in its name, as {@link VarHandle} defines it; without one it is
 * plain. Every access is checked against the region's length and throws {@link
 * IndexOutOfBoundsException}: a wild offset never becomes a fault (I9). Thread-safe as far as the
 * orderings used are.
 */
public final class Memory {
    private static final ValueLayout.OfLong LONG_LAYOUT =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_LAYOUT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = LONG_LAYOUT.varHandle();
    private static final VarHandle INT = INT_LAYOUT.varHandle();

    private final MemorySegment segment;

    Memory(MemorySegment segment) {
        this.segment = segment;
    }

    /** A region on the heap, zeroed, for tests of what runs on mapped memory otherwise. */
    public static Memory onHeap(int sizeBytes) {
        return new Memory(
                MemorySegment.ofArray(new long[(sizeBytes + 7) / 8]).asSlice(0, sizeBytes));
    }

    public long size() {
        return segment.byteSize();
    }

    /** The same bytes, for copying. */
    public MemorySegment segment() {
        return segment;
    }

    /** The same bytes as they may be shown to a caller: read-only. */
    public Memory asReadOnly() {
        return new Memory(segment.asReadOnly());
    }

    /** A part of the region; no copy. */
    public Memory slice(long offset, long length) {
        return new Memory(segment.asSlice(offset, length));
    }

    /** Address of an offset in this process. */
    public long address(long offset) {
        return segment.address() + offset;
    }

    /**
     * A read-only segment over a part of the region that ends with its own arena: use after the
     * arena was closed throws. The caller keeps the region mapped for as long.
     */
    public MemorySegment view(long offset, long length, Arena arena) {
        MemorySegment part = segment.asSlice(offset, length);
        return MemorySegment.ofAddress(part.address())
                .reinterpret(length, arena, null)
                .asReadOnly();
    }

    public byte getByte(long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset);
    }

    public void putByte(long offset, byte value) {
        segment.set(ValueLayout.JAVA_BYTE, offset, value);
    }

    public long getLong(long offset) {
        return segment.get(LONG_LAYOUT, offset);
    }

    public void putLong(long offset, long value) {
        segment.set(LONG_LAYOUT, offset, value);
    }

    public long getLongOpaque(long offset) {
        return (long) LONG.getOpaque(segment, offset);
    }

    public void putLongOpaque(long offset, long value) {
        LONG.setOpaque(segment, offset, value);
    }

    public long getLongAcquire(long offset) {
        return (long) LONG.getAcquire(segment, offset);
    }

    public void putLongRelease(long offset, long value) {
        LONG.setRelease(segment, offset, value);
    }

    public boolean compareAndSetLong(long offset, long expected, long value) {
        return LONG.compareAndSet(segment, offset, expected, value);
    }

    public long getAndAddLong(long offset, long delta) {
        return (long) LONG.getAndAdd(segment, offset, delta);
    }

    public int getInt(long offset) {
        return segment.get(INT_LAYOUT, offset);
    }

    public void putInt(long offset, int value) {
        segment.set(INT_LAYOUT, offset, value);
    }

    public int getIntOpaque(long offset) {
        return (int) INT.getOpaque(segment, offset);
    }

    public void putIntOpaque(long offset, int value) {
        INT.setOpaque(segment, offset, value);
    }

    public int getIntAcquire(long offset) {
        return (int) INT.getAcquire(segment, offset);
    }

    public void putIntRelease(long offset, int value) {
        INT.setRelease(segment, offset, value);
    }

    public int getAndAddInt(long offset, int delta) {
        return (int) INT.getAndAdd(segment, offset, delta);
    }

    public void copyTo(long offset, byte[] target, int targetOffset, int length) {
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, target, targetOffset, length);
    }

    public void copyFrom(long offset, byte[] source, int sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_BYTE, offset, length);
    }

    public void copyFrom(long offset, MemorySegment source) {
        MemorySegment.copy(source, 0, segment, offset, source.byteSize());
    }

    /** Orders every load and store before it against every one after it. */
    public static void fullFence() {
        VarHandle.fullFence();
    }

    /** Orders loads before it against loads and stores after it. */
    public static void acquireFence() {
        VarHandle.acquireFence();
    }

    /** Orders loads and stores before it against stores after it. */
    public static void releaseFence() {
        VarHandle.releaseFence();
    }
}
