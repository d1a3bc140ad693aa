package io.tokamak.gateway.objects;

/** What may stand in the query of a call. */
public enum QueryParameter {
    TTL(
            "ttl",
            Kind.DURATION,
            "how long the object lives from now: 500ms, 10s, 5m, 2h, 7d or ISO 8601",
            "10m"),
    IDLE("idle", Kind.DURATION, "how long it lives after its last access: as ttl", "1h"),
    REPLICAS(
            "replicas",
            Kind.REPLICAS,
            "how many nodes keep a copy; 1 when left out. Other nodes are not asked yet: more is"
                    + " 202",
            "1"),
    GROUP(
            "group",
            Kind.TEXT,
            "a group that it is deleted with; of an object without a name namespace/group",
            "nightly"),
    DEADLINE(
            "deadline",
            Kind.WAIT,
            "how long to wait for room: at most 5m; 10s when left out",
            "1s"),
    WAIT(
            "wait",
            Kind.WAIT,
            "how long to wait for an object that is not there yet: at most 5m",
            "100ms"),
    VIEW("view", Kind.VIEW, "info asks for the description instead of the bytes", "info"),
    NAMESPACE("namespace", Kind.NAMESPACE, "only what is in it", "docs"),
    PREFIX("prefix", Kind.TEXT, "only keys that begin so; needs a namespace", "models/"),
    IN_GROUP(
            "group",
            Kind.TEXT,
            "only what is in it; without a namespace namespace/group",
            "nightly"),
    MEDIA_TYPE("mediaType", Kind.TEXT, "only objects of it, as it was put", "text/plain"),
    LIMIT("limit", Kind.LIMIT, "objects in a page; 100 when left out", "10"),
    CURSOR("cursor", Kind.TEXT, "of the page before", "");

    /** What its text must look like. */
    public enum Kind {
        /** More than nothing. */
        DURATION,
        /** At most five minutes. */
        WAIT,
        REPLICAS,
        LIMIT,
        VIEW,
        NAMESPACE,
        TEXT
    }

    private final String text;
    private final Kind kind;
    private final String does;
    private final String example;

    QueryParameter(String text, Kind kind, String does, String example) {
        this.text = text;
        this.kind = kind;
        this.does = does;
        this.example = example;
    }

    /** As it stands in the query. */
    public String text() {
        return text;
    }

    public Kind kind() {
        return kind;
    }

    /** For people. */
    public String does() {
        return does;
    }

    /** Empty: there is none that would be right anywhere. */
    public String example() {
        return example;
    }
}
