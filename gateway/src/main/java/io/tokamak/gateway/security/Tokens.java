package io.tokamak.gateway.security;

import io.tokamak.objects.Unauthenticated;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The tokens that are accepted, as digests. How long a comparison takes tells nothing about them.
 */
final class Tokens {
    private static final String SCHEME = "Bearer ";

    private final List<byte[]> digests;

    Tokens(List<String> tokens) {
        digests = tokens.stream().map(Tokens::digest).toList();
    }

    boolean isEmpty() {
        return digests.isEmpty();
    }

    /**
     * Lets in whoever sends one of the tokens, or everybody when there is none.
     *
     * @param authorization the values of that header: there must be one, since of several each
     *     proxy on the way may have looked at another
     * @throws Unauthenticated for everybody else
     */
    void check(List<String> authorization) {
        if (isEmpty()) {
            return;
        }
        if (authorization.size() > 1) {
            throw new Unauthenticated("several Authorization headers were sent");
        }
        if (authorization.isEmpty() || !isBearer(authorization.getFirst())) {
            throw new Unauthenticated("no bearer token was sent");
        }
        if (!accept(authorization.getFirst().substring(SCHEME.length()).strip())) {
            throw new Unauthenticated("the bearer token is not known");
        }
    }

    private static boolean isBearer(String authorization) {
        return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
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
