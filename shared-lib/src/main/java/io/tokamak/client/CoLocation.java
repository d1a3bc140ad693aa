package io.tokamak.client;

import io.tokamak.layout.Folder;
import io.tokamak.memory.FileStatus;
import io.tokamak.memory.NativeFailure;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.OpenFolder;
import io.tokamak.remote.Gateway;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether this process can read the memory of a gateway's node: proven by what it reads in the
 * node's folder, never guessed from an address.
 */
sealed interface CoLocation {
    /**
     * It can.
     *
     * @param mayWrite whether it may put objects in place, too
     */
    record Here(Path folder, boolean mayWrite) implements CoLocation {}

    /**
     * It cannot.
     *
     * @param reason {@code folder not visible}, {@code nonce differs} or {@code permission}, and
     *     more for people
     */
    record Elsewhere(String reason) implements CoLocation {}

    /** Hex digits; more than there are, so that a longer file is seen to be none. */
    int NONCE_BYTES_MAX = 64;

    int WRITE_BY_OTHERS = 0022;
    int STICKY = 01000;

    /**
     * Looks for a folder, and has the gateway say whether it is its node's.
     *
     * @param folder as the gateway calls it; empty: its node has none
     * @throws io.tokamak.objects.TokamakException when the gateway cannot be asked
     */
    static CoLocation of(Gateway gateway, String folder) {
        Path path = Path.of(folder);
        if (folder.isEmpty() || !path.isAbsolute()) {
            return new Elsewhere("folder not visible: the gateway does not say where it is");
        }
        try {
            Optional<String> refusal = gateway.refusal(trustedNonce(path));
            return refusal.isPresent()
                    ? new Elsewhere(
                            refusal.get() + ": " + path + " is not that of the gateway's node")
                    : new Here(path, mayWrite(path));
        } catch (NativeFailure e) {
            return new Elsewhere(
                    (e.isPermission() ? "permission: " : "folder not visible: ") + e.getMessage());
        } catch (IOException e) {
            return new Elsewhere("permission: " + e.getMessage());
        }
    }

    /** The nonce of a folder in which nobody but its owner can put anything. */
    private static String trustedNonce(Path path) throws IOException {
        try (OpenFolder folder = OpenFolder.open(path);
                OpenFile file =
                        folder.openReadOnly(new Folder(path).nonce().getFileName().toString())) {
            int owner = folder.status().ownerUid();
            requireOwned(path, folder.status(), owner);
            requireParentOwned(path, owner);
            if (file.ownerUid() != owner) {
                throw new IOException(
                        "%s belongs to user %d, its folder to user %d"
                                .formatted(file.path(), file.ownerUid(), owner));
            }
            return text(file);
        }
    }

    private static void requireParentOwned(Path path, int owner) throws IOException {
        Path parent = path.getParent();
        if (parent != null) {
            try (OpenFolder folder = OpenFolder.open(parent.toRealPath())) {
                FileStatus status = folder.status();
                if ((status.mode() & STICKY) == 0) { // with it, others cannot replace the folder
                    requireOwned(parent, status, owner);
                }
            }
        }
    }

    private static void requireOwned(Path path, FileStatus status, int owner) throws IOException {
        boolean belongs = status.ownerUid() == owner || status.ownerUid() == 0;
        if (!belongs || (status.mode() & WRITE_BY_OTHERS) != 0) {
            throw new IOException(
                    "%s has owner %d and mode %04o: others than user %d may write there"
                            .formatted(path, status.ownerUid(), status.mode(), owner));
        }
    }

    private static String text(OpenFile file) throws IOException {
        return new String(file.read(0, NONCE_BYTES_MAX), StandardCharsets.US_ASCII).strip();
    }

    private static boolean mayWrite(Path path) throws IOException {
        try {
            OpenFile.openReadWrite(new Folder(path).pool()).close();
            return true;
        } catch (NativeFailure e) {
            if (e.isPermission()) {
                return false;
            }
            throw e;
        }
    }

    /**
     * What the folder's nonce is just now: another one when its node has started anew. Null: there
     * is none to be read.
     */
    static @Nullable String nonce(Path folder) {
        try (OpenFile file = OpenFile.openReadOnly(new Folder(folder).nonce())) {
            return text(file);
        } catch (IOException unreadable) {
            return null;
        }
    }
}
