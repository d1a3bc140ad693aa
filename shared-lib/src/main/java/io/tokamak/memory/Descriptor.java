package io.tokamak.memory;

import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file descriptor that is closed once, and not while a call uses it: its number would soon name
 * another file. Thread-safe.
 *
 * <p>One that is forgotten stays open, and so do the locks that it holds.
 */
final class Descriptor implements AutoCloseable {
    // The same numbers on x86-64 and aarch64, but for two.
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_DIRECTORY = Libc.X86_64 ? 0x10000 : 0x4000;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_NOFOLLOW = Libc.X86_64 ? 0x20000 : 0x8000;
    private static final int O_CLOEXEC = 0x80000;

    private static final int AT_FDCWD = -100;

    private final Path path;
    private final int fd;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean isClosed;

    private Descriptor(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /** A call with the descriptor's number; answers a result, or {@code -errno}. */
    @FunctionalInterface
    interface Call {
        long on(int fd);
    }

    static Descriptor open(Path path, int flags, int mode) throws NativeFailure {
        return new Descriptor(path, open(AT_FDCWD, path, path.toString(), flags, mode));
    }

    /** Opens a file in this folder, whatever has become of the folder's path. */
    Descriptor openInside(String name, int flags, int mode) throws NativeFailure {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not the name of a file: " + name);
        }
        Path inside = path.resolve(name);
        lock.readLock().lock();
        try {
            checkOpen();
            return new Descriptor(inside, open(fd, inside, name, flags, mode));
        } finally {
            lock.readLock().unlock();
        }
    }

    /** O_NONBLOCK: a pipe that somebody put there does not hang us; regular files do not mind. */
    private static int open(int folder, Path path, String name, int flags, int mode)
            throws NativeFailure {
        int fd;
        do {
            fd = Libc.openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
        } while (fd == -Libc.EINTR);
        if (fd < 0) {
            throw new NativeFailure(
                    "cannot %s %s".formatted((flags & O_CREAT) == 0 ? "open" : "create", path),
                    -fd);
        }
        return fd;
    }

    Path path() {
        return path;
    }

    /** Like {@link #tryCall}, where any error is a failure. */
    long call(String verb, Call call) throws NativeFailure {
        long result = tryCall(call);
        if (result < 0) {
            throw failure(verb, (int) -result);
        }
        return result;
    }

    /**
     * Calls again when interrupted by a signal, and answers the result, or {@code -errno}.
     *
     * @throws IllegalStateException when closed
     */
    long tryCall(Call call) {
        lock.readLock().lock();
        try {
            checkOpen();
            long result;
            do {
                result = call.on(fd);
            } while (result == -Libc.EINTR);
            return result;
        } finally {
            lock.readLock().unlock();
        }
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException(path + " is closed");
        }
    }

    NativeFailure failure(String verb, int errno) {
        return new NativeFailure("cannot %s %s".formatted(verb, path), errno);
    }

    /** Sets the mode that was asked for: opening has taken the umask from it. */
    void setMode(int mode) throws NativeFailure {
        call("set mode %04o of".formatted(mode), fd -> Libc.fchmod(fd, mode));
    }

    void giveToGroup(int gid) throws NativeFailure {
        int sameUid = -1;
        call("give to group %d".formatted(gid), fd -> Libc.fchown(fd, sameUid, gid));
    }

    void sync() throws NativeFailure {
        call("sync", Libc::fsync);
    }

    /** Waits for calls that are under way. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!isClosed) {
                isClosed = true;
                Libc.close(fd);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
