package io.tokamak.values.tensor;

import io.tokamak.values.tensor.DType.Field;
import io.tokamak.values.tensor.DType.Kind;
import io.tokamak.values.tensor.DType.Scalar;
import io.tokamak.values.tensor.DType.Struct;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a dtype as headers of {@code .npy} describe it: NEP 1, and {@code numpy.dtype.descr}. */
final class Descriptions {
    private static final Pattern CODE =
            Pattern.compile("([<>|=]?)([biufcMmSUVO])([0-9]{0,10})(?:\\[([^\\]]*)\\])?");

    private Descriptions() {}

    /**
     * @throws IllegalArgumentException for what does not exist
     */
    static DType dtype(Object description) {
        return switch (description) {
            case String code -> scalar(code);
            case List<?> fields -> struct(fields);
            default -> throw new IllegalArgumentException("dtype " + description);
        };
    }

    static Scalar scalar(String code) {
        Matcher parts = CODE.matcher(code);
        if (!parts.matches()) {
            throw new IllegalArgumentException("dtype " + code + " does not exist");
        }
        char letter = parts.group(2).charAt(0);
        if (letter == 'O') {
            throw new IllegalArgumentException(
                    "its elements are pickled objects, which are not read from this format");
        }
        Kind kind = kind(letter);
        long number = parts.group(3).isEmpty() ? 0 : Long.parseLong(parts.group(3));
        String unit = parts.group(4) == null ? "" : parts.group(4);
        boolean isBig = parts.group(1).equals(">");
        return new Scalar(
                kind,
                kind == Kind.TEXT ? 4 * number : number,
                isBig ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                unit);
    }

    private static Kind kind(char letter) {
        for (Kind kind : Kind.values()) {
            if (kind.letter == letter) {
                return kind;
            }
        }
        throw new IllegalArgumentException("dtype " + letter);
    }

    private static Struct struct(List<?> descriptions) {
        List<Field> fields = new ArrayList<>();
        long at = 0;
        for (Object description : descriptions) {
            if (!(description instanceof PythonLiteral.Tuple(List<Object> parts))
                    || parts.size() < 2
                    || parts.size() > 3) {
                throw new IllegalArgumentException("field " + description);
            }
            DType type = dtype(parts.get(1));
            List<Long> shape = parts.size() == 2 ? List.of() : shape(parts.get(2));
            Field field = new Field(name(parts.get(0)), type, shape, at);
            boolean isPadding =
                    field.name().isEmpty()
                            && type instanceof Scalar scalar
                            && scalar.kind() == Kind.VOID;
            if (!isPadding) {
                fields.add(field);
            }
            at = Math.addExact(at, field.sizeBytes());
        }
        return new Struct(fields, at);
    }

    /** A name, or the second of a title and a name. */
    private static String name(Object said) {
        Object name = said;
        if (said instanceof PythonLiteral.Tuple(List<Object> both) && both.size() == 2) {
            name = both.get(1);
        }
        if (name instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("field name " + said);
    }

    /** A tuple of lengths, or one. */
    static List<Long> shape(Object said) {
        List<?> items = said instanceof PythonLiteral.Tuple(List<Object> all) ? all : List.of(said);
        List<Long> shape = new ArrayList<>();
        for (Object item : items) {
            if (!(item instanceof Long length) || length < 0) {
                throw new IllegalArgumentException("shape " + said);
            }
            shape.add(length);
        }
        return shape;
    }
}
