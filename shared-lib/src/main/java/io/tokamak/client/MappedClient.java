package io.tokamak.client;

import io.tokamak.objects.NodeDown;
import java.time.Duration;

/** Reads and writes the node's shared memory. */
final class MappedClient {
    private MappedClient() {}

    @SuppressWarnings("DoNotCallSuggester")
    static TokamakClient connect(ConnectOptions options) {
        throw new NodeDown(options.folder().toString(), "this build has no client", Duration.ZERO);
    }
}
