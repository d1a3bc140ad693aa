package io.tokamak.values.tensor;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The head of an {@code .npy}: magic, version, length, and a Python literal; NumPy's NEP 1. Padded
 * so that the elements begin at a multiple of 64.
 */
final class NpyHeader {
    private static final int ALIGNMENT = 64;
    private static final int BYTES_MAX = 64 << 10;
    private static final int VERSION_AT = 6;
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DType dtype;
    private final long[] shape;
    private final boolean isFortran;
    private final int sizeBytes;
    private final long totalBytes;
    private final long[] strides;
    private final int code;

    /** See {@link #of}. */
    private NpyHeader(DType dtype, long[] shape, boolean isFortran, int sizeBytes) {
        long count = Shapes.count(shape, dtype.sizeBytes());
        this.dtype = dtype;
        this.shape = shape;
        this.isFortran = isFortran;
        this.sizeBytes = sizeBytes;
        this.totalBytes = Math.addExact(count * dtype.sizeBytes(), sizeBytes);
        this.strides =
                isFortran
                        ? Shapes.columnMajor(shape, dtype.sizeBytes())
                        : Shapes.rowMajor(shape, dtype.sizeBytes());
        this.code = Elements.codeOf(dtype);
    }

    /**
     * @param sizeBytes of all that stands before the elements
     * @throws IllegalArgumentException for a shape that no memory holds
     */
    static NpyHeader of(DType dtype, long[] shape, boolean isFortran, int sizeBytes) {
        return new NpyHeader(dtype, shape, isFortran, sizeBytes);
    }

    DType dtype() {
        return dtype;
    }

    /** Not to be changed, as {@link #strides}: tensors share it. */
    long[] shape() {
        return shape;
    }

    long[] strides() {
        return strides;
    }

    boolean isFortran() {
        return isFortran;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    /** Of the whole object. */
    long totalBytes() {
        return totalBytes;
    }

    /** Of {@link Elements}. */
    int code() {
        return code;
    }

    /**
     * The header of a whole object, which has as many bytes as it says.
     *
     * @throws DecodeException for anything else
     */
    static NpyHeader read(MemorySegment object) {
        int length = length(object);
        byte[] text = object.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        int from = text[VERSION_AT] == 1 ? 10 : 12;
        var charset = text[VERSION_AT] < 3 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
        NpyHeader header;
        try {
            header = parsed(new String(text, from, length - from, charset), length);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw DecodeException.malformed(MediaTypes.NPY, "its header: " + e.getMessage(), e);
        }
        if (header.totalBytes != object.byteSize()) {
            throw wrong(
                    "shape %s of %s needs %d bytes, %d are there"
                            .formatted(
                                    Arrays.toString(header.shape),
                                    header.dtype,
                                    header.totalBytes - length,
                                    object.byteSize() - length));
        }
        return header;
    }

    private static int length(MemorySegment object) {
        if (object.byteSize() < 12
                || object.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
            throw wrong("it does not begin like one");
        }
        int version = object.get(ValueLayout.JAVA_BYTE, VERSION_AT);
        long length =
                switch (version) {
                    case 1 -> 10L + Short.toUnsignedInt(object.get(SHORT, 8));
                    case 2, 3 -> 12L + Integer.toUnsignedLong(object.get(INT, 8));
                    default -> throw wrong("version " + version + " is not known");
                };
        if (length < 12 || length > Math.min(object.byteSize(), BYTES_MAX)) {
            throw wrong("a header of %d bytes in %d".formatted(length, object.byteSize()));
        }
        return (int) length;
    }

    private static NpyHeader parsed(String text, int sizeBytes) {
        if (!(PythonLiteral.parse(text) instanceof Map<?, ?> said)
                || !said.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
            throw new IllegalArgumentException("it has not exactly descr, fortran_order and shape");
        }
        if (!(said.get("fortran_order") instanceof Boolean isFortran)
                || !(said.get("shape") instanceof PythonLiteral.Tuple shape)) {
            throw new IllegalArgumentException("order or shape is of another type");
        }
        Object descr = said.get("descr");
        if (descr == null) {
            throw new IllegalArgumentException("no dtype");
        }
        List<Long> lengths = Descriptions.shape(shape);
        return of(
                Descriptions.dtype(descr),
                lengths.stream().mapToLong(Long::longValue).toArray(),
                isFortran,
                sizeBytes);
    }

    private static DecodeException wrong(String why) {
        return DecodeException.malformed(MediaTypes.NPY, why);
    }

    /** The bytes before the elements, as NumPy reads them. */
    static byte[] encode(DType dtype, long[] shape, boolean isFortran) {
        String text =
                "{'descr': %s, 'fortran_order': %s, 'shape': %s, }"
                        .formatted(
                                dtype.descr(),
                                isFortran ? "True" : "False",
                                PythonLiteral.tuple(Arrays.stream(shape).boxed().toList()));
        boolean isAscii = StandardCharsets.US_ASCII.newEncoder().canEncode(text);
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        int version = !isAscii ? 3 : content.length + ALIGNMENT < 1 << 16 ? 1 : 2;
        int prefix = version == 1 ? 10 : 12;
        int length = Math.ceilDiv(prefix + content.length + 1, ALIGNMENT) * ALIGNMENT;
        if (length > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a header of %d bytes, NumPy reads %d".formatted(length, BYTES_MAX));
        }
        byte[] header = new byte[length];
        Arrays.fill(header, (byte) ' ');
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        header[VERSION_AT] = (byte) version;
        header[VERSION_AT + 1] = 0;
        MemorySegment bytes = MemorySegment.ofArray(header);
        if (version == 1) {
            bytes.set(SHORT, 8, (short) (length - prefix));
        } else {
            bytes.set(INT, 8, length - prefix);
        }
        System.arraycopy(content, 0, header, prefix, content.length);
        header[length - 1] = '\n';
        return header;
    }
}
