package io.tokamak.gateway.security;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names by which a gateway without tokens may be called.
 *
 * <p>A page on the Internet can let its own name point at 127.0.0.1 after it was loaded; what the
 * browser takes from there then belongs to the page (DNS rebinding). It cannot do so without its
 * name, which the browser sends as {@code Host}. So the names of this host's loopback pass, those
 * that are configured, and addresses, which nobody can point elsewhere.
 */
final class Hosts {
    private static final String LOOPBACK = "localhost";

    private final Set<String> configured;

    /**
     * @param configured names without a port
     * @throws Unprotected when one of them is none
     */
    Hosts(List<String> configured) {
        for (String name : configured) {
            if (!name.matches("[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*[.]?")) {
                throw new Unprotected(
                        "tokamak.security.hosts has \"%s\", which is no host's name"
                                .formatted(name),
                        "write names alone, without scheme, port or path: gateway.internal");
            }
        }
        this.configured = configured.stream().map(Hosts::plain).collect(Collectors.toSet());
    }

    /**
     * Whether a caller means this gateway.
     *
     * @param header the value of {@code Host}: a name or an address, perhaps with a port
     */
    boolean isOurs(String header) {
        if (header.isEmpty() || isAddress(header)) { // no browser sends nothing
            return true;
        }
        int port = header.indexOf(':');
        String name = plain(port < 0 ? header : header.substring(0, port));
        return name.equals(LOOPBACK)
                || name.endsWith("." + LOOPBACK) // RFC 6761: never asked of anybody
                || configured.contains(name);
    }

    /** To a browser all digits and dots are an address, and no name (WHATWG URL, section 3.5). */
    private static boolean isAddress(String header) {
        if (header.startsWith("[")) {
            return header.indexOf(']') > 0;
        }
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            if (c == ':') {
                return i > 0;
            }
            if ((c < '0' || c > '9') && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static String plain(String name) {
        String lowerCase = name.toLowerCase(Locale.ROOT);
        return lowerCase.endsWith(".") ? lowerCase.substring(0, lowerCase.length() - 1) : lowerCase;
    }
}
