package io.tokamak.memory;

import java.io.IOException;

/** Somebody else could change what is in a folder. The message says who, and what to do. */
public final class FolderNotTrusted extends IOException {
    private static final long serialVersionUID = 1;

    FolderNotTrusted(String message) {
        super(message);
    }
}
