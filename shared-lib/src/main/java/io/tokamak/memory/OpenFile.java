package io.tokamak.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A file that can be locked, grown and mapped. A symbolic link in the last place of its path is not
 * followed, and no process that is started inherits it.
 *
 * <p>Locks belong to the open file description: opening and closing the same file elsewhere in the
 * process changes nothing (I14), and the kernel frees them when the last process with the
 * description ends, forked ones included. Closing the file frees its lock; mappings stay. A file
 * that is forgotten stays open and locked until the process ends.
 *
 * <p>Thread-safe. After {@link #close} every call throws {@link IllegalStateException}. Whatever
 * the system refuses is a {@link NativeFailure}.
 */
public final class OpenFile implements AutoCloseable {
    static final int F_SETFD = 2;
    static final int FD_CLOEXEC = 1;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    // struct flock of 64-bit Linux; the whole file is start 0, length 0
    private static final long FLOCK_TYPE_OFFSET = 0; // i16
    private static final long FLOCK_BYTES = 32;

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;

    /**
     * How much is allocated by one call: a signal in the middle undoes what the call did, so that
     * with a profiler's every 10 ms a longer call would never end.
     */
    private static final long ALLOCATE_STEP_BYTES = 2L << 20;

    private final Descriptor descriptor;

    OpenFile(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * @throws NativeFailure when it cannot be opened, or is a symbolic link
     */
    public static OpenFile openReadOnly(Path path) throws IOException {
        return new OpenFile(Descriptor.open(path, Descriptor.O_RDONLY, 0));
    }

    /** As {@link #openReadOnly}, for reading and writing. */
    public static OpenFile openReadWrite(Path path) throws IOException {
        return new OpenFile(Descriptor.open(path, Descriptor.O_RDWR, 0));
    }

    /**
     * Makes a new file for reading and writing, with exactly this mode whatever the umask.
     *
     * @throws NativeFailure when it is there already
     */
    public static OpenFile create(Path path, int mode) throws IOException {
        return created(
                Descriptor.open(
                        path, Descriptor.O_RDWR | Descriptor.O_CREAT | Descriptor.O_EXCL, mode),
                mode);
    }

    /** The file that was just made, or none at all. */
    static OpenFile created(Descriptor descriptor, int mode) throws IOException {
        try {
            descriptor.setMode(mode);
            return new OpenFile(descriptor);
        } catch (IOException e) {
            descriptor.close();
            Files.deleteIfExists(descriptor.path());
            throw e;
        }
    }

    public Path path() {
        return descriptor.path();
    }

    /** Everything below at once. */
    public FileStatus status() throws IOException {
        return FileStatus.of(descriptor);
    }

    /** Bytes. */
    public long size() throws IOException {
        return status().sizeBytes();
    }

    public long inode() throws IOException {
        return status().inode();
    }

    /** 0: the file was unlinked. */
    public int linkCount() throws IOException {
        return status().linkCount();
    }

    public int ownerUid() throws IOException {
        return status().ownerUid();
    }

    public int ownerGid() throws IOException {
        return status().ownerGid();
    }

    /** Permission bits. */
    public int mode() throws IOException {
        return status().mode();
    }

    public boolean isRegularFile() throws IOException {
        return status().isRegularFile();
    }

    /**
     * Checks that it is what a node has offered, before it is mapped.
     *
     * @param ownerUid the owner of the node's folder
     * @throws IOException when it is no regular file, of another owner, or of another length
     */
    public void requireRegular(int ownerUid, long sizeBytes) throws IOException {
        FileStatus status = status();
        if (!status.isRegularFile() || status.sizeBytes() != sizeBytes) {
            throw new IOException(
                    "%s has %d bytes, expected a file of %d"
                            .formatted(path(), status.sizeBytes(), sizeBytes));
        }
        if (status.ownerUid() != ownerUid) {
            throw new IOException(
                    "%s belongs to user %d, its folder to user %d"
                            .formatted(path(), status.ownerUid(), ownerUid));
        }
    }

    /** Sets the permission bits, whatever the umask. */
    public void setMode(int mode) throws IOException {
        descriptor.setMode(mode);
    }

    /** Makes a group the file's group; this user has to be in it, or root. */
    public void giveToGroup(int gid) throws IOException {
        descriptor.giveToGroup(gid);
    }

    /**
     * Sets the length; new bytes are holes until {@link #allocate}. Never shrink what somebody may
     * have mapped: touching what is gone is SIGBUS.
     */
    public void setSize(long bytes) throws IOException {
        descriptor.call("set length %d of".formatted(bytes), fd -> Libc.ftruncate(fd, bytes));
    }

    /**
     * Makes sure that memory is behind a part of the file, so that touching it cannot fault, and
     * that the file is at least so long. Bytes that are there already do not change.
     *
     * @throws NoSpace when there is not enough. What is seen at once is refused before anything is
     *     allocated; when others were faster, what was allocated so far stays
     */
    public void allocate(long offset, long length) throws IOException {
        if (offset < 0 || length <= 0 || offset + length < 0) {
            throw new IllegalArgumentException(
                    "cannot allocate %d bytes at %d of %s".formatted(length, offset, path()));
        }
        requireSpace(offset, length);
        long end = offset + length;
        for (long at = offset; at < end; ) {
            long start = at;
            long stop = Math.min(end, (at / ALLOCATE_STEP_BYTES + 1) * ALLOCATE_STEP_BYTES);
            long result = descriptor.tryCall(fd -> Libc.fallocate(fd, 0, start, stop - start));
            if (result < 0) {
                throw allocateFailure(offset, length, (int) -result);
            }
            at = stop;
        }
    }

    /** Not to fill the host's memory, step by step, with what cannot fit. */
    private void requireSpace(long offset, long length) throws IOException {
        FileSystem fileSystem = FileSystem.of(descriptor);
        boolean hasLimit = fileSystem.totalBytes() > 0;
        if (hasLimit && length - status().allocatedBytes() > fileSystem.availableBytes()) {
            throw allocateFailure(offset, length, Libc.ENOSPC);
        }
    }

    private IOException allocateFailure(long offset, long length, int errno) throws IOException {
        String verb = "allocate from %d of".formatted(offset);
        return NoSpace.is(errno)
                ? new NoSpace(
                        "cannot %s %s".formatted(verb, path()),
                        length,
                        FileSystem.of(descriptor).availableBytes(),
                        errno)
                : descriptor.failure(verb, errno);
    }

    /**
     * Takes the lock of the whole file, or answers false when another open file description has it.
     * True again when this one has it already. The file has to be open for writing.
     */
    public boolean tryLock() throws IOException {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment flock = wholeFile(scratch, F_WRLCK);
            long result = descriptor.tryCall(fd -> Libc.fcntl(fd, F_OFD_SETLK, flock));
            if (result == -Libc.EAGAIN || result == -Libc.EACCES) {
                return false;
            }
            if (result < 0) {
                throw descriptor.failure("lock", (int) -result);
            }
            return true;
        }
    }

    public void unlock() throws IOException {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment flock = wholeFile(scratch, F_UNLCK);
            descriptor.call("unlock", fd -> Libc.fcntl(fd, F_OFD_SETLK, flock));
        }
    }

    /**
     * Whether another open file description has the lock. Takes nothing, and needs no right to
     * write.
     */
    public boolean isLockedElsewhere() throws IOException {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment flock = wholeFile(scratch, F_WRLCK);
            descriptor.call("look at the lock of", fd -> Libc.fcntl(fd, F_OFD_GETLK, flock));
            return flock.get(ValueLayout.JAVA_SHORT, FLOCK_TYPE_OFFSET) != F_UNLCK;
        }
    }

    private static MemorySegment wholeFile(Scratch scratch, short type) {
        MemorySegment flock = scratch.struct.asSlice(0, FLOCK_BYTES).fill((byte) 0);
        flock.set(ValueLayout.JAVA_SHORT, FLOCK_TYPE_OFFSET, type);
        return flock;
    }

    /** Whether a program that this process executes, or starts, gets the file with its locks. */
    void setInherited(boolean isInherited) throws IOException {
        MemorySegment flags = MemorySegment.ofAddress(isInherited ? 0 : FD_CLOEXEC);
        descriptor.call("set flags of", fd -> Libc.fcntl(fd, F_SETFD, flags));
    }

    /**
     * Maps the file from its beginning, until this process ends or {@link Memory#vacate} gives it
     * back: the fastest to access.
     */
    public Memory map(boolean writable, long length) throws IOException {
        long vacant = VacantRanges.take(length);
        int flags = vacant == 0 ? MAP_SHARED : MAP_SHARED | VacantRanges.MAP_FIXED;
        boolean isDone = false;
        try {
            long address = map(vacant, flags, writable, 0, length);
            isDone = true;
            return Memory.of(segment(address, writable, length, Arena.global(), null));
        } finally {
            if (!isDone && vacant != 0) {
                VacantRanges.add(vacant, length);
            }
        }
    }

    /** Maps the file from its beginning, until the arena closes. */
    public Memory map(boolean writable, long length, Arena arena) throws IOException {
        return map(writable, 0, length, arena);
    }

    /**
     * Maps a part of the file, until the arena closes. The mapping outlives the open file.
     *
     * @param offset a multiple of {@link Pages#BYTES}
     * @param length may be more than 2 GiB, and may go beyond the file; what lies there must not be
     *     touched before the file has grown
     */
    public Memory map(boolean writable, long offset, long length, Arena arena) throws IOException {
        long address = map(0, MAP_SHARED, writable, offset, length);
        try {
            return Memory.of(
                    segment(
                            address,
                            writable,
                            length,
                            arena,
                            mapping -> Libc.munmap(mapping.address(), length)));
        } catch (RuntimeException e) { // the arena is closed, or another thread's
            Libc.munmap(address, length);
            throw e;
        }
    }

    private long map(long address, int flags, boolean writable, long offset, long length)
            throws IOException {
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        return descriptor.call(
                "map %d bytes from %d of".formatted(length, offset),
                fd -> Libc.mmap(address, length, protection, flags, fd, offset));
    }

    private static MemorySegment segment(
            long address,
            boolean writable,
            long length,
            Arena arena,
            @Nullable Consumer<MemorySegment> unmap) {
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(length, arena, unmap);
        return writable ? segment : segment.asReadOnly();
    }

    /** Writes a few bytes; the file grows as needed. */
    public void write(long offset, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            for (int done = 0; done < bytes.length; ) {
                MemorySegment rest = buffer.asSlice(done);
                long at = offset + done;
                long result = descriptor.tryCall(fd -> Libc.pwrite(fd, rest, rest.byteSize(), at));
                if (result <= 0) {
                    throw allocateFailure(at, rest.byteSize(), (int) -result);
                }
                done += (int) result;
            }
        }
    }

    /** Reads up to {@code length} bytes; fewer only at the end of the file. */
    public byte[] read(long offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, length));
            int done = 0;
            while (done < length) {
                MemorySegment rest = buffer.asSlice(done, length - done);
                long at = offset + done;
                int result =
                        (int)
                                descriptor.call(
                                        "read", fd -> Libc.pread(fd, rest, rest.byteSize(), at));
                if (result == 0) {
                    break;
                }
                done += result;
            }
            return buffer.asSlice(0, done).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Returns when the file's bytes are on its device; at once on tmpfs. */
    public void sync() throws IOException {
        descriptor.sync();
    }

    /** Waits for calls on the file that are under way. A second time does nothing. */
    @Override
    public void close() {
        descriptor.close();
    }
}
