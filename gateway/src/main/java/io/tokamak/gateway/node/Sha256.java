package io.tokamak.gateway.node;

import io.tokamak.objects.DigestMismatch;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The digest that callers may send with the bytes: SHA-256. */
public final class Sha256 {
    /** As RFC 9530 calls it. */
    public static final String NAME = "sha-256";

    public static final int BYTES = 32;

    private Sha256() {}

    public static MessageDigest begin() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /**
     * Compares.
     *
     * @throws DigestMismatch when they differ
     */
    static void check(byte[] expected, byte[] actual) {
        if (!MessageDigest.isEqual(expected, actual)) {
            throw new DigestMismatch(NAME, encoded(expected), encoded(actual));
        }
    }

    /** A byte sequence of RFC 9651: base64 between colons. */
    public static String encoded(byte[] digest) {
        return ":" + Base64.getEncoder().encodeToString(digest) + ":";
    }
}
