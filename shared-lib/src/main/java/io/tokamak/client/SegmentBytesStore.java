package io.tokamak.client;

import io.tokamak.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.bytes.internal.AbstractBytesStore;
import org.jspecify.annotations.Nullable;

/**
 * Chronicle bytes over a segment, so that the segment's rules hold for them too: no access beyond
 * its ends, no write to a read-only one, {@link IllegalStateException} after its end. Chronicle's
 * own native stores read on after their release, and write on beyond their capacity.
 */
@SuppressWarnings({"rawtypes", "unchecked"}) // Chronicle's results are covariant in raw types
final class SegmentBytesStore extends AbstractBytesStore<SegmentBytesStore, Void> {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Digits of a long, a sign, a point, and all zeros that a double may ask for. */
    private static final int NUMBER_BYTES_MAX = 512;

    private final MemorySegment segment;

    private SegmentBytesStore(MemorySegment segment) {
        super(false);
        this.segment = segment;
        // Segments know their threads; Chronicle would confine a shared one to the first.
        singleThreadedCheckDisabled(true);
    }

    /** All of the segment, to be read. */
    static Bytes<Void> bytesForRead(MemorySegment segment) {
        Bytes<Void> bytes = new SegmentBytesStore(segment).bytesForRead();
        bytes.singleThreadedCheckDisabled(true);
        return bytes;
    }

    /** Empty, to be written up to the segment's length. */
    static Bytes<Void> bytesForWrite(MemorySegment segment) {
        Bytes<Void> bytes = new SegmentBytesStore(segment).bytesForWrite();
        bytes.writeLimit(segment.byteSize());
        return bytes;
    }

    @Override
    public boolean isDirectMemory() {
        return false;
    }

    @Override
    public boolean sharedMemory() {
        return true;
    }

    @Override
    public long capacity() {
        return segment.byteSize();
    }

    @Override
    public @Nullable Void underlyingObject() {
        return null;
    }

    @Override
    protected void performRelease() {
        // The segment ends with its arena.
    }

    @Override
    public BytesStore<SegmentBytesStore, Void> copy() {
        throw new UnsupportedOperationException("copy the segment");
    }

    @Override
    public byte readByte(long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset);
    }

    @Override
    public short readShort(long offset) {
        return segment.get(SHORT, offset);
    }

    @Override
    public int readInt(long offset) {
        return segment.get(INT, offset);
    }

    @Override
    public long readLong(long offset) {
        return segment.get(LONG, offset);
    }

    @Override
    public float readFloat(long offset) {
        return segment.get(FLOAT, offset);
    }

    @Override
    public double readDouble(long offset) {
        return segment.get(DOUBLE, offset);
    }

    @Override
    public byte readVolatileByte(long offset) {
        byte value = readByte(offset);
        Memory.fullFence();
        return value;
    }

    @Override
    public short readVolatileShort(long offset) {
        short value = readShort(offset);
        Memory.fullFence();
        return value;
    }

    @Override
    public int readVolatileInt(long offset) {
        int value = readInt(offset);
        Memory.fullFence();
        return value;
    }

    @Override
    public long readVolatileLong(long offset) {
        long value = readLong(offset);
        Memory.fullFence();
        return value;
    }

    @Override
    public long read(long offset, byte[] target, int targetOffset, int length) {
        int count = (int) Math.min(length, capacity() - offset);
        if (count <= 0) {
            return -1;
        }
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, target, targetOffset, count);
        return count;
    }

    @Override
    public SegmentBytesStore writeByte(long offset, byte value) {
        segment.set(ValueLayout.JAVA_BYTE, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeShort(long offset, short value) {
        segment.set(SHORT, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeInt(long offset, int value) {
        segment.set(INT, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeLong(long offset, long value) {
        segment.set(LONG, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeFloat(long offset, float value) {
        segment.set(FLOAT, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeDouble(long offset, double value) {
        segment.set(DOUBLE, offset, value);
        return this;
    }

    @Override
    public SegmentBytesStore writeOrderedInt(long offset, int value) {
        Memory.releaseFence();
        return writeInt(offset, value);
    }

    @Override
    public SegmentBytesStore writeOrderedLong(long offset, long value) {
        Memory.releaseFence();
        return writeLong(offset, value);
    }

    @Override
    public SegmentBytesStore writeVolatileByte(long offset, byte value) {
        writeByte(offset, value);
        Memory.fullFence();
        return this;
    }

    @Override
    public SegmentBytesStore writeVolatileShort(long offset, short value) {
        writeShort(offset, value);
        Memory.fullFence();
        return this;
    }

    @Override
    public SegmentBytesStore writeVolatileInt(long offset, int value) {
        writeInt(offset, value);
        Memory.fullFence();
        return this;
    }

    @Override
    public SegmentBytesStore writeVolatileLong(long offset, long value) {
        writeLong(offset, value);
        Memory.fullFence();
        return this;
    }

    @Override
    public SegmentBytesStore write(long offset, byte[] source, int sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_BYTE, offset, length);
        return this;
    }

    @Override
    public void write(long offset, ByteBuffer source, int sourceOffset, int length) {
        MemorySegment whole = MemorySegment.ofBuffer(source.duplicate().clear());
        MemorySegment.copy(whole, sourceOffset, segment, offset, length);
    }

    @Override
    public SegmentBytesStore write(
            long offset, RandomDataInput source, long sourceOffset, long length) {
        if (source instanceof SegmentBytesStore other) {
            MemorySegment.copy(other.segment, sourceOffset, segment, offset, length);
            return this;
        }
        long i = 0;
        for (; i < length - 7; i += Long.BYTES) {
            writeLong(offset + i, source.readLong(sourceOffset + i));
        }
        for (; i < length; i++) {
            writeByte(offset + i, source.readByte(sourceOffset + i));
        }
        return this;
    }

    @Override
    public long write8bit(long offset, BytesStore<?, ?> source) {
        int length = Math.toIntExact(source.readRemaining());
        long start = writeStopBit(offset, length);
        write(start, source, source.readPosition(), length);
        return start + length;
    }

    @Override
    public long write8bit(long offset, String text, int start, int length) {
        long at = writeStopBit(offset, length);
        for (int i = 0; i < length; i++) {
            writeByte(at + i, (byte) text.charAt(start + i));
        }
        return at + length;
    }

    private long writeStopBit(long offset, int length) {
        long at = offset;
        int rest = length;
        while (rest > 0x7F) {
            writeByte(at++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        writeByte(at++, (byte) rest);
        return at;
    }

    @Override
    public long appendAndReturnLength(
            long offset, boolean negative, long mantissa, int exponent, boolean appendZero) {
        byte[] digits = new byte[NUMBER_BYTES_MAX];
        Bytes<byte[]> number = Bytes.wrapForWrite(digits);
        try {
            int length =
                    (int)
                            number.bytesStore()
                                    .appendAndReturnLength(
                                            0, negative, mantissa, exponent, appendZero);
            if (length > capacity() - offset) {
                throw new BufferOverflowException();
            }
            write(offset, digits, 0, length);
            return length;
        } finally {
            number.releaseLast();
        }
    }

    @Override
    public void move(long source, long target, long length) {
        MemorySegment.copy(segment, source, segment, target, length);
    }

    @Override
    public void nativeRead(long offset, long address, long size) {
        throw noAddress();
    }

    @Override
    public void nativeWrite(long address, long offset, long size) {
        throw noAddress();
    }

    @Override
    public long addressForRead(long offset) {
        throw noAddress();
    }

    @Override
    public long addressForWrite(long offset) {
        throw noAddress();
    }

    @Override
    public long addressForWritePosition() {
        throw noAddress();
    }

    @Override
    public boolean compareAndSwapInt(long offset, int expected, int value) {
        throw noAtomics();
    }

    @Override
    public void testAndSetInt(long offset, int expected, int value) {
        throw noAtomics();
    }

    @Override
    public boolean compareAndSwapLong(long offset, long expected, long value) {
        throw noAtomics();
    }

    private static UnsupportedOperationException noAddress() {
        return new UnsupportedOperationException("an address outlives the view: use the segment");
    }

    private static UnsupportedOperationException noAtomics() {
        return new UnsupportedOperationException(
                "an object is written by one thread and never changed");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }
}
