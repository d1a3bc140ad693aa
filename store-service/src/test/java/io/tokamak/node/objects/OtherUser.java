package io.tokamak.node.objects;

import io.tokamak.layout.Folder;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * Tries with the files of a store whatever its user might: folder, pid of the node, pid of another
 * client, name of that one's session. Says {@code allowed …} for each attempt that was not refused,
 * then {@code done}.
 */
final class OtherUser {
    /** Digits of a session's name that are random; its number follows. */
    private static final int RANDOM_DIGITS = 24;

    private static final int NUMBERS_TRIED = 10_000;

    private final Folder folder;

    private OtherUser(Folder folder) {
        this.folder = folder;
    }

    private interface Attempt {
        void run() throws IOException;
    }

    @SuppressWarnings("SystemOut") // how the test and this program talk
    private static void attempt(String what, Attempt attempt) {
        try {
            attempt.run();
            System.out.println("allowed " + what);
        } catch (IOException refused) {
            // As it should be: only what is allowed is said.
        }
    }

    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
        OtherUser user = new OtherUser(new Folder(Path.of(arguments[0])));
        user.tryFiles();
        user.trySessions(arguments[3]);
        tryProcess("the node", arguments[1]);
        tryProcess("another client", arguments[2]);
        System.out.println("done");
        var _ = System.in.read();
        System.exit(0);
    }

    /** What can be opened stays open, and locked where that can be. */
    private void tryFiles() {
        for (Path path :
                new Path[] {
                    folder.lock(), folder.store(), folder.index(), folder.pool(), folder.nonce()
                }) {
            String name = path.getFileName().toString();
            attempt("reading " + name, () -> open(path, false));
            attempt("writing " + name, () -> open(path, true));
            attempt("locking " + name, () -> lock(path));
            attempt("changing the mode of " + name, () -> open(path, false).setMode(0666));
            attempt("removing " + name, () -> Files.delete(path));
        }
        attempt("writing the pool by another door", this::reopen);
        attempt("making a file", () -> Files.write(folder.path().resolve("x"), new byte[1]));
        attempt(
                "replacing the socket",
                () -> Files.move(folder.control(), folder.path().resolve("y")));
    }

    private static OpenFile open(Path path, boolean writes) throws IOException {
        return writes ? OpenFile.openReadWrite(path) : OpenFile.openReadOnly(path);
    }

    private static void lock(Path path) throws IOException {
        if (!open(path, true).tryLock()) {
            throw new IOException("locked by another");
        }
    }

    /** A descriptor that may only read is opened again by its number. */
    private void reopen() throws IOException {
        try (FileChannel channel = FileChannel.open(folder.pool());
                Stream<Path> own = Files.list(Path.of("/proc/self/fd"))) {
            for (Path path : own.toList()) {
                if (Files.isSymbolicLink(path)
                        && Files.readSymbolicLink(path).equals(folder.pool())) {
                    Files.newByteChannel(path, StandardOpenOption.WRITE).close();
                    return;
                }
            }
            throw new IOException("no descriptor of " + channel);
        }
    }

    private void trySessions(String neighbour) {
        attempt(
                "listing the sessions",
                () -> {
                    try (Stream<Path> all = Files.list(folder.sessions())) {
                        var _ = all.count();
                    }
                });
        attempt(
                "making a session",
                () -> Files.write(folder.sessions().resolve("0".repeat(32)), new byte[1]));
        String random = neighbour.substring(0, RANDOM_DIGITS);
        for (int number = 0; number < NUMBERS_TRIED; number++) {
            String name = random + "%08x".formatted(number);
            if (!name.equals(neighbour) && Files.exists(folder.session(name))) {
                attempt("guessing a session", () -> open(folder.session(name), true));
            }
        }
    }

    private static void tryProcess(String whose, String pid) {
        Path process = Path.of("/proc", pid);
        attempt(
                "reading the mappings of " + whose,
                () -> Files.readAllLines(process.resolve("maps")));
        attempt(
                "looking at the files of " + whose,
                () -> {
                    try (Stream<Path> all = Files.list(process.resolve("fd"))) {
                        var _ = all.count();
                    }
                });
        attempt("reading the memory of " + whose, () -> open(process.resolve("mem"), false));
    }
}
