package io.tokamak.gateway.mapping;

import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.layout.Folder;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.NotCoLocated;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * Tells whether a caller can open the node's files: it has read the nonce in the node's folder. An
 * address proves nothing.
 *
 * <p>Thread-safe. A check reads a file on tmpfs, which takes some microseconds.
 */
@Component
public final class CoLocation {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Path folder;

    CoLocation(NodeConnection connection) {
        folder = connection.folder().toAbsolutePath();
    }

    /**
     * Checks what a caller says is the nonce. How long that takes tells nothing about the right
     * one.
     *
     * @throws NotCoLocated when it differs
     * @throws NodeDown when there is no nonce: no node has started in the folder yet
     */
    public Proof check(String nonce) {
        byte[] current;
        try {
            current = read();
        } catch (IOException e) {
            throw new NodeDown(folder.toString(), "its nonce cannot be read: " + e, RETRY_AFTER, e);
        }
        Proof proof = new Proof(current);
        if (!proof.isOf(nonce.getBytes(StandardCharsets.UTF_8))) {
            throw new NotCoLocated(NotCoLocated.NONCE_DIFFERS, folder.toString());
        }
        return proof;
    }

    private byte[] read() throws IOException {
        return Files.readAllBytes(new Folder(folder).nonce());
    }

    /** That a caller was co-located in this life of the node. */
    public final class Proof {
        private final byte[] nonce;

        private Proof(byte[] nonce) {
            this.nonce = nonce;
        }

        private boolean isOf(byte[] other) {
            return MessageDigest.isEqual(nonce, other);
        }

        /** Whether the node was not started anew since: each start makes another nonce. */
        public boolean isCurrent() {
            try {
                return isOf(read());
            } catch (IOException gone) { // a new node takes it away before it makes other files
                return false;
            }
        }
    }
}
