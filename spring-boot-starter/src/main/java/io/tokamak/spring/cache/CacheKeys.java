package io.tokamak.spring.cache;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Period;
import java.time.temporal.TemporalAccessor;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.interceptor.SimpleKey;
import org.springframework.util.ReflectionUtils;

/**
 * What the objects of a cache are called. Equal keys have one text in every process, different keys
 * have different texts: {@code toString} promises neither, so only types whose text is known are
 * taken.
 *
 * <p>A string is its own text, so that other languages find it. Everything else begins with {@code
 * #}: {@code #long:42}, {@code #(berlin,#integer:7)} for several parameters, {@code #sha256:…} for
 * what a name cannot hold.
 */
final class CacheKeys {
    private static final String MARK = "#";
    private static final int TEXT_BYTES_MAX = 1024;
    private static final String ESCAPED = "\\#,()";
    private static final Set<Class<?>> SCALARS =
            Set.of(
                    Integer.class,
                    Long.class,
                    Short.class,
                    Byte.class,
                    Double.class,
                    Float.class,
                    Boolean.class,
                    Character.class,
                    BigInteger.class,
                    BigDecimal.class,
                    UUID.class,
                    Duration.class,
                    Period.class,
                    URI.class);

    /** Spring keeps the parameters of a key to itself, and its text does not tell them apart. */
    private static final Field PARAMETERS =
            Objects.requireNonNull(
                    ReflectionUtils.findField(SimpleKey.class, "params", Object[].class),
                    "SimpleKey has no field params any more");

    static {
        ReflectionUtils.makeAccessible(PARAMETERS);
    }

    private CacheKeys() {}

    /**
     * A name's key: 1 to 1,024 bytes of UTF-8 without control characters.
     *
     * @throws IllegalArgumentException when the key, or an element of it, is of a type whose text
     *     is not known
     */
    static String text(Object key) {
        if (key instanceof String string
                && !string.isEmpty()
                && !string.startsWith(MARK)
                && isName(string)) {
            return string;
        }
        StringBuilder text = new StringBuilder();
        if (key instanceof String string) {
            text.append("#string:").append(string);
        } else {
            append(text, key);
        }
        return isName(text) ? text.toString() : "#sha256:" + sha256(text);
    }

    private static boolean isName(CharSequence text) {
        return text.codePoints()
                        .noneMatch(
                                c ->
                                        Character.isISOControl(c)
                                                || Character.getType(c) == Character.SURROGATE)
                && text.toString().getBytes(StandardCharsets.UTF_8).length <= TEXT_BYTES_MAX;
    }

    /** Of the UTF-16 units as they are: UTF-8 has one byte for all halves of characters. */
    private static String sha256(CharSequence text) {
        ByteBuffer units = ByteBuffer.allocate(Math.multiplyExact(text.length(), Character.BYTES));
        units.asCharBuffer().put(text.toString());
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(units);
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static void append(StringBuilder text, @Nullable Object part) {
        switch (part) {
            case null -> text.append("#null");
            case String string when string.isEmpty() -> text.append("#string:");
            case String string -> appendEscaped(text, string);
            case Enum<?> constant ->
                    appendTyped(text, constant.getDeclaringClass().getName(), constant.name());
            case Class<?> type -> appendTyped(text, "class", type.getName());
            case SimpleKey key -> appendAll(text.append(MARK), parameters(key));
            case List<?> list -> appendAll(text.append("#list"), list.toArray());
            case Record values ->
                    appendAll(
                            text.append(MARK).append(values.getClass().getName()),
                            components(values));
            default -> appendOther(text, part);
        }
    }

    private static void appendOther(StringBuilder text, Object part) {
        Class<?> type = part.getClass();
        boolean isTime =
                part instanceof TemporalAccessor && type.getPackageName().equals("java.time");
        if (SCALARS.contains(type) || isTime) {
            appendTyped(text, type.getSimpleName().toLowerCase(Locale.ROOT), part.toString());
        } else if (type.isArray()) {
            Object[] elements = new Object[Array.getLength(part)];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = Array.get(part, i);
            }
            appendAll(text.append(MARK).append(type.getName()), elements);
        } else {
            throw new IllegalArgumentException(
                    "a cache key has a "
                            + type.getName()
                            + ", which may be called otherwise in another process: use strings,"
                            + " numbers, enums, dates, records and lists of such, or say with"
                            + " @Cacheable(key = …) what to take of it");
        }
    }

    private static void appendTyped(StringBuilder text, String type, String value) {
        text.append(MARK).append(type).append(':');
        appendEscaped(text, value);
    }

    private static void appendAll(StringBuilder text, @Nullable Object[] parts) {
        text.append('(');
        for (int i = 0; i < parts.length; i++) {
            if (i > 0) {
                text.append(',');
            }
            append(text, parts[i]);
        }
        text.append(')');
    }

    private static void appendEscaped(StringBuilder text, String value) {
        value.chars()
                .forEach(
                        c -> {
                            if (ESCAPED.indexOf(c) >= 0) {
                                text.append('\\');
                            }
                            text.append((char) c);
                        });
    }

    private static @Nullable Object[] parameters(SimpleKey key) {
        return (Object[])
                Objects.requireNonNull(ReflectionUtils.getField(PARAMETERS, key), "parameters");
    }

    private static @Nullable Object[] components(Record values) {
        RecordComponent[] components = values.getClass().getRecordComponents();
        @Nullable Object[] parts = new Object[components.length];
        for (int i = 0; i < parts.length; i++) {
            ReflectionUtils.makeAccessible(components[i].getAccessor());
            parts[i] = ReflectionUtils.invokeMethod(components[i].getAccessor(), values);
        }
        return parts;
    }
}
