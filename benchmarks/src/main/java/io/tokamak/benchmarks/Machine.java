package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the figures were measured on. */
record Machine(
        String cpu,
        int cores,
        String kernel,
        long memoryMib,
        String pages,
        String jvm,
        String loadBefore) {

    static Machine here() throws IOException {
        return new Machine(
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                memoryBytes("MemTotal") >> 20,
                pageSize(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                Files.readString(Path.of("/proc/loadavg")).strip());
    }

    /** Of the tmpfs that everything lies on: of the mount that hides the others. */
    private static String pageSize() throws IOException {
        List<String> mounts =
                Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                        .filter(mount -> mount.split(" ", -1)[1].equals("/dev/shm"))
                        .toList();
        return !mounts.isEmpty() && mounts.getLast().contains("huge=always") ? "2 MiB" : "4 KiB";
    }

    static long memoryBytes(String name) throws IOException {
        return Long.parseLong(field("/proc/meminfo", name).split(" ", -1)[0]) << 10;
    }

    private static String field(String file, String name) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(file));
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
                return line.substring(colon + 1).strip();
            }
        }
        return "unknown";
    }
}
