package io.tokamak.node.objects;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tokamak.memory.FileSystem;
import io.tokamak.memory.Processes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A tmpfs of its own that can be filled, as only root may mount one. */
final class SmallTmpfs implements AutoCloseable {
    private static final int PAGE_BYTES = 4096;

    final Path path;
    private final Path filler;

    private SmallTmpfs(Path path) {
        this.path = path;
        filler = path.resolve("filler");
    }

    /** Where that cannot be, the test is not run. */
    static SmallTmpfs mount(long sizeBytes) throws IOException {
        assumeTrue(Processes.effectiveUid() == 0, "only root mounts");
        Path path = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-tmpfs-");
        int status =
                run("mount", "-t", "tmpfs", "-o", "size=" + sizeBytes, "tmpfs", path.toString());
        if (status != 0) {
            Files.delete(path);
        }
        assumeTrue(status == 0, "mount is not allowed here");
        return new SmallTmpfs(path);
    }

    /** The one that another process has mounted. */
    static SmallTmpfs of(Path path) {
        return new SmallTmpfs(path);
    }

    private static int run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            return process.waitFor(20, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Leaves not a page. */
    void fill() throws IOException {
        byte[] page = new byte[PAGE_BYTES];
        try (OutputStream output = Files.newOutputStream(filler)) {
            while (FileSystem.of(path).availableBytes() > 0) {
                output.write(page);
            }
        }
    }

    void empty() throws IOException {
        Files.delete(filler);
    }

    @Override
    public void close() throws IOException {
        if (run("umount", "--lazy", path.toString()) == 0) {
            Files.delete(path);
        }
    }
}
