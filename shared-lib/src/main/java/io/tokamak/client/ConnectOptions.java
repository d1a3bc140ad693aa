package io.tokamak.client;

import io.tokamak.remote.GatewayAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the objects are and who calls. Immutable; {@code with} methods return a changed copy.
 *
 * @param folder of the node on this host; of no meaning when there is a gateway, which says its
 *     node's folder itself
 * @param gateway null: the node in {@code folder}, without a gateway
 * @param token for the gateway, sent as a bearer token; in plain text unless the address says TLS
 * @param zeroCopy whether objects are read in place where this process turns out to be on the host
 *     of the gateway's node; of no meaning without a gateway
 * @param name of this process as people see it, at most 48 bytes of UTF-8
 * @param timeout how long to wait for the node at connect, and in calls without a deadline of their
 *     own; of a gateway also how long it may be silent amid a transfer
 */
public record ConnectOptions(
        Path folder,
        @Nullable GatewayAddress gateway,
        @Nullable String token,
        boolean zeroCopy,
        String name,
        Duration timeout) {

    private static final String DEFAULT_FOLDER = "/dev/shm/tokamak/node-1";

    /** The node in a folder of this host. */
    public ConnectOptions(Path folder, String name, Duration timeout) {
        this(folder, null, null, true, name, timeout);
    }

    /**
     * What the environment says: the gateway of {@code TOKAMAK_URL} and {@code TOKAMAK_TOKEN}; if
     * there is none, the folder of {@code TOKAMAK_FOLDER}, else {@code /dev/shm/tokamak/node-1}.
     *
     * @throws io.tokamak.objects.InvalidRequest {@code bad-url}
     */
    public static ConnectOptions defaults() {
        return of(System.getenv());
    }

    static ConnectOptions of(Map<String, String> environment) {
        Path folder = Path.of(environment.getOrDefault("TOKAMAK_FOLDER", DEFAULT_FOLDER));
        ConnectOptions options = new ConnectOptions(folder, "java", Duration.ofSeconds(10));
        String url = environment.getOrDefault("TOKAMAK_URL", "");
        return url.isEmpty()
                ? options
                : options.withUrl(url).withToken(environment.get("TOKAMAK_TOKEN"));
    }

    /** The node in that folder, without a gateway. */
    public ConnectOptions withFolder(Path other) {
        return new ConnectOptions(other, null, null, zeroCopy, name, timeout);
    }

    /**
     * The gateway at that URL, see {@link GatewayAddress#parse}.
     *
     * @throws io.tokamak.objects.InvalidRequest {@code bad-url}
     */
    public ConnectOptions withUrl(String url) {
        return new ConnectOptions(
                folder, GatewayAddress.parse(url), token, zeroCopy, name, timeout);
    }

    public ConnectOptions withToken(@Nullable String other) {
        return new ConnectOptions(folder, gateway, other, zeroCopy, name, timeout);
    }

    public ConnectOptions withZeroCopy(boolean other) {
        return new ConnectOptions(folder, gateway, token, other, name, timeout);
    }

    public ConnectOptions withName(String other) {
        return new ConnectOptions(folder, gateway, token, zeroCopy, other, timeout);
    }

    public ConnectOptions withTimeout(Duration other) {
        return new ConnectOptions(folder, gateway, token, zeroCopy, name, other);
    }

    /** Without the token, which is a secret. */
    @Override
    public String toString() {
        String place = gateway == null ? folder.toString() : gateway.toString();
        return "ConnectOptions[" + place + " as " + name + " within " + timeout + "]";
    }
}
