package io.tokamak.cli;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.objects.NodeDown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How a command reaches the node.
 *
 * @param path the node's folder
 */
record Connection(String path) {
    /** A node that is being restarted is there again by then. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    static String defaultFolder() {
        return System.getenv().getOrDefault("TOKAMAK_FOLDER", "/dev/shm/tokamak/node-1");
    }

    Folder folder() {
        return new Folder(Path.of(path));
    }

    /**
     * Attaches to the node.
     *
     * @throws NodeDown at once when there is no folder, because then there is nothing to wait for
     */
    TokamakClient connect() {
        return connect(TIMEOUT);
    }

    /** As {@link #connect()}, with another patience. */
    TokamakClient connect(Duration timeout) {
        if (!Files.isDirectory(Path.of(path))) {
            throw new NodeDown(path, "there is no such folder; ./tokamak up makes it", timeout);
        }
        return TokamakClient.connect(new ConnectOptions(Path.of(path), "tokamak", timeout));
    }
}
