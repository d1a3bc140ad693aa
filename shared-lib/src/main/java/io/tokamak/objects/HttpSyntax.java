package io.tokamak.objects;

/** The characters of RFC 9110, section 5.6. */
final class HttpSyntax {
    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    private HttpSyntax() {}

    static boolean isTokenChar(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || TOKEN_MARKS.indexOf(c) >= 0;
    }

    /** The index of the first character from {@code start} on that no token has. */
    static int endOfToken(String text, int start) {
        int end = start;
        while (end < text.length() && isTokenChar(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /** The index of the first character from {@code start} on that is neither space nor tab. */
    static int endOfSpace(String text, int start) {
        int end = start;
        while (end < text.length() && (text.charAt(end) == ' ' || text.charAt(end) == '\t')) {
            end++;
        }
        return end;
    }

    /**
     * The index after the quoted string that begins at {@code start}, or -1 when there is none.
     * Bytes above ASCII count as the characters U+0080 to U+00FF.
     */
    static int endOfQuotedString(String text, int start) {
        if (start >= text.length() || text.charAt(start) != '"') {
            return -1;
        }
        for (int i = start + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\') {
                i++; // the next one stands for itself
                c = i < text.length() ? text.charAt(i) : '\0';
            }
            if ((c < 0x20 && c != '\t') || c == 0x7F || c > 0xFF) {
                return -1;
            }
        }
        return -1;
    }
}
