package io.tokamak.memory;

import java.io.IOException;

/** A call of the operating system failed. */
public class NativeFailure extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    NativeFailure(String what, int errno) {
        super(what + ": " + Libc.nameOf(errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    /** Whether this user is not allowed to. */
    public boolean isPermission() {
        return errno == Libc.EACCES || errno == 1;
    }

    /** Whether there is no such file. */
    public boolean isMissing() {
        return errno == Libc.ENOENT;
    }
}
