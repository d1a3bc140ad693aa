package io.tokamak.objects;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** UTF-8 as it is counted, checked and compared here: without replacement characters. */
final class Utf8 {
    /** What {@link #length} answers for text that has no UTF-8 form. */
    static final int UNPAIRED_SURROGATE = -1;

    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** The bytes that {@code text} takes, or {@link #UNPAIRED_SURROGATE}. */
    static int length(String text) {
        int chars = text.length();
        int bytes = chars;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                continue;
            }
            if (c < 0x800) {
                bytes += 1;
            } else if (!Character.isSurrogate(c)) {
                bytes += 2;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < chars
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 2; // four bytes for two chars
                i++;
            } else {
                return UNPAIRED_SURROGATE;
            }
        }
        return bytes;
    }

    /** The index of the first control character (C0 with NUL, DEL, C1), or -1. */
    static int indexOfControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) {
                return i;
            }
        }
        return -1;
    }

    static byte[] encode(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The text of these bytes, or null when they are not UTF-8. */
    static @Nullable String decode(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) < 0) {
            return text;
        }
        try { // either it was there before, or bytes were wrong
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, offset, length))
                    .toString();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    /**
     * Whether the bytes at {@code offset} are exactly {@code text}. Allocates nothing.
     *
     * @param length bytes to compare; the segment must have them
     * @param text without unpaired surrogates
     */
    static boolean equals(MemorySegment segment, long offset, int length, String text) {
        int chars = text.length();
        if (length < chars) { // no character takes less than a byte
            return false;
        }
        int ascii = 0;
        while (ascii < chars && text.charAt(ascii) < 0x80) {
            if (segment.get(ValueLayout.JAVA_BYTE, offset + ascii) != (byte) text.charAt(ascii)) {
                return false;
            }
            ascii++;
        }
        return equals(segment, offset, length, text, ascii);
    }

    /** The rest, from the first character on that is not ASCII. */
    private static boolean equals(
            MemorySegment segment, long offset, int length, String text, int start) {
        int at = start;
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                if (at >= length || get(segment, offset + at) != c) {
                    return false;
                }
                at++;
                continue;
            }
            int codePoint = text.codePointAt(i);
            int size = codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
            if (at > length - size) {
                return false;
            }
            int lead = ((0xF00 >> size) & 0xF0) | (codePoint >> (6 * (size - 1)));
            if (get(segment, offset + at) != lead) {
                return false;
            }
            for (int rest = 1; rest < size; rest++) {
                int expected = 0x80 | ((codePoint >> (6 * (size - 1 - rest))) & 0x3F);
                if (get(segment, offset + at + rest) != expected) {
                    return false;
                }
            }
            at += size;
            i += size == 4 ? 1 : 0;
        }
        return at == length;
    }

    private static int get(MemorySegment segment, long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }
}
