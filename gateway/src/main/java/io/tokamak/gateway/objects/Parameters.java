package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Durations;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The query of a request: only parameters that are known there, each once. */
public final class Parameters {
    private static final int TEXT_BYTES_MAX = 8 << 10;
    static final Parameters NONE = new Parameters(Map.of());

    private final Map<String, String> values;

    private Parameters(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Reads a query.
     *
     * @param rawQuery as in the URI; null: none
     * @param known names that may be in it
     * @throws InvalidRequest {@code unknown-parameter}, or {@code bad-parameter} for one given
     *     twice
     */
    public static Parameters of(@Nullable String rawQuery, List<String> known) {
        if (rawQuery == null) {
            return NONE;
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String part : rawQuery.split("&", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            int equals = part.indexOf('=');
            String name = decode(equals < 0 ? part : part.substring(0, equals));
            checkKnown(name, known);
            if (values.put(name, decode(equals < 0 ? "" : part.substring(equals + 1))) != null) {
                throw bad(name, "is given twice", "give it once");
            }
        }
        return new Parameters(values);
    }

    /**
     * @throws InvalidRequest {@code unknown-parameter}
     */
    static void checkKnown(String name, List<String> known) {
        checkKnown(name, name, known);
    }

    /**
     * @param path where the name stands, for the message
     * @throws InvalidRequest {@code unknown-parameter}
     */
    static void checkKnown(String path, String name, List<String> known) {
        if (!known.contains(name)) {
            throw new InvalidRequest(
                    InvalidRequest.UNKNOWN_PARAMETER,
                    "parameter " + abbreviated(path) + " is not known here",
                    known.isEmpty() ? "leave it out" : "known are " + String.join(", ", known),
                    numbers("parameter", abbreviated(path)));
        }
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    @Nullable String text(String name) {
        return values.get(name);
    }

    /** The parameter {@code namespace}, by its rules; null when it is not given. */
    @Nullable String namespace() {
        String namespace = values.get("namespace");
        if (namespace != null) {
            var _ = new ObjectName(namespace, "x"); // its rules
        }
        return namespace;
    }

    /** The parameter {@code prefix}, of keys in a namespace; null when it is not given. */
    @Nullable String prefix() {
        String prefix = values.get("prefix");
        if (prefix != null && !values.containsKey("namespace")) {
            throw bad("prefix", "needs a namespace", "give namespace too");
        }
        return prefix;
    }

    /** A lifetime; null when it is not given. */
    @Nullable Duration lifetime(String name) {
        String text = values.get(name);
        return text == null ? null : Durations.parse(text);
    }

    /** How long to wait, at most {@link Waits#MAX}. */
    Duration wait(String name, Duration otherwise) {
        String text = values.get(name);
        return text == null ? otherwise : parseWait(text);
    }

    static Duration parseWait(String text) {
        return Waits.check(Durations.parseOrZero(text));
    }

    /**
     * A whole number.
     *
     * @param code of the error when it is none or out of its limits
     */
    int number(String name, int min, int max, int otherwise, String code) {
        String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        boolean digits = !text.isEmpty() && text.length() <= 9;
        for (int i = 0; i < text.length(); i++) {
            digits &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        int number = digits ? Integer.parseInt(text) : -1;
        if (!digits || number < min || number > max) {
            SequencedMap<String, Object> numbers = numbers("min", min);
            numbers.put("max", max);
            throw new InvalidRequest(
                    code,
                    "parameter " + name + " is " + abbreviated(text),
                    "give a number from " + min + " to " + max,
                    numbers);
        }
        return number;
    }

    /** Of a parameter, or a field of a document, that breaks a rule. */
    public static InvalidRequest bad(String name, String why, String remedy) {
        return new InvalidRequest(
                InvalidRequest.BAD_PARAMETER,
                "parameter " + name + " " + why,
                remedy,
                numbers("parameter", name));
    }

    private static String abbreviated(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    private static SequencedMap<String, Object> numbers(String name, Object value) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(name, value);
        return numbers;
    }

    private static String decode(String raw) {
        return Percent.decode(raw, InvalidRequest.BAD_PARAMETER, TEXT_BYTES_MAX);
    }
}
