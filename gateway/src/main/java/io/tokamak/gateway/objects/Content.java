package io.tokamak.gateway.objects;

/** What a body holds, in a request or in an answer. */
public enum Content {
    NOTHING(""),
    /** An object as it is put, of any media type. */
    BYTES("*/*"),
    /** Parts of one, each with its head. */
    SEVERAL_RANGES("multipart/byteranges"),
    DESCRIPTION("application/json"),
    /** A description, and how many copies there are. */
    PARTLY_REPLICATED("application/json"),
    PAGE("application/json"),
    WAIT("application/json"),
    WAIT_RESULT("application/json"),
    DELETED("application/json"),
    MAP("application/json"),
    RENEWAL("application/json"),
    MAPPING("application/json"),
    RELEASED("application/json"),
    NODES("application/json"),
    NODE("application/json"),
    EVENTS("text/event-stream");

    private final String mediaType;

    Content(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }
}
