package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A region of memory with ordered access: a mapped file, or an array for tests. Offsets and lengths
 * are bytes, offsets from the region's beginning; integers are little-endian and aligned to their
 * size.
 *
 * <p>Each method says its ordering in its name, as {@link VarHandle} defines it; without one it is
 * plain. A release store belongs to an acquire load of the same place, in whatever process. An
 * access of up to 8 bytes that is aligned is never torn.
 *
 * <p>Every access is checked against the region's length, and throws {@link
 * IndexOutOfBoundsException} outside of it: a wild offset never becomes a fault (I9). It throws
 * {@link IllegalArgumentException} when it is not aligned or would write to a read-only region, and
 * {@link IllegalStateException} once the region's arena is closed. What the check cannot see is a
 * mapping that is longer than its file: nobody may shrink a mapped file, and growth is announced
 * only after it was allocated.
 *
 * <p>Thread-safe, as far as the orderings used are; a region of a confined arena is its thread's.
 */
public final class Memory {
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG_UNALIGNED =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT_UNALIGNED =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

    /**
     * The whole address space. Access through this one constant costs the same whatever kinds of
     * segments the rest of the program uses; access through a field becomes eight times slower in a
     * process that has used four kinds in the same handles.
     */
    private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final MemorySegment segment;

    /** Whether it stays mapped until the process ends, so that no access has to look. */
    private final boolean isForever;

    /** The address, where accesses go through {@link #EVERYTHING}. */
    private final long base;

    /**
     * Accesses that end here or before go through {@link #EVERYTHING}; all others through the
     * segment, which does them or throws what is wrong. Negative: none do.
     */
    private final long readableEnd;

    private final long writableEnd;

    /** Whether somebody else may have the addresses. */
    private boolean isGivenBack;

    private Memory(MemorySegment segment, boolean isForever) {
        this.segment = segment;
        this.isForever = isForever;
        base = isForever ? segment.address() : 0;
        readableEnd = isForever ? segment.byteSize() : -1;
        writableEnd = isForever && !segment.isReadOnly() ? segment.byteSize() : -1;
    }

    static Memory of(MemorySegment segment) {
        return new Memory(
                segment, segment.isNative() && segment.scope().equals(Arena.global().scope()));
    }

    /** A region on the heap, zeroed, for tests of what runs on mapped memory otherwise. */
    public static Memory onHeap(long sizeBytes) {
        long[] words = new long[Math.toIntExact(Math.ceilDiv(sizeBytes, Long.BYTES))];
        return of(MemorySegment.ofArray(words).asSlice(0, sizeBytes));
    }

    public long size() {
        return segment.byteSize();
    }

    /** The same bytes, for copying. */
    public MemorySegment segment() {
        return segment;
    }

    /** Whether this is an array's stand-in for mapped memory. */
    public boolean isOnHeap() {
        return !segment.isNative();
    }

    /** The same bytes, where every store throws. */
    public Memory asReadOnly() {
        return new Memory(segment.asReadOnly(), isForever);
    }

    /** A part of the region; no copy. */
    public Memory slice(long offset, long length) {
        return new Memory(segment.asSlice(offset, length), isForever);
    }

    /**
     * Address in this process.
     *
     * @throws UnsupportedOperationException on the heap, where nothing has one
     */
    public long address() {
        if (isOnHeap()) {
            throw new UnsupportedOperationException("an array has no address");
        }
        return segment.address();
    }

    /** Address of an offset in this process; one past the end is allowed. */
    public long address(long offset) {
        return address() + Objects.checkFromIndexSize(offset, 0, size());
    }

    /**
     * A read-only segment over a part of the region that ends with its own arena: use after the
     * arena was closed throws. With a confined arena it costs nothing while it stays in the method.
     * The caller keeps the region mapped for as long. On the heap, for tests, the arena is not
     * looked at.
     */
    public MemorySegment view(long offset, long length, Arena arena) {
        Objects.checkFromIndexSize(offset, length, size());
        if (!isForever) {
            if (isOnHeap()) {
                return segment.asSlice(offset, length).asReadOnly();
            }
            if (!segment.scope().isAlive()) {
                throw new IllegalStateException("the region is no longer mapped");
            }
        }
        return MemorySegment.ofAddress(segment.address() + offset)
                .reinterpret(length, arena, null)
                .asReadOnly();
    }

    /**
     * Gives back what a mapping until the process ends holds, so that no access has to ask whether
     * it still may: the region stays, as empty memory of this process alone, where loads find zeros
     * and stores reach nobody. Its addresses are used up. A second time does nothing.
     *
     * @throws IllegalStateException when the region ends with an arena, or is on the heap
     */
    public synchronized void vacate() {
        if (!isForever) {
            throw new IllegalStateException("the region ends with its arena");
        }
        if (isGivenBack) {
            return;
        }
        VacantRanges.vacate(segment.address(), segment.byteSize(), !segment.isReadOnly());
        isGivenBack = true;
    }

    /**
     * As {@link #vacate}, and lets the next mapping of this length have the addresses: whoever
     * still loads may find its bytes. The caller vouches that nobody stores there any more.
     */
    public synchronized void recycle() {
        if (!isGivenBack) {
            vacate();
            VacantRanges.add(segment.address(), segment.byteSize());
        }
    }

    private static boolean isWithin(long offset, long last) {
        return offset >= 0 && offset <= last;
    }

    /**
     * Checks a range once, for accesses by {@link #getLongWithin} and {@link #getIntWithin}.
     *
     * @throws IndexOutOfBoundsException when it is not within the region
     */
    public void check(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, segment.byteSize());
    }

    /**
     * As {@link #getLongUnaligned}, without a look at the bounds where the region is mapped until
     * the process ends: only within what {@link #check} was asked about. A look-up reads a dozen
     * words, and would be half checks.
     */
    public long getLongWithin(long offset) {
        return isForever
                ? (long) LONG_UNALIGNED.get(EVERYTHING, base + offset)
                : (long) LONG_UNALIGNED.get(segment, offset);
    }

    /** As {@link #getLongWithin}. */
    public int getIntWithin(long offset) {
        return isForever
                ? (int) INT_UNALIGNED.get(EVERYTHING, base + offset)
                : (int) INT_UNALIGNED.get(segment, offset);
    }

    /** As {@link #getLongWithin}. */
    public byte getByteWithin(long offset) {
        return isForever
                ? (byte) BYTE.get(EVERYTHING, base + offset)
                : (byte) BYTE.get(segment, offset);
    }

    public byte getByte(long offset) {
        return isWithin(offset, readableEnd - Byte.BYTES)
                ? (byte) BYTE.get(EVERYTHING, base + offset)
                : (byte) BYTE.get(segment, offset);
    }

    public void putByte(long offset, byte value) {
        if (isWithin(offset, writableEnd - Byte.BYTES)) {
            BYTE.set(EVERYTHING, base + offset, value);
        } else {
            BYTE.set(segment, offset, value);
        }
    }

    public short getShort(long offset) {
        return isWithin(offset, readableEnd - Short.BYTES)
                ? (short) SHORT.get(EVERYTHING, base + offset)
                : (short) SHORT.get(segment, offset);
    }

    public void putShort(long offset, short value) {
        if (isWithin(offset, writableEnd - Short.BYTES)) {
            SHORT.set(EVERYTHING, base + offset, value);
        } else {
            SHORT.set(segment, offset, value);
        }
    }

    public int getInt(long offset) {
        return isWithin(offset, readableEnd - Integer.BYTES)
                ? (int) INT.get(EVERYTHING, base + offset)
                : (int) INT.get(segment, offset);
    }

    public void putInt(long offset, int value) {
        if (isWithin(offset, writableEnd - Integer.BYTES)) {
            INT.set(EVERYTHING, base + offset, value);
        } else {
            INT.set(segment, offset, value);
        }
    }

    public int getIntOpaque(long offset) {
        return isWithin(offset, readableEnd - Integer.BYTES)
                ? (int) INT.getOpaque(EVERYTHING, base + offset)
                : (int) INT.getOpaque(segment, offset);
    }

    public void putIntOpaque(long offset, int value) {
        if (isWithin(offset, writableEnd - Integer.BYTES)) {
            INT.setOpaque(EVERYTHING, base + offset, value);
        } else {
            INT.setOpaque(segment, offset, value);
        }
    }

    public int getIntAcquire(long offset) {
        return isWithin(offset, readableEnd - Integer.BYTES)
                ? (int) INT.getAcquire(EVERYTHING, base + offset)
                : (int) INT.getAcquire(segment, offset);
    }

    public void putIntRelease(long offset, int value) {
        if (isWithin(offset, writableEnd - Integer.BYTES)) {
            INT.setRelease(EVERYTHING, base + offset, value);
        } else {
            INT.setRelease(segment, offset, value);
        }
    }

    /** Stores {@code value} if {@code expected} is there, with the effects of a volatile access. */
    public boolean compareAndSetInt(long offset, int expected, int value) {
        return isWithin(offset, writableEnd - Integer.BYTES)
                ? INT.compareAndSet(EVERYTHING, base + offset, expected, value)
                : INT.compareAndSet(segment, offset, expected, value);
    }

    /** Adds, with the effects of a volatile access, and returns what was there before. */
    public int getAndAddInt(long offset, int delta) {
        return isWithin(offset, writableEnd - Integer.BYTES)
                ? (int) INT.getAndAdd(EVERYTHING, base + offset, delta)
                : (int) INT.getAndAdd(segment, offset, delta);
    }

    public long getLong(long offset) {
        return isWithin(offset, readableEnd - Long.BYTES)
                ? (long) LONG.get(EVERYTHING, base + offset)
                : (long) LONG.get(segment, offset);
    }

    /** As {@link #getLong}, at any offset; it may be torn. */
    public long getLongUnaligned(long offset) {
        return isWithin(offset, readableEnd - Long.BYTES)
                ? (long) LONG_UNALIGNED.get(EVERYTHING, base + offset)
                : (long) LONG_UNALIGNED.get(segment, offset);
    }

    public void putLong(long offset, long value) {
        if (isWithin(offset, writableEnd - Long.BYTES)) {
            LONG.set(EVERYTHING, base + offset, value);
        } else {
            LONG.set(segment, offset, value);
        }
    }

    public long getLongOpaque(long offset) {
        return isWithin(offset, readableEnd - Long.BYTES)
                ? (long) LONG.getOpaque(EVERYTHING, base + offset)
                : (long) LONG.getOpaque(segment, offset);
    }

    public void putLongOpaque(long offset, long value) {
        if (isWithin(offset, writableEnd - Long.BYTES)) {
            LONG.setOpaque(EVERYTHING, base + offset, value);
        } else {
            LONG.setOpaque(segment, offset, value);
        }
    }

    public long getLongAcquire(long offset) {
        return isWithin(offset, readableEnd - Long.BYTES)
                ? (long) LONG.getAcquire(EVERYTHING, base + offset)
                : (long) LONG.getAcquire(segment, offset);
    }

    public void putLongRelease(long offset, long value) {
        if (isWithin(offset, writableEnd - Long.BYTES)) {
            LONG.setRelease(EVERYTHING, base + offset, value);
        } else {
            LONG.setRelease(segment, offset, value);
        }
    }

    /** Stores {@code value} if {@code expected} is there, with the effects of a volatile access. */
    public boolean compareAndSetLong(long offset, long expected, long value) {
        return isWithin(offset, writableEnd - Long.BYTES)
                ? LONG.compareAndSet(EVERYTHING, base + offset, expected, value)
                : LONG.compareAndSet(segment, offset, expected, value);
    }

    /** Adds, with the effects of a volatile access, and returns what was there before. */
    public long getAndAddLong(long offset, long delta) {
        return isWithin(offset, writableEnd - Long.BYTES)
                ? (long) LONG.getAndAdd(EVERYTHING, base + offset, delta)
                : (long) LONG.getAndAdd(segment, offset, delta);
    }

    public void copyTo(long offset, byte[] target, int targetOffset, int length) {
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, target, targetOffset, length);
    }

    public void copyTo(long offset, MemorySegment target, long targetOffset, long length) {
        MemorySegment.copy(segment, offset, target, targetOffset, length);
    }

    public void copyTo(long offset, Memory target, long targetOffset, long length) {
        MemorySegment.copy(segment, offset, target.segment, targetOffset, length);
    }

    public void copyFrom(long offset, byte[] source, int sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_BYTE, offset, length);
    }

    /** All of the source. */
    public void copyFrom(long offset, MemorySegment source) {
        MemorySegment.copy(source, 0, segment, offset, source.byteSize());
    }

    public void copyFrom(long offset, MemorySegment source, long sourceOffset, long length) {
        MemorySegment.copy(source, sourceOffset, segment, offset, length);
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
