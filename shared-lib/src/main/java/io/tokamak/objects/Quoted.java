package io.tokamak.objects;

import java.util.HexFormat;
import java.util.Locale;

/** Foreign text in a message: short, on one line, without control characters. */
final class Quoted {
    private static final int CHARS_MAX = 64;

    private Quoted() {}

    static String of(String text) {
        StringBuilder quoted =
                new StringBuilder(Math.min(text.length(), CHARS_MAX) + 8).append('"');
        for (int i = 0; i < text.length(); i++) {
            if (i == CHARS_MAX) {
                return quoted.append("\" and ")
                        .append(text.length() - CHARS_MAX)
                        .append(" more")
                        .toString();
            }
            append(quoted, text, i);
        }
        return quoted.append('"').toString();
    }

    static String of(char c) {
        return c > 0x20 && c < 0x7F ? "'" + c + "'" : "U+" + hex(c).toUpperCase(Locale.ROOT);
    }

    private static void append(StringBuilder quoted, String text, int index) {
        char c = text.charAt(index);
        boolean unprintable =
                c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == '\u2028' || c == '\u2029';
        if (unprintable || Character.isSurrogate(c)) {
            quoted.append("\\u").append(hex(c));
        } else {
            quoted.append(c);
        }
    }

    private static String hex(char c) {
        return HexFormat.of().toHexDigits(c);
    }
}
