package io.tokamak.memory;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * The file system below a path, as it is now.
 *
 * @param isTmpfs whether it lives in memory; no on hugetlbfs
 * @param totalBytes 0 when it has no limit
 * @param availableBytes to this user; 0 also when it has no limit
 * @param blockBytes what space is given in: the size of a page on tmpfs
 */
public record FileSystem(boolean isTmpfs, long totalBytes, long availableBytes, long blockBytes) {
    private static final long TMPFS_MAGIC = 0x01021994;

    // struct statfs of 64-bit Linux, all i64; it has 120 bytes
    private static final long TYPE_OFFSET = 0;
    private static final long BLOCK_BYTES_OFFSET = 8;
    private static final long BLOCK_COUNT_OFFSET = 16;
    private static final long AVAILABLE_COUNT_OFFSET = 32;

    /**
     * @throws NativeFailure when there is no such path
     */
    public static FileSystem of(Path path) throws IOException {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment statfs = scratch.struct;
            int result;
            do {
                result = Libc.statfs(path.toString(), statfs);
            } while (result == -Libc.EINTR);
            if (result < 0) {
                throw new NativeFailure("cannot look at the file system of " + path, -result);
            }
            return of(statfs);
        }
    }

    static FileSystem of(Descriptor descriptor) throws NativeFailure {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment statfs = scratch.struct;
            descriptor.call("look at the file system of", fd -> Libc.fstatfs(fd, statfs));
            return of(statfs);
        }
    }

    private static FileSystem of(MemorySegment statfs) {
        long blockBytes = statfs.get(ValueLayout.JAVA_LONG, BLOCK_BYTES_OFFSET);
        return new FileSystem(
                statfs.get(ValueLayout.JAVA_LONG, TYPE_OFFSET) == TMPFS_MAGIC,
                statfs.get(ValueLayout.JAVA_LONG, BLOCK_COUNT_OFFSET) * blockBytes,
                statfs.get(ValueLayout.JAVA_LONG, AVAILABLE_COUNT_OFFSET) * blockBytes,
                blockBytes);
    }
}
