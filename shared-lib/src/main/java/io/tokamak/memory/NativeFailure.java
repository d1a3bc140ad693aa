package io.tokamak.memory;

import java.io.IOException;

/**
 * A call of the operating system failed. The message says what was tried, on what, and the error's
 * name.
 */
public class NativeFailure extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    NativeFailure(String what, int errno) {
        super(what + ": " + Libc.nameOf(errno));
        this.errno = errno;
    }

    /** The number of the error. */
    public int errno() {
        return errno;
    }

    /** The name of the error, as {@code ENOENT}. */
    public String errnoName() {
        return Libc.nameOf(errno);
    }

    /** Whether this user is not allowed to. */
    public boolean isPermission() {
        return errno == Libc.EACCES || errno == Libc.EPERM;
    }

    /** Whether there is no such file. */
    public boolean isMissing() {
        return errno == Libc.ENOENT;
    }

    /** Whether it is there already. */
    public boolean isExisting() {
        return errno == Libc.EEXIST;
    }

    /** Whether a symbolic link was met, which is never followed. */
    public boolean isSymbolicLink() {
        return errno == Libc.ELOOP;
    }
}
