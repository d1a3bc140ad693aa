package io.tokamak.node.objects;

/** A node cannot start in its folder. The message says why, with numbers. */
public final class StoreUnusable extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String remedy;

    public StoreUnusable(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** What the operator can do. */
    public String remedy() {
        return remedy;
    }
}
