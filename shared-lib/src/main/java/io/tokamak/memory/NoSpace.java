package io.tokamak.memory;

/** There is no memory left for a file: its file system, a quota or a control group is full. */
public final class NoSpace extends NativeFailure {
    private static final long serialVersionUID = 1;

    private final long requestedBytes;
    private final long availableBytes;

    NoSpace(String what, long requestedBytes, long availableBytes, int errno) {
        super(
                "%s: %d bytes wanted, %d available".formatted(what, requestedBytes, availableBytes),
                errno);
        this.requestedBytes = requestedBytes;
        this.availableBytes = availableBytes;
    }

    static boolean is(int errno) {
        return errno == Libc.ENOSPC || errno == Libc.EDQUOT || errno == Libc.ENOMEM;
    }

    /** How much was asked for; part of it may have been allocated. */
    public long requestedBytes() {
        return requestedBytes;
    }

    /**
     * What the file system had left after the failure. More than was requested: a quota or control
     * group is the limit.
     */
    public long availableBytes() {
        return availableBytes;
    }
}
