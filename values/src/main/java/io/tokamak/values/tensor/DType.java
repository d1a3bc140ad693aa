package io.tokamak.values.tensor;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the elements of a tensor are, in the words of NumPy. Immutable; equal when elements are read
 * alike.
 */
public sealed interface DType permits DType.Scalar, DType.Struct {
    Scalar BOOL = scalar(Kind.BOOLEAN, 1);
    Scalar INT8 = scalar(Kind.SIGNED, 1);
    Scalar INT16 = scalar(Kind.SIGNED, 2);
    Scalar INT32 = scalar(Kind.SIGNED, 4);
    Scalar INT64 = scalar(Kind.SIGNED, 8);
    Scalar UINT8 = scalar(Kind.UNSIGNED, 1);
    Scalar UINT16 = scalar(Kind.UNSIGNED, 2);
    Scalar UINT32 = scalar(Kind.UNSIGNED, 4);
    Scalar UINT64 = scalar(Kind.UNSIGNED, 8);
    Scalar FLOAT16 = scalar(Kind.FLOAT, 2);
    Scalar FLOAT32 = scalar(Kind.FLOAT, 4);
    Scalar FLOAT64 = scalar(Kind.FLOAT, 8);
    Scalar COMPLEX64 = scalar(Kind.COMPLEX, 8);
    Scalar COMPLEX128 = scalar(Kind.COMPLEX, 16);

    /** Bytes of one element, 0 or more. */
    long sizeBytes();

    /** As the header of {@code .npy} has it: {@code '<f8'}, or a list of fields. */
    String descr();

    /**
     * What {@link #descr} says.
     *
     * @throws IllegalArgumentException for what does not exist
     */
    static DType parse(String descr) {
        return Descriptions.dtype(PythonLiteral.parse(descr));
    }

    /** An element without fields. */
    private static Scalar scalar(Kind kind, int sizeBytes) {
        return new Scalar(kind, sizeBytes, ByteOrder.LITTLE_ENDIAN, "");
    }

    /** Points in time: 64 bits that count units since 1970, such as {@code ns} or {@code 25s}. */
    static Scalar datetime(String unit) {
        return new Scalar(Kind.DATETIME, 8, ByteOrder.LITTLE_ENDIAN, unit);
    }

    /** Spans of time: 64 bits that count units. */
    static Scalar timedelta(String unit) {
        return new Scalar(Kind.TIMEDELTA, 8, ByteOrder.LITTLE_ENDIAN, unit);
    }

    /** Text of at most so many code points, in four bytes each. */
    static Scalar text(int codePointsMax) {
        return new Scalar(
                Kind.TEXT, Math.multiplyExact(4L, codePointsMax), ByteOrder.LITTLE_ENDIAN, "");
    }

    /** Bytes, those at the end that are zero left out when they are read. */
    static Scalar bytes(int bytesMax) {
        return scalar(Kind.BYTES, bytesMax);
    }

    /** Fields one after the other, with no room between them. */
    static Struct struct(Field... fields) {
        return Struct.packed(List.of(fields));
    }

    /** What NumPy's letter for a type says. */
    enum Kind {
        BOOLEAN('b', 1),
        SIGNED('i', 1 | 2 | 4 | 8),
        UNSIGNED('u', 1 | 2 | 4 | 8),
        /** 16 bytes, a {@code longdouble}, differ between processors: only their bytes are read. */
        FLOAT('f', 2 | 4 | 8 | 16),
        COMPLEX('c', 8 | 16 | 32),
        DATETIME('M', 8),
        TIMEDELTA('m', 8),
        BYTES('S', 0),
        TEXT('U', 0),
        /** Bytes of no meaning. */
        VOID('V', 0);

        final char letter;

        /** The sum of the sizes that there are, which are powers of two; 0: any. */
        private final int sizes;

        Kind(char letter, int sizes) {
            this.letter = letter;
            this.sizes = sizes;
        }

        boolean hasSize(long size) {
            return sizes == 0 ? size >= 0 : Long.bitCount(size) == 1 && (sizes & size) != 0;
        }

        boolean isTime() {
            return this == DATETIME || this == TIMEDELTA;
        }

        boolean hasOrder(long size) {
            return this != BYTES && this != VOID && size > 1;
        }
    }

    /**
     * An element without fields.
     *
     * @param unit of {@link Kind#DATETIME} and {@link Kind#TIMEDELTA}, {@code ns} or {@code 25s};
     *     empty for none
     */
    record Scalar(Kind kind, long sizeBytes, ByteOrder order, String unit) implements DType {
        public Scalar {
            if (!kind.hasSize(sizeBytes)) {
                throw new IllegalArgumentException(
                        "%s of %d bytes"
                                .formatted(kind.toString().toLowerCase(Locale.ROOT), sizeBytes));
            }
            if (!unit.isEmpty() && !(kind.isTime() && TimeUnits.isKnown(unit))) {
                throw new IllegalArgumentException("unit " + unit);
            }
            order = kind.hasOrder(sizeBytes) ? order : ByteOrder.LITTLE_ENDIAN;
        }

        /** The same with its bytes in that order. */
        public Scalar withOrder(ByteOrder other) {
            return new Scalar(kind, sizeBytes, other, unit);
        }

        /** {@code <f8}, {@code |b1}, {@code >M8[ns]}. */
        public String code() {
            char first =
                    !kind.hasOrder(sizeBytes) ? '|' : order == ByteOrder.BIG_ENDIAN ? '>' : '<';
            long number = kind == Kind.TEXT ? sizeBytes / 4 : sizeBytes;
            return first + "" + kind.letter + number + (unit.isEmpty() ? "" : "[" + unit + "]");
        }

        @Override
        public String descr() {
            return "'" + code() + "'";
        }

        @Override
        public String toString() {
            return code();
        }
    }

    /**
     * A field of a structured element.
     *
     * @param shape of the array that it is in each element; empty for a single value
     * @param offset of its first byte in the element
     */
    record Field(String name, DType type, List<Long> shape, long offset) {
        public Field {
            shape = List.copyOf(shape);
            for (long each : shape) {
                if (each < 0) {
                    throw new IllegalArgumentException("field " + name + " of shape " + shape);
                }
            }
        }

        /** A single value, which {@link DType#struct} places. */
        public static Field of(String name, DType type) {
            return new Field(name, type, List.of(), 0);
        }

        /** Bytes in each element. */
        public long sizeBytes() {
            long size = type.sizeBytes();
            for (long each : shape) {
                size = Math.multiplyExact(size, each);
            }
            return size;
        }
    }

    /**
     * An element with fields, without those that are padding.
     *
     * @param sizeBytes padding included
     */
    record Struct(List<Field> fields, long sizeBytes) implements DType {
        public Struct {
            fields = List.copyOf(fields);
            long end = 0;
            for (Field field : fields) {
                if (field.offset() < end) {
                    throw new IllegalArgumentException(
                            "field " + field.name() + " overlaps another");
                }
                end = Math.addExact(field.offset(), field.sizeBytes());
            }
            if (end > sizeBytes) {
                throw new IllegalArgumentException(
                        "fields of %d bytes in %d".formatted(end, sizeBytes));
            }
            if (fields.stream().map(Field::name).distinct().count() != fields.size()) {
                throw new IllegalArgumentException("two fields of one name");
            }
        }

        static Struct packed(List<Field> fields) {
            List<Field> placed = new ArrayList<>();
            long at = 0;
            for (Field field : fields) {
                placed.add(new Field(field.name(), field.type(), field.shape(), at));
                at = Math.addExact(at, field.sizeBytes());
            }
            return new Struct(placed, at);
        }

        /**
         * The field of that name.
         *
         * @throws IllegalArgumentException when there is none
         */
        public Field field(String name) {
            for (Field field : fields) {
                if (field.name().equals(name)) {
                    return field;
                }
            }
            throw new IllegalArgumentException("no field " + name + " in " + descr());
        }

        @Override
        public String descr() {
            StringBuilder out = new StringBuilder("[");
            long at = 0;
            for (Field field : fields) {
                pad(field.offset() - at, out);
                out.append('(').append(PythonLiteral.quoted(field.name())).append(", ");
                out.append(field.type().descr());
                if (!field.shape().isEmpty()) {
                    out.append(", ").append(PythonLiteral.tuple(field.shape()));
                }
                out.append("), ");
                at = field.offset() + field.sizeBytes();
            }
            pad(sizeBytes - at, out);
            return out.append(']').toString();
        }

        private static void pad(long bytes, StringBuilder out) {
            if (bytes > 0) {
                out.append("('', '|V").append(bytes).append("'), ");
            }
        }

        @Override
        public String toString() {
            return fields.stream()
                    .map(field -> field.name() + ": " + field.type())
                    .collect(Collectors.joining(", ", "{", "}"));
        }
    }
}
