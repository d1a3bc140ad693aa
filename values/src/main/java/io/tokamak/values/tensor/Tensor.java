package io.tokamak.values.tensor;

import io.tokamak.values.ValuePin;
import io.tokamak.values.tensor.DType.Field;
import io.tokamak.values.tensor.DType.Kind;
import io.tokamak.values.tensor.DType.Scalar;
import io.tokamak.values.tensor.DType.Struct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An array of any number of axes, read-only, where it lies: in an object until {@link #close}, or
 * in memory of the program. Slices, fields, transposes and reshapes are views of the same bytes,
 * end with the tensor that was got, and have nothing to close of their own; {@code to…Array}
 * copies.
 *
 * <p>A tensor that was got is confined to its thread; {@link #share} is for any. After the end
 * every access throws {@link IllegalStateException}.
 *
 * <p>A loop over {@link #segment} of a contiguous tensor, with a constant layout such as {@link
 * ValueLayout#JAVA_DOUBLE}, is compiled as one over an array.
 */
public final class Tensor implements AutoCloseable {
    /** Axes at most, as in NumPy. */
    public static final int RANK_MAX = 64;

    /** What ends the bytes; null: they are not in an object, or another tensor's to end. */
    private final @Nullable ValuePin pin;

    /** Whether closing this ends the pin. */
    private final boolean isRoot;

    private final MemorySegment segment;

    /** Of the first element in the segment. */
    private final long offset;

    private final DType dtype;
    private final long[] shape;
    private final long[] strides;
    private final int code;

    private Tensor(
            @Nullable ValuePin pin,
            boolean isRoot,
            MemorySegment segment,
            long offset,
            DType dtype,
            long[] shape,
            long[] strides,
            int code) {
        this.pin = pin;
        this.isRoot = isRoot;
        this.segment = segment;
        this.offset = offset;
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.code = code;
    }

    /** As a header says that has been checked against the segment. */
    static Tensor of(NpyHeader header, @Nullable ValuePin pin, MemorySegment segment) {
        return new Tensor(
                pin,
                true,
                segment,
                header.sizeBytes(),
                header.dtype(),
                header.shape(),
                header.strides(),
                header.code());
    }

    /**
     * Elements in memory of the program, the last axis varying fastest; not copied.
     *
     * @throws IllegalArgumentException when the shape does not have as many bytes as the segment
     */
    public static Tensor of(DType dtype, MemorySegment elements, long... shape) {
        return of(null, dtype, elements, shape);
    }

    static Tensor of(@Nullable ValuePin pin, DType dtype, MemorySegment elements, long... shape) {
        long[] own = shape.clone();
        long bytes = Shapes.count(own, dtype.sizeBytes()) * dtype.sizeBytes();
        if (bytes != elements.byteSize()) {
            throw new IllegalArgumentException(
                    "shape %s of %s needs %d bytes, %d are there"
                            .formatted(Arrays.toString(own), dtype, bytes, elements.byteSize()));
        }
        long[] strides = Shapes.rowMajor(own, dtype.sizeBytes());
        int code = Elements.codeOf(dtype);
        MemorySegment shown = elements.isReadOnly() ? elements : elements.asReadOnly();
        return new Tensor(pin, false, shown, 0, dtype, own, strides, code);
    }

    /** The array's elements; not copied. A shape left out is one axis. */
    public static Tensor of(double[] elements, long... shape) {
        return of(DType.FLOAT64, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    public static Tensor of(float[] elements, long... shape) {
        return of(DType.FLOAT32, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    public static Tensor of(long[] elements, long... shape) {
        return of(DType.INT64, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    public static Tensor of(int[] elements, long... shape) {
        return of(DType.INT32, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    public static Tensor of(short[] elements, long... shape) {
        return of(DType.INT16, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    /** Signed bytes. */
    public static Tensor of(byte[] elements, long... shape) {
        return of(DType.INT8, MemorySegment.ofArray(elements), axes(shape, elements.length));
    }

    /** Copied: booleans of an array have no bytes of their own. */
    public static Tensor of(boolean[] elements, long... shape) {
        byte[] bytes = new byte[elements.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (elements[i] ? 1 : 0);
        }
        return of(DType.BOOL, MemorySegment.ofArray(bytes), axes(shape, bytes.length));
    }

    private static long[] axes(long[] shape, int length) {
        return shape.length == 0 ? new long[] {length} : shape;
    }

    public DType dtype() {
        return dtype;
    }

    public int rank() {
        return shape.length;
    }

    /** The lengths of the axes. */
    public long[] shape() {
        return shape.clone();
    }

    /** Elements along an axis. */
    public long length(int axis) {
        return shape[axis];
    }

    /** Bytes from one element to the next along each axis. */
    public long[] strides() {
        return strides.clone();
    }

    /** How many elements there are. */
    public long size() {
        long count = 1;
        for (long length : shape) {
            count *= length;
        }
        return count;
    }

    /** Bytes of all elements. */
    public long sizeBytes() {
        return size() * dtype.sizeBytes();
    }

    /** Whether the elements lie together, the last axis varying fastest. */
    public boolean isContiguous() {
        return Shapes.isRowMajor(shape, strides, dtype.sizeBytes());
    }

    /** Whether the elements lie together, the first axis varying fastest. */
    public boolean isFortranContiguous() {
        return Shapes.isColumnMajor(shape, strides, dtype.sizeBytes());
    }

    /**
     * The bytes of all elements, in place and read-only.
     *
     * @throws IllegalStateException when they do not lie together in either order: {@link #copy}
     *     does
     */
    public MemorySegment segment() {
        if (!isContiguous() && !isFortranContiguous()) {
            throw new IllegalStateException(
                    "the elements of %s do not lie together: copy() first".formatted(this));
        }
        return segment.asSlice(offset, sizeBytes());
    }

    /**
     * The bytes of all elements as a buffer in the order of the dtype, from which {@code
     * asDoubleBuffer} and its like come. In place, unless they are an array of the program's that
     * is not of bytes: of those it is a copy.
     *
     * @throws IllegalStateException as {@link #segment}, and for more than 2 GiB - 1
     */
    public ByteBuffer byteBuffer() {
        if (sizeBytes() > Integer.MAX_VALUE) {
            throw new IllegalStateException(
                    "%d bytes, a ByteBuffer has at most 2147483647".formatted(sizeBytes()));
        }
        boolean isBig = dtype instanceof Scalar scalar && scalar.order() == ByteOrder.BIG_ENDIAN;
        ByteOrder order = isBig ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        MemorySegment here = segment();
        return (here.isNative() ? here : elements().asReadOnly()).asByteBuffer().order(order);
    }

    // --- Elements ---

    private long at(long i) {
        checkRank(1);
        return offset + Objects.checkIndex(i, shape[0]) * strides[0];
    }

    private long at(long i, long j) {
        checkRank(2);
        return offset
                + Objects.checkIndex(i, shape[0]) * strides[0]
                + Objects.checkIndex(j, shape[1]) * strides[1];
    }

    private long at(long[] index) {
        checkRank(index.length);
        long at = offset;
        for (int axis = 0; axis < index.length; axis++) {
            at += Objects.checkIndex(index[axis], shape[axis]) * strides[axis];
        }
        return at;
    }

    private void checkRank(int given) {
        if (given != shape.length) {
            throw new IllegalArgumentException(
                    "%d indices for %d axes".formatted(given, shape.length));
        }
    }

    private int numeric() {
        if (code == Elements.OTHER) {
            throw wrongType("a real number");
        }
        return code;
    }

    private int integral() {
        if (code == Elements.OTHER || Elements.isFloat(code)) {
            throw wrongType("an integer");
        }
        return code;
    }

    private IllegalStateException wrongType(String wanted) {
        return new IllegalStateException("an element of %s is not %s".formatted(dtype, wanted));
    }

    /**
     * A real number; an integer of more than 53 bits is rounded.
     *
     * @throws IllegalStateException for elements that are none, and after the end
     * @throws IndexOutOfBoundsException outside of the shape
     */
    public double getDouble(long i) {
        return Elements.getDouble(segment, at(i), numeric());
    }

    public double getDouble(long i, long j) {
        return Elements.getDouble(segment, at(i, j), numeric());
    }

    public double getDouble(long... index) {
        return Elements.getDouble(segment, at(index), numeric());
    }

    /**
     * An integer, a boolean as 0 or 1, or a time as its count. Of an unsigned one of 64 bits these
     * are its bits.
     */
    public long getLong(long i) {
        return Elements.getLong(segment, at(i), integral());
    }

    public long getLong(long i, long j) {
        return Elements.getLong(segment, at(i, j), integral());
    }

    public long getLong(long... index) {
        return Elements.getLong(segment, at(index), integral());
    }

    /** Whether an integer or a boolean is not 0. */
    public boolean getBoolean(long... index) {
        return getLong(index) != 0;
    }

    public Complex getComplex(long... index) {
        Scalar scalar = scalar(Kind.COMPLEX, "complex");
        int half = Elements.codeOfHalf(scalar);
        if (half == Elements.OTHER) {
            throw wrongType("of a size that is the same on all processors");
        }
        long at = at(index);
        return new Complex(
                Elements.getDouble(segment, at, half),
                Elements.getDouble(segment, at + scalar.sizeBytes() / 2, half));
    }

    /**
     * A point in time, rounded down to nanoseconds.
     *
     * @return null for NaT
     */
    public @Nullable Instant getInstant(long... index) {
        long count = getLong(index);
        String unit = scalar(Kind.DATETIME, "a point in time").unit();
        return count == Long.MIN_VALUE ? null : TimeUnits.instant(count, unit);
    }

    /**
     * A span of time, rounded down to nanoseconds.
     *
     * @return null for NaT
     */
    public @Nullable Duration getDuration(long... index) {
        long count = getLong(index);
        String unit = scalar(Kind.TIMEDELTA, "a span of time").unit();
        return count == Long.MIN_VALUE ? null : TimeUnits.duration(count, unit);
    }

    /** Text; of elements that are bytes, as Latin-1. Zeros at the end are no part of it. */
    public String getString(long... index) {
        if (!(dtype instanceof Scalar scalar)
                || (scalar.kind() != Kind.TEXT && scalar.kind() != Kind.BYTES)) {
            throw wrongType("text");
        }
        return Elements.text(getBytes(index), scalar);
    }

    /** A copy of the bytes of one element of any type. */
    public byte[] getBytes(long... index) {
        return segment.asSlice(at(index), dtype.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    private Scalar scalar(Kind kind, String wanted) {
        if (dtype instanceof Scalar scalar && scalar.kind() == kind) {
            return scalar;
        }
        throw wrongType(wanted);
    }

    // --- Views ---

    private Tensor view(long newOffset, DType type, long[] newShape, long[] newStrides) {
        return new Tensor(
                pin, false, segment, newOffset, type, newShape, newStrides, Elements.codeOf(type));
    }

    /** Elements {@code from} to {@code to - 1} along an axis. */
    public Tensor slice(int axis, long from, long to) {
        return slice(axis, from, to, 1);
    }

    /**
     * Every {@code step}th element from {@code from} to {@code to - 1} along an axis.
     *
     * @param step 1 or more
     */
    public Tensor slice(int axis, long from, long to, long step) {
        Objects.checkFromToIndex(from, to, shape[axis]);
        if (step < 1) {
            throw new IllegalArgumentException("step " + step);
        }
        long[] newShape = shape.clone();
        long[] newStrides = strides.clone();
        newShape[axis] = Math.ceilDiv(to - from, step);
        newStrides[axis] = newShape[axis] > 1 ? strides[axis] * step : strides[axis];
        return view(offset + from * strides[axis], dtype, newShape, newStrides);
    }

    /** What is at one index of an axis: a tensor with one axis less. */
    public Tensor select(int axis, long index) {
        Objects.checkIndex(index, shape[axis]);
        return view(
                offset + index * strides[axis],
                dtype,
                Shapes.without(shape, axis),
                Shapes.without(strides, axis));
    }

    /** The axes in reverse order. */
    public Tensor transpose() {
        int[] axes = new int[shape.length];
        Arrays.setAll(axes, axis -> axes.length - 1 - axis);
        return transpose(axes);
    }

    /**
     * The axes in another order.
     *
     * @param axes each of this tensor's once
     */
    public Tensor transpose(int... axes) {
        int[] sorted = axes.clone();
        Arrays.sort(sorted);
        long[] newShape = new long[shape.length];
        long[] newStrides = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            if (axes.length != shape.length || sorted[i] != i) {
                throw new IllegalArgumentException(
                        "axes " + Arrays.toString(axes) + " of " + shape.length);
            }
            newShape[i] = shape[axes[i]];
            newStrides[i] = strides[axes[i]];
        }
        return view(offset, dtype, newShape, newStrides);
    }

    /**
     * The same elements in another shape.
     *
     * @throws IllegalArgumentException when it does not have as many
     * @throws IllegalStateException when this is not contiguous: {@link #copy} is
     */
    public Tensor reshape(long... newShape) {
        long[] own = newShape.clone();
        if (Shapes.count(own, dtype.sizeBytes()) != size()) {
            throw new IllegalArgumentException(
                    "shape %s for %d elements".formatted(Arrays.toString(own), size()));
        }
        if (!isContiguous()) {
            throw new IllegalStateException(this + " is not contiguous: copy() first");
        }
        return view(offset, dtype, own, Shapes.rowMajor(own, dtype.sizeBytes()));
    }

    /**
     * One field of structured elements; a field that is an array adds its axes.
     *
     * @throws IllegalArgumentException when there is none of that name
     */
    public Tensor field(String name) {
        if (!(dtype instanceof Struct struct)) {
            throw wrongType("structured");
        }
        Field field = struct.field(name);
        long[] inner = field.shape().stream().mapToLong(Long::longValue).toArray();
        return view(
                offset + field.offset(),
                field.type(),
                Shapes.joined(shape, inner),
                Shapes.joined(strides, Shapes.rowMajor(inner, field.type().sizeBytes())));
    }

    // --- Copies ---

    /** A contiguous copy in memory of the program, which is freed when nobody has it any more. */
    public Tensor copy() {
        return of(dtype, elements(), shape);
    }

    /** A copy of the bytes of all elements, the last axis varying fastest. */
    MemorySegment elements() {
        return copies().elements();
    }

    private Copies copies() {
        return new Copies(segment, offset, dtype, shape, strides);
    }

    private boolean lieAs(Scalar wanted) {
        return dtype.equals(wanted) && isContiguous();
    }

    /** Real numbers, the last axis varying fastest. */
    public double[] toDoubleArray() {
        return lieAs(DType.FLOAT64)
                ? copies().together().toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED)
                : copies().doubles(numeric());
    }

    /** Real numbers, rounded. */
    public float[] toFloatArray() {
        return lieAs(DType.FLOAT32)
                ? copies().together().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)
                : copies().floats(numeric());
    }

    /** Integers, booleans or times, as {@link #getLong}. */
    public long[] toLongArray() {
        return lieAs(DType.INT64)
                ? copies().together().toArray(ValueLayout.JAVA_LONG_UNALIGNED)
                : copies().longs(integral());
    }

    /**
     * Integers.
     *
     * @throws ArithmeticException for one that is larger
     */
    public int[] toIntArray() {
        return lieAs(DType.INT32)
                ? copies().together().toArray(ValueLayout.JAVA_INT_UNALIGNED)
                : copies().ints(integral());
    }

    /** Of integers and booleans, which are not 0. */
    public boolean[] toBooleanArray() {
        return copies().booleans(integral());
    }

    /**
     * Integers.
     *
     * @throws ArithmeticException for one that is larger
     */
    public short[] toShortArray() {
        if (lieAs(DType.INT16)) {
            return copies().together().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
        }
        int[] values = toIntArray();
        short[] array = new short[values.length];
        for (int i = 0; i < array.length; i++) {
            array[i] = (short) values[i];
            if (array[i] != values[i]) {
                throw new ArithmeticException(values[i] + " is no short");
            }
        }
        return array;
    }

    /** The bytes of all elements, the last axis varying fastest. */
    public byte[] toByteArray() {
        return copies().bytes();
    }

    // --- Life ---

    /**
     * This tensor for any threads at once, with a pin of its own, to be closed on its own; this one
     * is to be closed as well.
     */
    public Tensor share() {
        ValuePin own = pin;
        if (own == null) {
            return this;
        }
        ValuePin shared = own.share();
        long shift = segment.address() - own.segment().address();
        MemorySegment same = shared.segment().asSlice(shift, segment.byteSize());
        return new Tensor(shared, true, same, offset, dtype, shape, strides, code);
    }

    /**
     * Ends the bytes of this tensor and of all its views, unless it is itself a view. Idempotent.
     */
    @Override
    public void close() {
        ValuePin own = pin;
        if (isRoot && own != null) {
            own.close();
        }
    }

    /** Dtype and shape: {@code <f8 [3, 4]}. */
    @Override
    public String toString() {
        return dtype + " " + Arrays.toString(shape);
    }
}
