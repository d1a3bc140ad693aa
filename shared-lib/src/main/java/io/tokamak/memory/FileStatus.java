package io.tokamak.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the file system says about an open file or folder, all from one moment.
 *
 * @param mode permission bits, with set-user-id, set-group-id and sticky
 * @param linkCount 0: the file was unlinked
 * @param sizeBytes the file's length
 * @param allocatedBytes what of it has memory or disk behind it
 */
public record FileStatus(
        boolean isRegularFile,
        boolean isFolder,
        int mode,
        int ownerUid,
        int ownerGid,
        int linkCount,
        long inode,
        long sizeBytes,
        long allocatedBytes) {
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7FF;

    // struct statx, the same on every architecture
    private static final long NLINK_OFFSET = 16; // u32
    private static final long UID_OFFSET = 20; // u32
    private static final long GID_OFFSET = 24; // u32
    private static final long MODE_OFFSET = 28; // u16
    private static final long INODE_OFFSET = 32; // u64
    private static final long SIZE_OFFSET = 40; // u64
    private static final long BLOCK_COUNT_OFFSET = 48; // u64
    private static final long BLOCK_BYTES = 512;

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_FOLDER = 0040000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int MODE_MASK = 07777;

    static FileStatus of(Descriptor descriptor) throws NativeFailure {
        try (Scratch scratch = Scratch.take()) {
            MemorySegment statx = scratch.struct;
            descriptor.call(
                    "look at", fd -> Libc.statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, statx));
            int typeAndMode = statx.get(ValueLayout.JAVA_SHORT, MODE_OFFSET) & 0xFFFF;
            return new FileStatus(
                    (typeAndMode & TYPE_MASK) == TYPE_REGULAR,
                    (typeAndMode & TYPE_MASK) == TYPE_FOLDER,
                    typeAndMode & MODE_MASK,
                    statx.get(ValueLayout.JAVA_INT, UID_OFFSET),
                    statx.get(ValueLayout.JAVA_INT, GID_OFFSET),
                    statx.get(ValueLayout.JAVA_INT, NLINK_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, INODE_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, SIZE_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, BLOCK_COUNT_OFFSET) * BLOCK_BYTES);
        }
    }
}
