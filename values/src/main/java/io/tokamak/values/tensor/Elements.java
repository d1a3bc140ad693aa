package io.tokamak.values.tensor;

import io.tokamak.values.tensor.DType.Kind;
import io.tokamak.values.tensor.DType.Scalar;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads and writes single elements. What an element is is one small number, so that a loop over a
 * tensor switches on a constant.
 */
final class Elements {
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE);
    private static final ValueLayout.OfShort SHORT_BIG =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(BIG);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE);
    private static final ValueLayout.OfInt INT_BIG = ValueLayout.JAVA_INT_UNALIGNED.withOrder(BIG);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE);
    private static final ValueLayout.OfLong LONG_BIG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(BIG);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE);

    /** Which of the following an element is; 16 more when its bytes are in big-endian order. */
    static final int OTHER = 0;

    static final int I1 = 1;
    static final int I2 = 2;
    static final int I4 = 3;
    static final int I8 = 4;
    static final int U1 = 5;
    static final int U2 = 6;
    static final int U4 = 7;
    static final int U8 = 8;
    static final int F2 = 9;
    static final int F4 = 10;
    static final int F8 = 11;
    private static final int BIG_ENDIAN = 16;

    private Elements() {}

    static int codeOf(DType dtype) {
        if (!(dtype instanceof Scalar scalar)) {
            return OTHER;
        }
        int size = (int) Math.min(scalar.sizeBytes(), 32);
        int code =
                switch (scalar.kind()) {
                    case BOOLEAN -> U1;
                    case SIGNED -> I1 + Integer.numberOfTrailingZeros(size);
                    case UNSIGNED -> U1 + Integer.numberOfTrailingZeros(size);
                    case DATETIME, TIMEDELTA -> I8;
                    case FLOAT -> size == 16 ? OTHER : F2 + Integer.numberOfTrailingZeros(size) - 1;
                    case COMPLEX, BYTES, TEXT, VOID -> OTHER;
                };
        return code == OTHER || scalar.order() == LITTLE ? code : code + BIG_ENDIAN;
    }

    /** The element that each half of a complex one is. */
    static int codeOfHalf(Scalar complex) {
        return codeOf(new Scalar(Kind.FLOAT, complex.sizeBytes() / 2, complex.order(), ""));
    }

    static boolean isFloat(int code) {
        return (code & ~BIG_ENDIAN) >= F2;
    }

    static double getDouble(MemorySegment segment, long at, int code) {
        return switch (code) {
            case F8 -> segment.get(DOUBLE, at);
            case F8 + BIG_ENDIAN -> Double.longBitsToDouble(segment.get(LONG_BIG, at));
            case F4 -> Float.intBitsToFloat(segment.get(INT, at));
            case F4 + BIG_ENDIAN -> Float.intBitsToFloat(segment.get(INT_BIG, at));
            case F2 -> Float.float16ToFloat(segment.get(SHORT, at));
            case F2 + BIG_ENDIAN -> Float.float16ToFloat(segment.get(SHORT_BIG, at));
            case U8, U8 + BIG_ENDIAN -> unsigned(getLong(segment, at, code));
            default -> getLong(segment, at, code);
        };
    }

    private static double unsigned(long bits) {
        // Halved without losing that a bit was set below, so that the sum is rounded once.
        return bits >= 0 ? bits : (double) ((bits >>> 1) | (bits & 1)) * 2;
    }

    static long getLong(MemorySegment segment, long at, int code) {
        return switch (code) {
            case I1 -> segment.get(BYTE, at);
            case U1 -> segment.get(BYTE, at) & 0xFFL;
            case I2 -> segment.get(SHORT, at);
            case I2 + BIG_ENDIAN -> segment.get(SHORT_BIG, at);
            case U2 -> segment.get(SHORT, at) & 0xFFFFL;
            case U2 + BIG_ENDIAN -> segment.get(SHORT_BIG, at) & 0xFFFFL;
            case I4 -> segment.get(INT, at);
            case I4 + BIG_ENDIAN -> segment.get(INT_BIG, at);
            case U4 -> segment.get(INT, at) & 0xFFFF_FFFFL;
            case U4 + BIG_ENDIAN -> segment.get(INT_BIG, at) & 0xFFFF_FFFFL;
            case I8, U8 -> segment.get(LONG, at);
            case I8 + BIG_ENDIAN, U8 + BIG_ENDIAN -> segment.get(LONG_BIG, at);
            default -> throw new IllegalStateException("element " + code + " is no integer");
        };
    }

    static void setDouble(MemorySegment segment, long at, int code, double value) {
        switch (code) {
            case F8 -> segment.set(DOUBLE, at, value);
            case F8 + BIG_ENDIAN -> segment.set(LONG_BIG, at, Double.doubleToRawLongBits(value));
            case F4 -> segment.set(INT, at, Float.floatToRawIntBits((float) value));
            case F4 + BIG_ENDIAN ->
                    segment.set(INT_BIG, at, Float.floatToRawIntBits((float) value));
            case F2 -> segment.set(SHORT, at, Float.floatToFloat16((float) value));
            case F2 + BIG_ENDIAN -> segment.set(SHORT_BIG, at, Float.floatToFloat16((float) value));
            default -> throw new IllegalStateException("element " + code + " is no float");
        }
    }

    /** Writes the lowest bits. */
    static void setLong(MemorySegment segment, long at, int code, long value) {
        switch (code) {
            case I1, U1 -> segment.set(BYTE, at, (byte) value);
            case I2, U2 -> segment.set(SHORT, at, (short) value);
            case I2 + BIG_ENDIAN, U2 + BIG_ENDIAN -> segment.set(SHORT_BIG, at, (short) value);
            case I4, U4 -> segment.set(INT, at, (int) value);
            case I4 + BIG_ENDIAN, U4 + BIG_ENDIAN -> segment.set(INT_BIG, at, (int) value);
            case I8, U8 -> segment.set(LONG, at, value);
            case I8 + BIG_ENDIAN, U8 + BIG_ENDIAN -> segment.set(LONG_BIG, at, value);
            default -> setDouble(segment, at, code, (double) value);
        }
    }

    /** The text of an element of text or bytes, without the zeros at its end. */
    static String text(byte[] bytes, Scalar scalar) {
        boolean isText = scalar.kind() == Kind.TEXT;
        int unit = isText ? 4 : 1;
        int end = bytes.length;
        while (end >= unit && isZero(bytes, end - unit, end)) {
            end -= unit;
        }
        var charset =
                !isText
                        ? StandardCharsets.ISO_8859_1
                        : scalar.order() == BIG
                                ? StandardCharsets.UTF_32BE
                                : StandardCharsets.UTF_32LE;
        return new String(bytes, 0, end, charset);
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
