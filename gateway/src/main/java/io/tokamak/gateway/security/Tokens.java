package io.tokamak.gateway.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The tokens that are accepted, as digests. How long a comparison takes tells nothing about them.
 */
final class Tokens {
    private final List<byte[]> digests;

    Tokens(List<String> tokens) {
        digests = tokens.stream().map(Tokens::digest).toList();
    }

    boolean isEmpty() {
        return digests.isEmpty();
    }

    boolean accept(String token) {
        byte[] digest = digest(token);
        boolean accepted = false;
        for (byte[] known : digests) {
            accepted |= MessageDigest.isEqual(known, digest);
        }
        return accepted;
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
