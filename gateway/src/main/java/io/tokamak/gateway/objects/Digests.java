package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Sha256;
import io.tokamak.objects.InvalidRequest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Digests of the bytes, RFC 9530. SHA-256 alone; others are left to the caller. */
final class Digests {
    /** Of a structured dictionary, RFC 9651: lower case alone. */
    private static final Pattern KEY = Pattern.compile("[a-z*][a-z0-9_.*-]*");

    private Digests() {}

    /**
     * The SHA-256 that a {@code Repr-Digest} names, or null.
     *
     * @throws InvalidRequest {@code bad-digest}
     */
    static byte @Nullable [] expected(@Nullable String header) {
        if (header == null) {
            return null;
        }
        Map<String, String> members = members(header);
        for (String name :
                members.keySet()) { // or bytes would go unchecked that were to be checked
            if (!KEY.matcher(name).matches()) {
                throw bad("an algorithm is named by lower-case letters, digits and _.*-");
            }
        }
        String value = members.get(Sha256.NAME);
        if (value == null) {
            return null;
        }
        if (value.length() < 2 || !value.startsWith(":") || !value.endsWith(":")) {
            throw bad("sha-256 is no byte sequence between colons");
        }
        byte[] digest;
        try {
            digest = Base64.getDecoder().decode(value.substring(1, value.length() - 1));
        } catch (IllegalArgumentException e) {
            throw bad("sha-256 is no base64");
        }
        if (digest.length != Sha256.BYTES) {
            throw bad("sha-256 has " + digest.length + " bytes, must be " + Sha256.BYTES);
        }
        return digest;
    }

    /** Whether {@code Want-Repr-Digest} asks for SHA-256: a preference of 1 to 10. */
    static boolean isWanted(@Nullable String header) {
        String preference = header == null ? null : members(header).get(Sha256.NAME);
        return preference != null && preference.matches("0*([1-9]|10)");
    }

    /** The value of {@code Repr-Digest}. */
    static String header(byte[] digest) {
        return Sha256.NAME + "=" + Sha256.encoded(digest);
    }

    /** Members of a structured dictionary without parameters: byte sequences have no comma. */
    private static Map<String, String> members(String header) {
        Map<String, String> members = new LinkedHashMap<>();
        for (String text : header.split(",", -1)) {
            String member = text.strip();
            if (member.isEmpty()) {
                continue;
            }
            int equals = member.indexOf('=');
            String value = equals < 0 ? "" : member.substring(equals + 1);
            int semicolon = value.indexOf(';');
            members.put(
                    equals < 0 ? member : member.substring(0, equals),
                    semicolon < 0 ? value : value.substring(0, semicolon));
        }
        return members;
    }

    private static InvalidRequest bad(String why) {
        return new InvalidRequest(
                InvalidRequest.BAD_DIGEST,
                "bad Repr-Digest: " + why,
                "send sha-256=:BASE64: of the 32 bytes");
    }
}
