package io.tokamak.values.graph;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a graph lies in its object: a stream, and beside it each large array and buffer, at a
 * multiple of 64. Integers are little-endian, {@code at} counts from the object's first byte.
 *
 * <pre>
 * 0        8       12       16            24                24 + 16 n
 * +--------+--------+--------+-------------+-----------------+--------+-----+--------+----
 * | magic  | n, u32 | 0, u32 | stream, u64 | n x (at, bytes) | stream | pad | buffer | ...
 * +--------+--------+--------+-------------+-----------------+--------+-----+--------+----
 * </pre>
 *
 * The magic is {@code TKFORY02}; in streams of {@code TKFORY01} enums are known by their places
 * among the constants, not by their names.
 */
final class GraphFile {
    private static final byte[] MAGIC = {'T', 'K', 'F', 'O', 'R', 'Y', '0', '2'};
    private static final byte[] MAGIC_OF_PLACES = {'T', 'K', 'F', 'O', 'R', 'Y', '0', '1'};
    private static final int COUNT_AT = 8;
    private static final int ZERO_AT = 12;
    private static final int STREAM_AT = 16;
    private static final int TABLE_AT = 24;
    private static final int ENTRY_BYTES = 16;
    private static final int ALIGNMENT = 64;
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** By their lengths. */
    private static final MemorySegment[] PADDINGS = new MemorySegment[ALIGNMENT];

    static {
        Arrays.setAll(PADDINGS, length -> MemorySegment.ofArray(new byte[length]));
    }

    private final MemorySegment object;
    private final int count;
    private final int streamBytes;
    private final boolean hasEnumNames;

    private GraphFile(MemorySegment object, int count, int streamBytes, boolean hasEnumNames) {
        this.object = object;
        this.count = count;
        this.streamBytes = streamBytes;
        this.hasEnumNames = hasEnumNames;
    }

    /** The object's parts: head and stream, then each buffer behind its padding. */
    static List<MemorySegment> parts(byte[] stream, List<MemorySegment> buffers) {
        int head = TABLE_AT + ENTRY_BYTES * buffers.size();
        byte[] begin = new byte[Math.addExact(head, stream.length)];
        MemorySegment out = MemorySegment.ofArray(begin);
        System.arraycopy(MAGIC, 0, begin, 0, MAGIC.length);
        out.set(INT, COUNT_AT, buffers.size());
        out.set(LONG, STREAM_AT, stream.length);
        System.arraycopy(stream, 0, begin, head, stream.length);
        List<MemorySegment> parts = new ArrayList<>(1 + 2 * buffers.size());
        parts.add(out);
        long end = begin.length;
        for (int i = 0; i < buffers.size(); i++) {
            MemorySegment buffer = buffers.get(i);
            int pad = (int) -end & (ALIGNMENT - 1);
            if (pad > 0) {
                parts.add(PADDINGS[pad]);
            }
            long at = end + pad;
            out.set(LONG, TABLE_AT + (long) i * ENTRY_BYTES, at);
            out.set(LONG, TABLE_AT + (long) i * ENTRY_BYTES + Long.BYTES, buffer.byteSize());
            parts.add(buffer);
            end = at + buffer.byteSize();
        }
        return parts;
    }

    /**
     * A graph whose stream and buffers lie in the object, one after the other.
     *
     * @throws DecodeException otherwise
     */
    static GraphFile of(MemorySegment object) {
        long size = object.byteSize();
        boolean hasEnumNames = beginsWith(object, MAGIC);
        if (size < TABLE_AT || !(hasEnumNames || beginsWith(object, MAGIC_OF_PLACES))) {
            throw wrong("it does not begin like one");
        }
        long count = Integer.toUnsignedLong(object.get(INT, COUNT_AT));
        long stream = object.get(LONG, STREAM_AT);
        long room = size - TABLE_AT - count * ENTRY_BYTES;
        if (object.get(INT, ZERO_AT) != 0
                || room < 0
                || stream < 0
                || stream > Math.min(room, Integer.MAX_VALUE - 8)) {
            throw wrong("%d buffers and a stream of %d bytes in %d".formatted(count, stream, size));
        }
        long end = TABLE_AT + count * ENTRY_BYTES + stream;
        for (long entry = TABLE_AT; entry < TABLE_AT + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
            long at = object.get(LONG, entry);
            long bytes = object.get(LONG, entry + Long.BYTES);
            if (at < end || bytes < 0 || at > size || bytes > size - at) {
                throw wrong("a buffer of %d bytes at %d of %d".formatted(bytes, at, size));
            }
            end = at + bytes;
        }
        return new GraphFile(object, (int) count, (int) stream, hasEnumNames);
    }

    private static boolean beginsWith(MemorySegment object, byte[] magic) {
        return object.byteSize() >= magic.length
                && object.asSlice(0, magic.length).mismatch(MemorySegment.ofArray(magic)) < 0;
    }

    /** Whether its stream has enums by their names; else by their places among the constants. */
    boolean hasEnumNames() {
        return hasEnumNames;
    }

    /** A copy: what is checked is what is used, whatever happens to the object. */
    byte[] stream() {
        return object.asSlice(TABLE_AT + (long) count * ENTRY_BYTES, streamBytes)
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** The buffer of that number, in place. */
    MemorySegment buffer(int index) {
        if (index < 0 || index >= count) {
            throw wrong("buffer %d of %d".formatted(index, count));
        }
        long entry = TABLE_AT + (long) index * ENTRY_BYTES;
        return object.asSlice(object.get(LONG, entry), object.get(LONG, entry + Long.BYTES));
    }

    private static DecodeException wrong(String why) {
        return DecodeException.malformed(MediaTypes.FORY, why);
    }
}
