package io.tokamak.node.embedded;

import io.tokamak.node.directory.LoneNames;
import io.tokamak.node.local.LocalServer;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreSettings;
import io.tokamak.node.objects.StoreUnusable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A node in this process: the store and the local protocol of a node of its own, without a cluster,
 * a port, or Spring. Clients attach to its folder as to any other's, from this process and from
 * others. It stops with the process at the latest; the folder and its objects stay.
 *
 * <p>For development and tests: it shares the heap and the end of the program around it. Its
 * methods are for one thread at a time.
 */
public final class EmbeddedNode implements AutoCloseable {
    private final Store store;
    private final LocalServer local;

    private EmbeddedNode(Store store, LocalServer local) {
        this.store = store;
        this.local = local;
    }

    /**
     * Starts, and answers when this returns.
     *
     * @param settings {@link StoreSettings#of} with a folder and bytes for the pool
     * @throws StoreUnusable when the folder cannot be used; the message says why, with numbers
     * @throws io.tokamak.objects.IncompatibleStore when the folder holds a store that does not fit
     * @throws IOException when a file or the socket could not be made
     */
    public static EmbeddedNode start(StoreSettings settings) throws IOException {
        Store store = Store.open(settings, new LoneNames());
        try {
            return new EmbeddedNode(store, new LocalServer(store, settings.clock()));
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** Where clients find it. */
    public Path folder() {
        return store.folder().path();
    }

    /** Ends the calls that are open, then the store. */
    @Override
    public void close() throws IOException {
        try (store) {
            local.close();
        }
    }
}
