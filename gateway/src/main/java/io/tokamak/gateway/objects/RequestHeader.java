package io.tokamak.gateway.objects;

/** Headers of requests that a call reads, beside those of HTTP itself. */
public enum RequestHeader {
    CONTENT_ENCODING("Content-Encoding", "kept and given back, never unpacked", "identity"),
    REPR_DIGEST(
            "Repr-Digest",
            "sha-256 of the bytes, which is checked; other algorithms are ignored",
            "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ATTRIBUTE(
            "Tokamak-Attr-Name",
            "stands for every header that begins with Tokamak-Attr-: an attribute, UTF-8;"
                    + " at most 64 of them and 8 KiB in all",
            "value"),
    RANGE("Range", "byte ranges, at most 64; one that is malformed is ignored", "bytes=0-99"),
    IF_RANGE("If-Range", "the range counts only for the object with this ETag", "\"x\""),
    IF_MATCH("If-Match", "only an object with one of these ETags is meant", "*"),
    IF_NONE_MATCH(
            "If-None-Match",
            "nothing is sent of an object with one of these ETags; a put has * alone, and makes"
                    + " an object or fails",
            "\"x\""),
    WANT_REPR_DIGEST("Want-Repr-Digest", "asks for Repr-Digest in the answer", "sha-256=1"),
    LAST_EVENT_ID("Last-Event-ID", "the id of the last event that was seen", "7");

    private final String text;
    private final String does;
    private final String example;

    RequestHeader(String text, String does, String example) {
        this.text = text;
        this.does = does;
        this.example = example;
    }

    public String text() {
        return text;
    }

    /** For people. */
    public String does() {
        return does;
    }

    public String example() {
        return example;
    }
}
