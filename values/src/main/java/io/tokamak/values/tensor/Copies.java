package io.tokamak.values.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * Takes elements out of where they lie, in any strides; the last axis varies fastest in every copy.
 *
 * @param offset of the first element in the segment
 */
@SuppressWarnings("ArrayRecordComponent") // of the tensor, and compared by nobody
record Copies(MemorySegment segment, long offset, DType dtype, long[] shape, long[] strides) {
    private static final int ALIGNMENT = 64;
    private static final int LENGTH_MAX = Integer.MAX_VALUE - 8;

    private long count() {
        return Shapes.count(shape, dtype.sizeBytes());
    }

    private long sizeBytes() {
        return count() * dtype.sizeBytes();
    }

    /**
     * @throws IllegalStateException when there are more elements than an array has
     */
    private int arrayLength() {
        long count = count();
        if (count > LENGTH_MAX) {
            throw new IllegalStateException(count + " elements do not fit an array");
        }
        return (int) count;
    }

    /**
     * All elements of a contiguous tensor, in place, for an array of them.
     *
     * @throws IllegalStateException as {@link #arrayLength}
     */
    MemorySegment together() {
        return segment.asSlice(offset, arrayLength() * dtype.sizeBytes());
    }

    private boolean areTogether() {
        return Shapes.isRowMajor(shape, strides, dtype.sizeBytes());
    }

    /** In memory of the program, which is freed when nobody has it any more. */
    MemorySegment elements() {
        MemorySegment copy = Arena.ofAuto().allocate(sizeBytes(), ALIGNMENT);
        if (areTogether()) {
            return copy.copyFrom(segment.asSlice(offset, sizeBytes()));
        }
        long element = dtype.sizeBytes();
        forEachOffset(
                new LongConsumer() {
                    private long to;

                    @Override
                    public void accept(long from) {
                        MemorySegment.copy(segment, from, copy, to, element);
                        to += element;
                    }
                });
        return copy;
    }

    byte[] bytes() {
        if (sizeBytes() > LENGTH_MAX) {
            throw new IllegalStateException(sizeBytes() + " bytes do not fit an array");
        }
        return (areTogether() ? segment.asSlice(offset, sizeBytes()) : elements())
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * @param code of {@link Elements}, as of all below
     */
    double[] doubles(int code) {
        double[] array = new double[arrayLength()];
        fill((i, at) -> array[i] = Elements.getDouble(segment, at, code));
        return array;
    }

    float[] floats(int code) {
        float[] array = new float[arrayLength()];
        fill((i, at) -> array[i] = (float) Elements.getDouble(segment, at, code));
        return array;
    }

    long[] longs(int code) {
        long[] array = new long[arrayLength()];
        fill((i, at) -> array[i] = Elements.getLong(segment, at, code));
        return array;
    }

    /**
     * @throws ArithmeticException for an integer that is larger
     */
    int[] ints(int code) {
        int[] array = new int[arrayLength()];
        fill((i, at) -> array[i] = Math.toIntExact(Elements.getLong(segment, at, code)));
        return array;
    }

    boolean[] booleans(int code) {
        boolean[] array = new boolean[arrayLength()];
        fill((i, at) -> array[i] = Elements.getLong(segment, at, code) != 0);
        return array;
    }

    private interface Taking {
        void take(int index, long at);
    }

    private void fill(Taking taking) {
        forEachOffset(
                new LongConsumer() {
                    private int next;

                    @Override
                    public void accept(long at) {
                        taking.take(next++, at);
                    }
                });
    }

    private void forEachOffset(LongConsumer action) {
        if (count() > 0) {
            forEachOffset(0, offset, action);
        }
    }

    private void forEachOffset(int axis, long at, LongConsumer action) {
        if (axis == shape.length) {
            action.accept(at);
            return;
        }
        for (long i = 0, next = at; i < shape[axis]; i++, next += strides[axis]) {
            forEachOffset(axis + 1, next, action);
        }
    }
}
