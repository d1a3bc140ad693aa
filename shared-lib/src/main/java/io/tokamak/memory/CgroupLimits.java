package io.tokamak.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory the control groups above this process allow, versions 1 and 2: shared memory
 * counts against the group that touches it first. Thread-safe.
 */
public final class CgroupLimits {
    /** Larger numbers mean no limit. */
    private static final long UNLIMITED_BYTES = 1L << 60;

    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    /**
     * The memory limit of one group.
     *
     * @param group its folder
     * @param usageBytes what it and those below it have now, without the page cache of files on
     *     disks: the kernel drops that before anything is refused or killed
     */
    public record Limit(Path group, long limitBytes, long usageBytes) {
        /** What it could still take. */
        public long freeBytes() {
            return Math.max(0, limitBytes - usageBytes);
        }
    }

    /**
     * Where a kind of groups is mounted: {@code root} is the group that is seen at {@code point}.
     */
    private record Mount(boolean isVersion2, String root, Path point) {}

    private CgroupLimits() {}

    /** Every limit from this process's group outwards, nearest first; empty: none. */
    public static List<Limit> all() throws IOException {
        return all(Path.of("/proc/self"));
    }

    /** As {@link #all()}, of the process that this folder describes as /proc/self does. */
    public static List<Limit> all(Path process) throws IOException {
        List<Mount> mounted = mounts(process.resolve("mountinfo"));
        List<Limit> limits = new ArrayList<>();
        for (String line : lines(process.resolve("cgroup"))) {
            String[] parts = line.split(":", 3); // number, controllers, group
            if (parts.length != 3) {
                continue;
            }
            boolean isVersion2 = parts[1].isEmpty();
            if (isVersion2 || List.of(parts[1].split(",")).contains("memory")) {
                for (Mount mount : mounted) {
                    if (mount.isVersion2 == isVersion2) {
                        addLimits(mount, parts[2], limits);
                        break;
                    }
                }
            }
        }
        return List.copyOf(limits);
    }

    private static void addLimits(Mount mount, String group, List<Limit> limits)
            throws IOException {
        Path point = mount.point;
        for (Path at = folderOf(mount, group);
                at != null && at.startsWith(point);
                at = at.getParent()) {
            long limit =
                    read(at.resolve(mount.isVersion2 ? "memory.max" : "memory.limit_in_bytes"));
            if (limit < UNLIMITED_BYTES) {
                String usage = mount.isVersion2 ? "memory.current" : "memory.usage_in_bytes";
                long used = read(at.resolve(usage)) - pageCache(mount, at.resolve("memory.stat"));
                limits.add(new Limit(at, limit, Math.max(0, used)));
            }
        }
    }

    /** Lines are: name, bytes. Shared memory is on other lists of the kernel's. */
    private static long pageCache(Mount mount, Path stat) throws IOException {
        String prefix = mount.isVersion2 ? "" : "total_"; // what is below it included
        long bytes = 0;
        for (String line : lines(stat)) {
            if (line.startsWith(prefix + "active_file ")
                    || line.startsWith(prefix + "inactive_file ")) {
                bytes += Long.parseLong(line.substring(line.indexOf(' ') + 1).strip());
            }
        }
        return bytes;
    }

    /**
     * In a container the mount often shows the container's group as its root, while the group's
     * path is the host's: the part below the root counts. Of a path of another name space nothing
     * is known; then the root it is.
     */
    private static Path folderOf(Mount mount, String group) {
        String below;
        if (mount.root.equals("/")) {
            below = group;
        } else if (group.equals(mount.root) || group.startsWith(mount.root + "/")) {
            below = group.substring(mount.root.length());
        } else {
            below = "";
        }
        Path folder = Path.of(mount.point + "/" + below).normalize();
        return folder.startsWith(mount.point) ? folder : mount.point;
    }

    /**
     * Lines are: id, parent, device, root, mount point, options, tags, "-", type, source, options.
     */
    private static List<Mount> mounts(Path mounts) throws IOException {
        List<Mount> found = new ArrayList<>();
        for (String line : lines(mounts)) {
            int dash = line.indexOf(" - ");
            String[] left = line.split(" ", -1);
            if (dash < 0 || left.length < 5) {
                continue;
            }
            String[] right = line.substring(dash + 3).split(" ", -1);
            boolean isVersion2 = right[0].equals("cgroup2");
            boolean isVersion1 =
                    right[0].equals("cgroup")
                            && Arrays.asList(right[right.length - 1].split(",")).contains("memory");
            if (isVersion1 || isVersion2) {
                found.add(new Mount(isVersion2, unescaped(left[3]), Path.of(unescaped(left[4]))));
            }
        }
        return found;
    }

    private static String unescaped(String text) {
        return OCTAL.matcher(text)
                .replaceAll(
                        match ->
                                Matcher.quoteReplacement(
                                        String.valueOf(
                                                (char) Integer.parseInt(match.group(1), 8))));
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** The outermost group has no such file: no limit. */
    private static long read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            return Long.MAX_VALUE;
        }
        String text = Files.readString(file).strip();
        try {
            return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("not a number of bytes in %s: %s".formatted(file, text), e);
        }
    }
}
