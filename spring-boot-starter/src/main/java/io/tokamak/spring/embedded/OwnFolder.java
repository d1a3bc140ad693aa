package io.tokamak.spring.embedded;

import io.tokamak.layout.Folder;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** A folder for one run of one node, removed with it; by the next run, if this one is killed. */
final class OwnFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnFolder.class);
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "tokamak-embedded-";

    /** A younger folder may be that of a node which has not taken its lock yet. */
    private static final Duration LEFT_AFTER = Duration.ofMinutes(1);

    private final Path parent;

    private OwnFolder(Path parent) {
        this.parent = parent;
    }

    static OwnFolder make() throws IOException {
        removeLeft();
        return new OwnFolder(Files.createTempDirectory(MEMORY, PREFIX));
    }

    /** Where the node goes. */
    Path node() {
        return node(parent);
    }

    private static Path node(Path parent) {
        return parent.resolve("node");
    }

    @Override
    public void close() throws IOException {
        FileSystemUtils.deleteRecursively(parent);
    }

    /** What killed programs left is memory that nobody else would give back. */
    private static void removeLeft() throws IOException {
        try (DirectoryStream<Path> parents = Files.newDirectoryStream(MEMORY, PREFIX + "*")) {
            for (Path left : parents) {
                try {
                    removeIfLeft(left);
                } catch (IOException e) {
                    // Another user's, or somebody removes it at the same time.
                    LOG.debug("{} stays: {}", left, e.toString());
                }
            }
        }
    }

    private static void removeIfLeft(Path left) throws IOException {
        Path lock = new Folder(node(left)).lock();
        Instant changed = Files.getLastModifiedTime(left).toInstant();
        if (!Files.exists(lock) || changed.plus(LEFT_AFTER).isAfter(Instant.now())) {
            return;
        }
        try (OpenFile file = OpenFile.openReadWrite(lock)) {
            if (file.tryLock()) { // so no process has the node
                FileSystemUtils.deleteRecursively(left);
                LOG.info("removed {}, which a program left that was killed", left);
            }
        }
    }
}
