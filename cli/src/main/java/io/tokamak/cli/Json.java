package io.tokamak.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON object, in the order of the calls. A library would cost more start-up than a
 * whole put.
 */
final class Json {
    private final StringBuilder text = new StringBuilder("{");

    /** Adds a member; null is written as null. */
    Json with(String name, @Nullable Object value) {
        if (text.length() > 1) {
            text.append(',');
        }
        string(name);
        text.append(':');
        value(value);
        return this;
    }

    /** Adds each entry. */
    Json with(Map<String, ?> members) {
        members.forEach(this::with);
        return this;
    }

    private void value(@Nullable Object value) {
        switch (value) {
            case null -> text.append("null");
            case Number number -> text.append(number);
            case Boolean bool -> text.append(bool);
            case Json json -> text.append(json);
            case Map<?, ?> map -> {
                Json json = new Json();
                map.forEach((name, member) -> json.with(String.valueOf(name), member));
                text.append(json);
            }
            case List<?> list -> {
                text.append('[');
                for (int i = 0; i < list.size(); i++) {
                    text.append(i == 0 ? "" : ",");
                    value(list.get(i));
                }
                text.append(']');
            }
            default -> string(value.toString());
        }
    }

    private void string(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (c < 0x20
                            || c == 0x7F
                            || (Character.isSurrogate(c) && !isPaired(value, i))) {
                        text.append(String.format("\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    private static boolean isPaired(String value, int index) {
        return Character.isHighSurrogate(value.charAt(index))
                ? index + 1 < value.length() && Character.isLowSurrogate(value.charAt(index + 1))
                : index > 0 && Character.isHighSurrogate(value.charAt(index - 1));
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
