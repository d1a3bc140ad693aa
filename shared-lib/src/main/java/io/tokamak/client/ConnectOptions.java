package io.tokamak.client;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where the node is and who calls.
 *
 * @param folder of the node on this host
 * @param name of this process as people see it, at most 48 bytes of UTF-8
 * @param timeout how long to wait for the node at connect, and in calls without a deadline of their
 *     own
 */
public record ConnectOptions(Path folder, String name, Duration timeout) {

    /**
     * The folder from the environment's {@code TOKAMAK_FOLDER}, else {@code
     * /dev/shm/tokamak/node-1}.
     */
    public static ConnectOptions defaults() {
        String folder = System.getenv().getOrDefault("TOKAMAK_FOLDER", "/dev/shm/tokamak/node-1");
        return new ConnectOptions(Path.of(folder), "java", Duration.ofSeconds(10));
    }

    public ConnectOptions withFolder(Path other) {
        return new ConnectOptions(other, name, timeout);
    }

    public ConnectOptions withName(String other) {
        return new ConnectOptions(folder, other, timeout);
    }

    public ConnectOptions withTimeout(Duration other) {
        return new ConnectOptions(folder, name, other);
    }
}
