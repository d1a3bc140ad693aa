package io.tokamak.memory;

import java.io.IOException;

/** Somebody else could change what is in a folder. The message says who. */
public final class FolderNotTrusted extends IOException {
    private static final long serialVersionUID = 1;

    private final String remedy;

    FolderNotTrusted(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** What the operator can do. */
    public String remedy() {
        return remedy;
    }
}
