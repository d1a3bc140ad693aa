package io.tokamak.memory;

/** The file system has no room left. */
public final class NoSpace extends NativeFailure {
    private static final long serialVersionUID = 1;

    NoSpace(String what) {
        super(what, Libc.ENOSPC);
    }
}
