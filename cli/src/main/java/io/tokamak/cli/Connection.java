package io.tokamak.cli;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a command reaches the objects.
 *
 * @param path the node's folder
 * @param url of a gateway; null: the node in the folder, without a gateway
 * @param token for the gateway
 * @param streams whether to stream even where the gateway's node is on this host
 */
record Connection(String path, @Nullable String url, @Nullable String token, boolean streams) {
    static final String FOLDER_VARIABLE = "TOKAMAK_FOLDER";
    static final String URL_VARIABLE = "TOKAMAK_URL";
    static final String TOKEN_VARIABLE = "TOKAMAK_TOKEN";
    static final String DEFAULT_FOLDER = "/dev/shm/tokamak/node-1";

    /** A node that is being restarted is there again by then. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /**
     * An option beats the environment, and a gateway the folder: the launcher always says where its
     * node is.
     *
     * @param folder the option {@code --folder}
     * @param url the option {@code --url}
     */
    static Connection of(
            @Nullable String folder,
            @Nullable String url,
            boolean streams,
            Map<String, String> environment) {
        String known = environment.get(URL_VARIABLE);
        String gateway = url == null && folder == null ? known : url;
        return new Connection(
                folder == null ? environment.getOrDefault(FOLDER_VARIABLE, DEFAULT_FOLDER) : folder,
                gateway == null || gateway.isEmpty() ? null : gateway,
                environment.get(TOKEN_VARIABLE),
                streams);
    }

    Folder folder() {
        return new Folder(Path.of(path));
    }

    /**
     * Connects.
     *
     * @throws NodeDown at once when there is no folder, because then there is nothing to wait for
     */
    TokamakClient connect() {
        return connect(TIMEOUT);
    }

    /** As {@link #connect()}, with another patience. */
    TokamakClient connect(Duration timeout) {
        if (url == null && !Files.isDirectory(Path.of(path))) {
            throw new NodeDown(path, "there is no such folder; ./tokamak up makes it", timeout);
        }
        return TokamakClient.connect(options(timeout));
    }

    private ConnectOptions options(Duration timeout) {
        ConnectOptions options = new ConnectOptions(Path.of(path), "tokamak", timeout);
        return url == null ? options : options.withUrl(url).withToken(token).withZeroCopy(!streams);
    }

    /**
     * For what is about the node's memory itself.
     *
     * @throws InvalidRequest when a gateway is given
     */
    void requireFolder(String what) {
        if (url != null) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_PARAMETER,
                    what + " is for the node's own host, and " + url + " is a gateway",
                    "give --folder, and neither --url nor " + URL_VARIABLE);
        }
    }

    /** Where to. */
    @Override
    public String toString() {
        return url == null ? path : url;
    }
}
