package io.tokamak.objects;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a user says of an object: texts by name, sorted by name. At most 64, of at most 8 KiB in
 * all, names and values counted as UTF-8. Immutable.
 *
 * <p>A name is a token as in HTTP and is kept in lower case. A value is any text, also none, that a
 * header can give back: no control characters, and no space at either end.
 */
public final class Attributes {
    public static final int COUNT_MAX = 64;

    /** Of all names and values together. */
    public static final int BYTES_MAX = 8 * 1024;

    public static final Attributes NONE = new Attributes(Collections.emptySortedMap(), 0);

    private final SortedMap<String, String> valuesByName;
    private final int sizeBytes;

    private Attributes(SortedMap<String, String> valuesByName, int sizeBytes) {
        this.valuesByName = valuesByName;
        this.sizeBytes = sizeBytes;
    }

    /**
     * These attributes, in any order.
     *
     * @throws InvalidRequest {@code bad-attribute}, also when two names differ in case alone
     */
    public static Attributes of(Map<String, String> valuesByName) {
        Builder builder = builder();
        valuesByName.forEach(builder::add);
        return builder.build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The value of that name in lower case, or null. */
    public @Nullable String get(String name) {
        return valuesByName.get(name);
    }

    /** By name, in order. Immutable. */
    public SortedMap<String, String> asMap() {
        return valuesByName;
    }

    public int count() {
        return valuesByName.size();
    }

    public boolean isEmpty() {
        return valuesByName.isEmpty();
    }

    /** Names and values as UTF-8. */
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Attributes that && valuesByName.equals(that.valuesByName);
    }

    @Override
    public int hashCode() {
        return valuesByName.hashCode();
    }

    @Override
    public String toString() {
        return valuesByName.toString();
    }

    /** Collects attributes and checks each as it comes. Not for several threads. */
    public static final class Builder {
        private final TreeMap<String, String> valuesByName = new TreeMap<>();
        private int sizeBytes;

        private Builder() {}

        /**
         * Adds one.
         *
         * @throws InvalidRequest {@code bad-attribute}, also when the name was added before
         */
        public Builder add(String name, String value) {
            String lowerCase = checkName(name);
            sizeBytes += lowerCase.length() + checkValue(lowerCase, value);
            if (valuesByName.putIfAbsent(lowerCase, value) != null) {
                throw bad(
                        lowerCase,
                        "is given twice",
                        "give each name once; case makes no difference");
            }
            if (valuesByName.size() > COUNT_MAX) {
                throw tooMuch(valuesByName.size() + " attributes", COUNT_MAX, valuesByName.size());
            }
            if (sizeBytes > BYTES_MAX) {
                throw tooMuch("attributes of " + sizeBytes + " bytes", BYTES_MAX, sizeBytes);
            }
            return this;
        }

        public Attributes build() {
            return valuesByName.isEmpty()
                    ? NONE
                    : new Attributes(
                            Collections.unmodifiableSortedMap(new TreeMap<>(valuesByName)),
                            sizeBytes);
        }

        private static String checkName(String name) {
            int end = HttpSyntax.endOfToken(name, 0);
            if (end == 0 || end < name.length()) {
                throw bad(
                        name,
                        name.isEmpty()
                                ? "is empty"
                                : "has " + Quoted.of(name.charAt(end)) + " at index " + end,
                        "use letters, digits and !#$%&'*+-.^_`|~");
            }
            return name.toLowerCase(Locale.ROOT);
        }

        private static int checkValue(String name, String value) {
            int bytes = Utf8.length(value);
            if (bytes == Utf8.UNPAIRED_SURROGATE) {
                throw bad(name, "has an unpaired surrogate in its value", "send well-formed UTF-8");
            }
            int control = Utf8.indexOfControl(value);
            if (control >= 0) {
                throw bad(
                        name,
                        "has "
                                + Quoted.of(value.charAt(control))
                                + " at index "
                                + control
                                + " of its value",
                        "leave out control characters, or put such bytes into the object");
            }
            if (value.startsWith(" ") || value.endsWith(" ")) {
                throw bad(
                        name,
                        "has a space at an end of its value",
                        "strip it: a header would lose it");
            }
            return bytes;
        }

        private static InvalidRequest bad(String name, String why, String remedy) {
            return new InvalidRequest(
                    InvalidRequest.BAD_ATTRIBUTE,
                    "bad attribute " + Quoted.of(name) + ": it " + why,
                    remedy);
        }

        private static InvalidRequest tooMuch(String what, int limit, int actual) {
            return new InvalidRequest(
                    InvalidRequest.BAD_ATTRIBUTE,
                    what + ", at most " + limit,
                    "put what is large into the object itself",
                    Numbers.of("limit", limit, "actual", actual));
        }
    }
}
