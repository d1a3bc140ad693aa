package io.tokamak.values.arrow;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.CompressionType;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BufferLayout;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * Looks whether the buffers of a batch have the bytes that its lengths need, field by field as
 * Arrow's format orders them, before vectors are made of them: those trust the lengths, and grow
 * and write buffers that are too short. Where a column without nulls leaves its validity out, it
 * gets one that all such columns share, which Arrow would otherwise allocate for each.
 */
final class BatchCheck {
    /** Validity is made up to here, or to as much as there is data. */
    private static final long MADE_BYTES_MIN = 1 << 20;

    private final Iterator<ArrowFieldNode> nodes;
    private final Iterator<ArrowBuf> buffers;
    private final List<ArrowBuf> checked = new ArrayList<>();
    private final long bodyBytes;
    private final BufferAllocator allocator;

    private BatchCheck(ArrowRecordBatch batch, long bodyBytes, BufferAllocator allocator) {
        this.nodes = batch.getNodes().iterator();
        this.buffers = batch.getBuffers().iterator();
        this.bodyBytes = bodyBytes;
        this.allocator = allocator;
    }

    /**
     * The same batch, with validity where it has none.
     *
     * @throws DecodeException when buffers are missing, too short, or lead out of each other
     */
    static ArrowRecordBatch checked(
            ArrowRecordBatch batch, List<Field> fields, long bodyBytes, BufferAllocator allocator) {
        BatchCheck check = new BatchCheck(batch, bodyBytes, allocator);
        byte codec = batch.getBodyCompression().getCodec();
        if (codec != NoCompressionCodec.COMPRESSION_TYPE) {
            throw compressed(codec);
        }
        for (Field field : fields) {
            check.field(field, batch.getLength());
        }
        if (check.nodes.hasNext() || check.buffers.hasNext()) {
            throw wrong("more columns than its schema has");
        }
        return new ArrowRecordBatch(
                batch.getLength(), batch.getNodes(), check.checked, batch.getBodyCompression());
    }

    /**
     * Looks where the buffers of a batch lie, before Arrow does: by a negative length it fails amid
     * them, and keeps the body for ever.
     *
     * @throws DecodeException when one is not within the body
     */
    static void places(RecordBatch batch, long bodyBytes) {
        for (int i = 0; i < batch.buffersLength(); i++) {
            Buffer buffer = batch.buffers(i);
            if (buffer.offset() < 0
                    || buffer.length() < 0
                    || buffer.offset() > bodyBytes - buffer.length()) {
                throw wrong(
                        "a buffer of %d bytes at %d of a body of %d"
                                .formatted(buffer.length(), buffer.offset(), bodyBytes));
            }
        }
    }

    private static DecodeException wrong(String why) {
        return DecodeException.malformed(MediaTypes.ARROW_STREAM, why);
    }

    private static DecodeException compressed(byte codec) {
        boolean isKnown = codec >= 0 && codec < CompressionType.names.length;
        return new DecodeException(
                "the buffers of %s are compressed with %s, so nothing could be read in place"
                        .formatted(
                                MediaTypes.ARROW_STREAM,
                                isKnown ? CompressionType.name(codec) : "codec " + codec),
                "write them without compression (pyarrow: IpcWriteOptions(compression=None)), or"
                        + " read a copy of the bytes by Arrow's own ArrowStreamReader with"
                        + " arrow-compression",
                null);
    }

    /**
     * @param length that the field must have
     */
    private void field(Field field, long length) {
        ArrowFieldNode node = nodes.hasNext() ? nodes.next() : null;
        if (node == null
                || node.getLength() != length
                || node.getNullCount() < 0
                || node.getNullCount() > length
                || Math.ceilDiv(length, 8L) > Math.max(MADE_BYTES_MIN, bodyBytes)) {
            throw wrong("column %s of %d rows has %s".formatted(field.getName(), length, node));
        }
        switch (field.getType()) {
            case ArrowType.Struct _ -> {
                validity(field, node);
                for (Field child : field.getChildren()) {
                    field(child, length);
                }
            }
            case ArrowType.FixedSizeList list -> {
                validity(field, node);
                onlyChild(field, Math.multiplyExact(length, (long) list.getListSize()));
            }
            case ArrowType.List _, ArrowType.Map _ -> {
                validity(field, node);
                onlyChild(field, offsets(field, length, Integer.BYTES));
            }
            case ArrowType.LargeList _ -> {
                validity(field, node);
                onlyChild(field, offsets(field, length, Long.BYTES));
            }
            case ArrowType.Utf8 _, ArrowType.Binary _ -> text(field, node, Integer.BYTES);
            case ArrowType.LargeUtf8 _, ArrowType.LargeBinary _ -> text(field, node, Long.BYTES);
            case ArrowType.Union _,
                    ArrowType.ListView _,
                    ArrowType.LargeListView _,
                    ArrowType.Utf8View _,
                    ArrowType.BinaryView _,
                    ArrowType.RunEndEncoded _,
                    ArrowType.ExtensionType _ ->
                    throw wrong(
                            "column %s is %s, which is not read in place"
                                    .formatted(field.getName(), field.getType()));
            default -> fixedWidth(field, node);
        }
    }

    private void onlyChild(Field field, long length) {
        if (field.getChildren().size() != 1) {
            throw wrong("column %s has not one child".formatted(field.getName()));
        }
        // A list may leave out the end of its elements: their own length counts.
        if (length > Integer.MAX_VALUE) {
            throw wrong("column %s of %d elements".formatted(field.getName(), length));
        }
        field(field.getChildren().getFirst(), length);
    }

    private ArrowBuf next(Field field, long bytesMin) {
        ArrowBuf buffer = buffers.hasNext() ? buffers.next() : null;
        if (buffer == null || buffer.capacity() < bytesMin) {
            throw wrong(
                    "column %s needs %d bytes, %s are there"
                            .formatted(
                                    field.getName(),
                                    bytesMin,
                                    buffer == null ? "none" : buffer.capacity()));
        }
        checked.add(buffer);
        return buffer;
    }

    private void validity(Field field, ArrowFieldNode node) {
        long needed = Math.ceilDiv(node.getLength(), 8L);
        ArrowBuf given = next(field, 0);
        if (given.capacity() == 0 && node.getNullCount() == 0 && needed > 0) {
            checked.set(checked.size() - 1, AllValid.ofBytes(needed, allocator));
        } else if (given.capacity() < needed
                && !(given.capacity() == 0 && node.getNullCount() == node.getLength())) {
            throw wrong("column %s has too little validity".formatted(field.getName()));
        }
    }

    private void fixedWidth(Field field, ArrowFieldNode node) {
        for (BufferLayout layout : TypeLayout.getTypeLayout(field.getType()).getBufferLayouts()) {
            switch (layout.getType()) {
                case VALIDITY -> validity(field, node);
                case DATA ->
                        next(
                                field,
                                Math.ceilDiv(
                                        Math.multiplyExact(
                                                (long) node.getLength(),
                                                (long) layout.getTypeBitWidth()),
                                        8L));
                default -> throw wrong("column %s is %s".formatted(field.getName(), layout));
            }
        }
    }

    private void text(Field field, ArrowFieldNode node, int offsetBytes) {
        validity(field, node);
        next(field, offsets(field, node.getLength(), offsetBytes));
    }

    /** The last of a column's offsets, which do not decrease. */
    private long offsets(Field field, long length, int offsetBytes) {
        if (length == 0) {
            next(field, 0);
            return 0;
        }
        ArrowBuf offsets = next(field, (length + 1) * offsetBytes);
        long before = 0;
        long bad = 0;
        for (long i = 0; i <= length; i++) {
            long each =
                    offsetBytes == Integer.BYTES
                            ? offsets.getInt(i * Integer.BYTES)
                            : offsets.getLong(i * Long.BYTES);
            bad |= each - before; // negative where it decreases
            bad |= each;
            before = each;
        }
        if (bad < 0) {
            throw wrong("the offsets of column %s decrease".formatted(field.getName()));
        }
        return before;
    }
}
