package io.tokamak.gateway.objects;

import io.tokamak.objects.InvalidRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Percent-encoding as URIs have it: a plus is a plus, and what is broken is an error. */
final class Percent {
    private Percent() {}

    /**
     * Decodes a part of a URI.
     *
     * @param code of the error when it is broken
     * @param limit bytes that the decoded text may have, for the error
     * @throws InvalidRequest with that code
     */
    static String decode(String raw, String code, int limit) {
        if (isPlain(raw)) {
            return raw;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c >= 0x80) { // the server has made a character of each byte: of which text,
                // nobody knows
                throw broken(code, limit, "a byte that is no ASCII", i);
            }
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            int high = i + 1 < raw.length() ? hexDigit(raw.charAt(i + 1)) : -1;
            int low = i + 2 < raw.length() ? hexDigit(raw.charAt(i + 2)) : -1;
            if (high < 0 || low < 0) {
                throw broken(code, limit, "a percent sign without two hex digits", i);
            }
            bytes.write(high << 4 | low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw broken(code, limit, "bytes that are not UTF-8", 0);
        }
    }

    /** Encodes a key for a path: slashes stay. */
    static String encodeKey(String key) {
        StringBuilder path = new StringBuilder(key.length() + 8);
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (c < 0x80
                    && (Character.isLetterOrDigit(c) || "-._~!$&'()*+,;=:@/".indexOf(c) >= 0)) {
                path.append(c);
            } else {
                path.append('%');
                path.append(Character.toUpperCase(Character.forDigit(c >> 4, 16)));
                path.append(Character.toUpperCase(Character.forDigit(c & 0xF, 16)));
            }
        }
        return path.toString();
    }

    private static boolean isPlain(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%' || c >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static InvalidRequest broken(String code, int limit, String why, int index) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("limit", limit);
        numbers.put("index", index);
        return new InvalidRequest(
                code,
                "broken percent-encoding: "
                        + why
                        + " at index "
                        + index
                        + "; at most "
                        + limit
                        + " bytes",
                "encode each byte of its UTF-8 as a percent sign and two hex digits",
                numbers);
    }

    /** ASCII alone. */
    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
