package io.tokamak.values.tensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The few literals of Python that headers of {@code .npy} are made of: dicts with keys of text,
 * lists, tuples, text, integers, booleans. Believes nothing: whatever else comes is an {@link
 * IllegalArgumentException}.
 */
final class PythonLiteral {
    private static final int DEPTH_MAX = 32;

    /** A tuple; a list is a {@link List}. */
    record Tuple(List<Object> items) {}

    private final String text;
    private int at;
    private int depth;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /** The value of a literal, which is all of the text but for space around it. */
    static Object parse(String text) {
        PythonLiteral parser = new PythonLiteral(text);
        Object value = parser.value();
        parser.skipSpace();
        if (parser.at != text.length()) {
            throw parser.wrong("something follows it");
        }
        return value;
    }

    static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'";
    }

    static String tuple(Collection<Long> numbers) {
        String inner = numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "(" + inner + (numbers.size() == 1 ? ",)" : ")");
    }

    private IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException(why + " at " + at);
    }

    private Object value() {
        skipSpace();
        if (++depth > DEPTH_MAX) {
            throw wrong("more than " + DEPTH_MAX + " levels");
        }
        Object value =
                switch (peek()) {
                    case '{' -> dict();
                    case '[' -> items(']');
                    case '(' -> parenthesis();
                    case '\'', '"' -> string();
                    case 'T' -> word("True", true);
                    case 'F' -> word("False", false);
                    default -> integer();
                };
        depth--;
        return value;
    }

    private Map<String, Object> dict() {
        Map<String, Object> dict = new LinkedHashMap<>();
        at++;
        while (!ends('}')) {
            if (!(value() instanceof String key)) {
                throw wrong("a key that is no text");
            }
            skipSpace();
            expect(':');
            if (dict.put(key, value()) != null) {
                throw wrong("a key twice");
            }
            separator('}');
        }
        return dict;
    }

    private List<Object> items(char end) {
        List<Object> items = new ArrayList<>();
        at++;
        while (!ends(end)) {
            items.add(value());
            separator(end);
        }
        return items;
    }

    /** A tuple, or a value in parentheses. */
    private Object parenthesis() {
        List<Object> items = items(')');
        int before = at - 2;
        while (before >= 0 && text.charAt(before) == ' ') {
            before--;
        }
        boolean isTuple = items.size() != 1 || text.charAt(before) == ',';
        return isTuple ? new Tuple(items) : items.getFirst();
    }

    private boolean ends(char end) {
        skipSpace();
        if (peek() == end) {
            at++;
            return true;
        }
        return false;
    }

    private void separator(char end) {
        skipSpace();
        if (peek() != end) {
            expect(',');
        }
    }

    private String string() {
        char quote = text.charAt(at++);
        StringBuilder out = new StringBuilder();
        while (peek() != quote) {
            char next = text.charAt(at++);
            out.append(next == '\\' ? escaped() : next);
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        char kind = peek();
        at++;
        return switch (kind) {
            case '\\', '\'', '"' -> kind;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'x' -> code(2);
            case 'u' -> code(4);
            default -> throw wrong("an unknown escape");
        };
    }

    private char code(int digits) {
        if (at + digits > text.length()) {
            throw wrong("the end");
        }
        at += digits;
        return (char) Integer.parseInt(text.substring(at - digits, at), 16);
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("an unknown word");
        }
        at += word.length();
        return value;
    }

    private Long integer() {
        int begin = at;
        while (at < text.length() && "+-0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(begin, at);
        if (at < text.length() && text.charAt(at) == 'L') { // as Python 2 wrote it
            at++;
        }
        return Long.valueOf(digits); // a NumberFormatException is one of ours
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw wrong("no '" + wanted + "'");
        }
        at++;
    }

    private char peek() {
        if (at == text.length()) {
            throw wrong("the end");
        }
        return text.charAt(at);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
