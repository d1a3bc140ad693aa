package io.tokamak.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * The file system below a path.
 *
 * @param isTmpfs whether it lives in memory
 * @param totalBytes 0 when it has no limit
 * @param availableBytes to this user
 */
public record FileSystem(boolean isTmpfs, long totalBytes, long availableBytes) {
    private static final long TMPFS_MAGIC = 0x01021994;

    /**
     * {@code struct statfs} of 64-bit Linux: type, block size, blocks, free blocks, available
     * blocks, each i64.
     */
    public static FileSystem of(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(256, 8);
            int result = Libc.statfs(path.toString(), buffer);
            if (result < 0) {
                throw new NativeFailure("cannot look at the file system of " + path, -result);
            }
            long blockBytes = buffer.get(ValueLayout.JAVA_LONG, 8);
            return new FileSystem(
                    buffer.get(ValueLayout.JAVA_LONG, 0) == TMPFS_MAGIC,
                    buffer.get(ValueLayout.JAVA_LONG, 16) * blockBytes,
                    buffer.get(ValueLayout.JAVA_LONG, 32) * blockBytes);
        }
    }
}
