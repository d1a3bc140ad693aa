package io.tokamak.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder in memory where there is one, removed at the end. */
record TestFolder(Path path) implements AutoCloseable {
    private static final Path TMPFS = Path.of("/dev/shm");

    static TestFolder inMemory() throws IOException {
        return new TestFolder(
                Files.isWritable(TMPFS)
                        ? Files.createTempDirectory(TMPFS, "tokamak-test-")
                        : Files.createTempDirectory("tokamak-test-"));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
