package io.tokamak.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What the control groups above this process allow: shared memory counts against the group that
 * touches it first.
 */
public final class CgroupLimits {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    /** Larger numbers mean no limit. */
    private static final long UNLIMITED_BYTES = 1L << 60;

    private CgroupLimits() {}

    /**
     * The smallest memory limit on the way from this process's group to the root, versions 2 and 1;
     * empty: none.
     */
    public static OptionalLong memoryLimitBytes() throws IOException {
        long limit = Long.MAX_VALUE;
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length != 3) {
                continue;
            }
            if (parts[1].isEmpty()) {
                limit = Math.min(limit, smallest(ROOT, parts[2], "memory.max"));
            } else if (parts[1].contains("memory")) {
                limit =
                        Math.min(
                                limit,
                                smallest(
                                        ROOT.resolve("memory"), parts[2], "memory.limit_in_bytes"));
            }
        }
        return limit >= UNLIMITED_BYTES ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    /**
     * Inside of a container the group's path is often of another name space: then the mounted root
     * is the group.
     */
    private static long smallest(Path root, String group, String file) throws IOException {
        long limit = read(root.resolve(file));
        Path path = root.resolve(group.substring(1)).normalize();
        while (path != null && path.startsWith(root) && !path.equals(root)) {
            limit = Math.min(limit, read(path.resolve(file)));
            path = path.getParent();
        }
        return limit;
    }

    private static long read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            return Long.MAX_VALUE;
        }
        String text = Files.readString(file).strip();
        return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
    }
}
