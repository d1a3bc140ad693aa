package io.tokamak.spring.embedded;

import io.tokamak.node.embedded.EmbeddedNode;
import io.tokamak.node.objects.StoreSettings;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node that lives and ends with the program's context. */
final class NodeInside implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeInside.class);

    private final EmbeddedNode node;
    private final @Nullable OwnFolder own;

    private NodeInside(EmbeddedNode node, @Nullable OwnFolder own) {
        this.node = node;
        this.own = own;
    }

    static NodeInside start(TokamakEmbeddedProperties properties) throws IOException {
        long poolBytes = properties.poolSize().toBytes();
        Path folder = properties.folder();
        NodeInside started =
                folder == null ? startInOwnFolder(poolBytes) : start(folder, poolBytes, null);
        LOG.info("embedded node in {}, a pool of {} bytes", started.folder(), poolBytes);
        return started;
    }

    private static NodeInside startInOwnFolder(long poolBytes) throws IOException {
        OwnFolder own = OwnFolder.make();
        try {
            return start(own.node(), poolBytes, own);
        } catch (IOException | RuntimeException e) {
            own.close();
            throw e;
        }
    }

    private static NodeInside start(Path folder, long poolBytes, @Nullable OwnFolder own)
            throws IOException {
        StoreSettings settings = StoreSettings.of(folder.toAbsolutePath(), poolBytes);
        return new NodeInside(EmbeddedNode.start(settings), own);
    }

    Path folder() {
        return node.folder();
    }

    @Override
    public void close() throws IOException {
        try (OwnFolder _ = own) {
            node.close();
        }
    }
}
