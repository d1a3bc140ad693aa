package io.tokamak.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * A file that can be locked, grown and mapped. Symbolic links are not followed, and no process that
 * is started inherits it.
 *
 * <p>Locks belong to the open file description: opening and closing the same file elsewhere in the
 * process changes nothing (I14), and the kernel frees them when the last process with the
 * description ends. Closing the file frees its lock; mappings stay. Thread-safe.
 */
public final class OpenFile implements AutoCloseable {
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NOFOLLOW =
            System.getProperty("os.arch").equals("amd64") ? 0x20000 : 0x8000;
    private static final int O_CLOEXEC = 0x80000;

    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7FF;
    private static final long STATX_BYTES = 256;
    private static final long STATX_NLINK = 16;
    private static final long STATX_UID = 20;
    private static final long STATX_MODE = 28;
    private static final long STATX_INO = 32;
    private static final long STATX_SIZE = 40;
    private static final int S_IFMT = 0170000;
    private static final int S_IFREG = 0100000;

    private final Path path;
    private final int fd;
    private boolean closed;

    private OpenFile(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * @throws NativeFailure when it cannot be opened, or is a symbolic link
     */
    public static OpenFile openReadOnly(Path path) throws IOException {
        return open(path, O_RDONLY, 0);
    }

    /** As {@link #openReadOnly}, for reading and writing. */
    public static OpenFile openReadWrite(Path path) throws IOException {
        return open(path, O_RDWR, 0);
    }

    /**
     * Makes a new file, with exactly this mode whatever the umask.
     *
     * @throws NativeFailure when it is there already
     */
    public static OpenFile create(Path path, int mode) throws IOException {
        OpenFile file = open(path, O_RDWR | O_CREAT | O_EXCL, mode);
        try {
            file.check("set the mode of", Libc.fchmod(file.fd, mode));
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return file;
    }

    private static OpenFile open(Path path, int flags, int mode) throws IOException {
        int fd = Libc.open(path.toString(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0) {
            throw new NativeFailure("cannot open " + path, -fd);
        }
        return new OpenFile(path, fd);
    }

    public Path path() {
        return path;
    }

    /** Bytes. */
    public long size() throws IOException {
        return stat(STATX_SIZE, Long.BYTES);
    }

    public long inode() throws IOException {
        return stat(STATX_INO, Long.BYTES);
    }

    /** 0: the file was unlinked. */
    public int linkCount() throws IOException {
        return (int) stat(STATX_NLINK, Integer.BYTES);
    }

    public int ownerUid() throws IOException {
        return (int) stat(STATX_UID, Integer.BYTES);
    }

    /** Permission bits. */
    public int mode() throws IOException {
        return (int) stat(STATX_MODE, Short.BYTES) & 07777;
    }

    public boolean isRegularFile() throws IOException {
        return ((int) stat(STATX_MODE, Short.BYTES) & S_IFMT) == S_IFREG;
    }

    private long stat(long field, int bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATX_BYTES, 8);
            check("stat", Libc.statx(fd, AT_EMPTY_PATH, STATX_BASIC_STATS, buffer));
            return switch (bytes) {
                case Short.BYTES -> buffer.get(ValueLayout.JAVA_SHORT, field) & 0xFFFF;
                case Integer.BYTES ->
                        Integer.toUnsignedLong(buffer.get(ValueLayout.JAVA_INT, field));
                default -> buffer.get(ValueLayout.JAVA_LONG, field);
            };
        }
    }

    /**
     * Sets the length; new bytes are holes until {@link #allocate}. Never shrink what somebody may
     * have mapped.
     */
    public void setSize(long bytes) throws IOException {
        check("set the length of", Libc.ftruncate(fd, bytes));
    }

    /**
     * Makes sure that memory is behind a part of the file, so that touching it cannot fault.
     *
     * @throws NoSpace when the file system is full; what was allocated before stays
     */
    public void allocate(long offset, long length) throws IOException {
        int result;
        do {
            result = Libc.fallocate(fd, offset, length);
        } while (result == -Libc.EINTR);
        if (result == -Libc.ENOSPC) {
            throw new NoSpace(
                    "cannot allocate %d bytes at %d of %s".formatted(length, offset, path));
        }
        check("allocate", result);
    }

    /**
     * Takes the lock of the whole file, or answers false when another open file description has it.
     */
    public boolean tryLock() throws IOException {
        int result = lock(F_OFD_SETLK, F_WRLCK, null);
        if (result == -Libc.EAGAIN || result == -Libc.EACCES) {
            return false;
        }
        check("lock", result);
        return true;
    }

    public void unlock() throws IOException {
        check("unlock", lock(F_OFD_SETLK, F_UNLCK, null));
    }

    /** Whether another open file description has the lock. */
    public boolean isLockedElsewhere() throws IOException {
        short[] type = new short[1];
        check("look at the lock of", lock(F_OFD_GETLK, F_WRLCK, type));
        return type[0] != F_UNLCK;
    }

    /**
     * {@code struct flock}: type i16, whence i16, start i64 at 8, length i64 at 16, pid i32 at 24.
     */
    private int lock(int command, short type, short @org.jspecify.annotations.Nullable [] found) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(32, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, type);
            int result = Libc.fcntl(fd, command, flock);
            if (found != null) {
                found[0] = flock.get(ValueLayout.JAVA_SHORT, 0);
            }
            return result;
        }
    }

    /** Maps the file from its beginning, until this process ends. */
    public Memory map(boolean writable, long length) throws IOException {
        return map(writable, length, Arena.global());
    }

    /**
     * Maps the file from its beginning, until the arena closes.
     *
     * @param length may go beyond the file; what lies there must not be touched before the file has
     *     grown
     */
    public Memory map(boolean writable, long length, Arena arena) throws IOException {
        long address =
                Libc.mmap(length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
        if (address < 0 && address > -4096) {
            throw new NativeFailure(
                    "cannot map %d bytes of %s".formatted(length, path), (int) -address);
        }
        MemorySegment segment =
                MemorySegment.ofAddress(address)
                        .reinterpret(
                                length, arena, mapping -> Libc.munmap(mapping.address(), length));
        return new Memory(writable ? segment : segment.asReadOnly());
    }

    /** Writes a few bytes. */
    public void write(long offset, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long written =
                    Libc.pwrite(fd, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), offset);
            check("write", (int) Math.min(written, 0));
            if (written != bytes.length) {
                throw new NoSpace(
                        "wrote %d of %d bytes to %s".formatted(written, bytes.length, path));
            }
        }
    }

    /** Reads up to {@code length} bytes; fewer at the end of the file. */
    public byte[] read(long offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, length));
            long read = Libc.pread(fd, buffer.asSlice(0, length), offset);
            check("read", (int) Math.min(read, 0));
            return buffer.asSlice(0, read).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private void check(String verb, int result) throws NativeFailure {
        if (result < 0) {
            throw new NativeFailure("cannot %s %s".formatted(verb, path), -result);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(fd);
        }
    }
}
