package io.tokamak.values.tensor;

import java.util.Arrays;

/** Lengths of axes, and bytes from one element to the next along each. */
final class Shapes {
    private Shapes() {}

    /**
     * How many elements there are.
     *
     * @throws IllegalArgumentException for a negative length, more than 64 axes, or more bytes than
     *     63 bits count, where an axis without elements does not make the others fit
     */
    static long count(long[] shape, long elementBytes) {
        if (shape.length > Tensor.RANK_MAX) {
            throw new IllegalArgumentException(shape.length + " axes, at most " + Tensor.RANK_MAX);
        }
        long bytes = Math.max(1, elementBytes);
        long count = 1;
        for (long length : shape) {
            if (length < 0
                    || Math.multiplyHigh(bytes, Math.max(1, length)) != 0
                    || bytes * Math.max(1, length) < 0) {
                throw new IllegalArgumentException(
                        "shape %s of %d bytes each is more than any memory"
                                .formatted(Arrays.toString(shape), elementBytes));
            }
            bytes *= Math.max(1, length);
            count *= length;
        }
        return count;
    }

    /** The last axis varies fastest. */
    static long[] rowMajor(long[] shape, long elementBytes) {
        long[] strides = new long[shape.length];
        long stride = elementBytes;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= Math.max(1, shape[axis]);
        }
        return strides;
    }

    /** The first axis varies fastest. */
    static long[] columnMajor(long[] shape, long elementBytes) {
        long[] strides = new long[shape.length];
        long stride = elementBytes;
        for (int axis = 0; axis < shape.length; axis++) {
            strides[axis] = stride;
            stride *= Math.max(1, shape[axis]);
        }
        return strides;
    }

    /** Whether elements lie as {@link #rowMajor} says, where that makes a difference. */
    static boolean isRowMajor(long[] shape, long[] strides, long elementBytes) {
        long stride = elementBytes;
        boolean isSame = true;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            if (shape[axis] == 0) {
                return true;
            }
            isSame &= shape[axis] == 1 || strides[axis] == stride;
            stride *= shape[axis];
        }
        return isSame;
    }

    /** Likewise, as {@link #columnMajor} says. */
    static boolean isColumnMajor(long[] shape, long[] strides, long elementBytes) {
        long stride = elementBytes;
        boolean isSame = true;
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] == 0) {
                return true;
            }
            isSame &= shape[axis] == 1 || strides[axis] == stride;
            stride *= shape[axis];
        }
        return isSame;
    }

    /** All but that of one axis. */
    static long[] without(long[] numbers, int axis) {
        long[] rest = Arrays.copyOf(numbers, numbers.length - 1);
        System.arraycopy(numbers, axis + 1, rest, axis, rest.length - axis);
        return rest;
    }

    static long[] joined(long[] first, long[] second) {
        long[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
