package io.tokamak.gateway.objects;

/** What a path of the table leaves open. */
public enum PathVariable {
    /** Any text, so that a wrong id is told what is wrong with it. */
    ID("id", "/", 1, "32 hex digits", "01000000070000000500000000000001"),
    NAMESPACE("namespace", "/", 0, "1 to 63 of a-z 0-9 . _ -", "docs"),
    /** The rest of the path: a key may have slashes. */
    KEY(
            "key",
            "",
            0,
            "1 to 1,024 bytes of UTF-8, percent-encoded; a slash may stay as it is",
            "models/weights-7"),
    GROUP("group", "", 0, "1 to 255 bytes of UTF-8, percent-encoded", "nightly"),
    /** A colon begins what is to be done with it. */
    NODE("node", "/:", 1, "a node's id, or local for the one on the gateway's host", "local"),
    MAPPING(
            "mapping",
            "/:",
            1,
            "as the call that made it answered",
            "0123456789abcdef0123456789abcdef");

    private final String text;
    private final String ends;
    private final int lengthMin;
    private final String rule;
    private final String example;

    PathVariable(String text, String ends, int lengthMin, String rule, String example) {
        this.text = text;
        this.ends = ends;
        this.lengthMin = lengthMin;
        this.rule = rule;
        this.example = example;
    }

    /** As it stands in the template, between braces. */
    public String text() {
        return text;
    }

    /**
     * Whether it may be this part of a raw path, not decoded: which has no character that ends it.
     */
    boolean admits(String part) {
        if (part.length() < lengthMin) {
            return false;
        }
        for (int i = 0; i < ends.length(); i++) {
            if (part.indexOf(ends.charAt(i)) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** For people. */
    public String rule() {
        return rule;
    }

    public String example() {
        return example;
    }

    static PathVariable of(String text) {
        for (PathVariable variable : values()) {
            if (variable.text.equals(text)) {
                return variable;
            }
        }
        throw new IllegalArgumentException("no path variable " + text);
    }
}
