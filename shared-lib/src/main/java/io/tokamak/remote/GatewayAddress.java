package io.tokamak.remote;

import io.tokamak.objects.InvalidRequest;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where a gateway listens for gRPC: {@code tokamak://host:9090}.
 *
 * @param host a name or an address, an IPv6 one in brackets
 * @param tls whether the connection is encrypted, and the gateway shows a certificate that this
 *     process trusts
 */
public record GatewayAddress(String host, int port, boolean tls) {
    public static final int DEFAULT_PORT = 9090;

    private static final String BAD_URL = "bad-url";
    private static final String REMEDY =
            "write tokamak://HOST:PORT or http://HOST:PORT, with TLS tokamaks:// or https://";

    /**
     * Reads a URL. {@code tokamak} and {@code http} are plain text, {@code tokamaks} and {@code
     * https} are TLS; the port is {@link #DEFAULT_PORT} when left out.
     *
     * @throws InvalidRequest {@code bad-url}: it has another scheme, no host, or more than a host
     *     and a port
     */
    public static GatewayAddress parse(String url) {
        try {
            return of(new URI(url));
        } catch (URISyntaxException e) {
            throw bad("URL '" + url + "': " + e.getReason());
        }
    }

    private static GatewayAddress of(URI url) {
        String host = url.getHost();
        int port = url.getPort() == -1 ? DEFAULT_PORT : url.getPort();
        if (host == null || port < 1 || port > 65_535) {
            throw bad("URL '" + url + "' has no host, or no port from 1 to 65535");
        }
        String path = url.getRawPath();
        boolean isMore =
                url.getRawUserInfo() != null
                        || url.getRawQuery() != null
                        || url.getRawFragment() != null
                        || !(path == null || path.isEmpty() || path.equals("/"));
        if (isMore) {
            throw bad("URL '" + url + "' has more than a host and a port");
        }
        return new GatewayAddress(host, port, isTls(url));
    }

    private static boolean isTls(URI url) {
        return switch (String.valueOf(url.getScheme())) {
            case "tokamak", "http" -> false;
            case "tokamaks", "https" -> true;
            default -> throw bad("URL '" + url + "' has an unknown scheme");
        };
    }

    private static InvalidRequest bad(String detail) {
        return new InvalidRequest(BAD_URL, detail, REMEDY);
    }

    /** The host and the port. */
    public String authority() {
        return host + ":" + port;
    }

    @Override
    public String toString() {
        return (tls ? "tokamaks://" : "tokamak://") + authority();
    }
}
