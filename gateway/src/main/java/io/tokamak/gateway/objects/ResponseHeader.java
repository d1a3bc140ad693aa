package io.tokamak.gateway.objects;

/** Headers of answers, beside those of HTTP itself. */
public enum ResponseHeader {
    LOCATION("Location", "the path of what was made", "/v1/namespaces/docs/objects/readme"),
    ETAG(
            "ETag",
            "the id and the incarnation: another one for every other content",
            "\"01000000070000000500000000000001-0\""),
    ID("Tokamak-Id", "the id of the object", "01000000070000000500000000000001"),
    ACCEPT_RANGES("Accept-Ranges", "ranges may be asked for", "bytes"),
    CONTENT_RANGE("Content-Range", "which bytes these are, and of how many", "bytes 0-99/1000"),
    CONTENT_ENCODING("Content-Encoding", "as it was put, if it was", "identity"),
    REPR_DIGEST(
            "Repr-Digest",
            "sha-256 of all bytes, when Want-Repr-Digest asked for it",
            "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ATTRIBUTE(
            "Tokamak-Attr-Name",
            "stands for every attribute: Tokamak-Attr- and its name, UTF-8",
            "value"),
    ALLOW("Allow", "the methods that there are", "GET, HEAD"),
    RETRY_AFTER("Retry-After", "seconds to wait before the call is repeated", "1"),
    AUTHENTICATE("WWW-Authenticate", "how to say who calls", "Bearer realm=\"tokamak\""),
    CACHE_CONTROL("Cache-Control", "events are not to be kept", "no-store"),
    ACCEL_BUFFERING("X-Accel-Buffering", "a proxy is not to collect events", "no"),
    CONTENT_TYPE_OPTIONS(
            "X-Content-Type-Options",
            "a browser is to believe the media type that the bytes were put with",
            "nosniff"),
    CONTENT_SECURITY_POLICY(
            "Content-Security-Policy",
            "a browser is to run no script that was put as an object",
            "sandbox");

    private final String text;
    private final String says;
    private final String example;

    ResponseHeader(String text, String says, String example) {
        this.text = text;
        this.says = says;
        this.example = example;
    }

    public String text() {
        return text;
    }

    /** For people. */
    public String says() {
        return says;
    }

    public String example() {
        return example;
    }
}
