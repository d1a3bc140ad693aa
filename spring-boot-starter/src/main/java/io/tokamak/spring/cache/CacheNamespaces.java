package io.tokamak.spring.cache;

import io.tokamak.objects.ObjectName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The namespaces of caches. A cache whose name fits is its prefix and that name; of any other as
 * much as can be read, two dots, and 64 bits of its digest, so that no two caches share one.
 */
final class CacheNamespaces {
    private static final Pattern PREFIX = Pattern.compile("[a-z0-9][a-z0-9._-]{0,19}");
    private static final Pattern FITTING = Pattern.compile("[a-z0-9._-]+");
    private static final Pattern UNREADABLE = Pattern.compile("[^a-z0-9_-]+");
    private static final String DIGEST_FOLLOWS = "..";
    private static final int DIGEST_BYTES = 8;

    private final String prefix;

    /**
     * @throws IllegalArgumentException when no namespace begins so
     */
    CacheNamespaces(String prefix) {
        if (!PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException(
                    "tokamak.cache.namespace-prefix '%s' is not a letter or digit and at most 19 more of a-z 0-9 . _ -"
                            .formatted(prefix));
        }
        this.prefix = prefix;
    }

    String of(String cache) {
        boolean isFitting =
                FITTING.matcher(cache).matches()
                        && !cache.contains(DIGEST_FOLLOWS)
                        && prefix.length() + cache.length() <= ObjectName.NAMESPACE_BYTES_MAX;
        return isFitting ? prefix + cache : withDigest(cache);
    }

    private String withDigest(String cache) {
        String end = DIGEST_FOLLOWS + HexFormat.of().formatHex(sha256(cache), 0, DIGEST_BYTES);
        String readable = UNREADABLE.matcher(cache.toLowerCase(Locale.ROOT)).replaceAll("-");
        int length =
                Math.min(
                        readable.length(),
                        ObjectName.NAMESPACE_BYTES_MAX - prefix.length() - end.length());
        return prefix + readable.substring(0, length) + end;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
