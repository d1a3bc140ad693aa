package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.ConnectOptions;
import io.tokamak.layout.Folder;
import io.tokamak.node.local.LocalServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A store in a folder of its own on tmpfs, opened and closed as often as a test likes. */
final class StoreFixture implements AutoCloseable {
    static final long POOL_BYTES = 16L << 20;
    private static final Path TMPFS = Path.of("/dev/shm");
    private static final int COPIED_BYTES = 4096;
    private static final byte[] NOTHING = new byte[COPIED_BYTES];

    /** Many tests wait until the node has seen that a client is gone. */
    private static final long PROBE_NANOS = 10_000_000;

    final Path folder;
    final MemoryNames names;
    final TestClock clock = new TestClock();
    StoreSettings settings;
    Store store;
    private @Nullable LocalServer server;

    private StoreFixture(
            Path tmpfs, long poolBytes, OptionalInt readersGroup, OptionalInt writersGroup) {
        folder = newFolder(tmpfs);
        names = new MemoryNames();
        settings =
                StoreSettings.of(folder, poolBytes)
                        .withClock(clock)
                        .withProbeNanos(PROBE_NANOS)
                        .withGroups(readersGroup, writersGroup);
        store = opened();
    }

    /** Over what a node left. */
    private StoreFixture(Remains remains) {
        folder = remains.folder;
        names = remains.names;
        settings =
                StoreSettings.of(folder, remains.poolBytes)
                        .withClock(clock)
                        .withProbeNanos(PROBE_NANOS);
        store = opened();
    }

    private static Path newFolder(Path tmpfs) {
        try {
            return Files.createTempDirectory(tmpfs, "tokamak-test-").resolve("n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static StoreFixture open() {
        return open(POOL_BYTES);
    }

    static StoreFixture open(long poolBytes) {
        return open(TMPFS, poolBytes);
    }

    static StoreFixture open(Path tmpfs, long poolBytes) {
        return new StoreFixture(tmpfs, poolBytes, OptionalInt.empty(), OptionalInt.empty());
    }

    /** As root: a store of these groups, in a folder that everybody gets to. */
    static StoreFixture open(int readersGroup, int writersGroup) throws IOException {
        StoreFixture fixture =
                new StoreFixture(
                        TMPFS,
                        POOL_BYTES,
                        OptionalInt.of(readersGroup),
                        OptionalInt.of(writersGroup));
        Files.setPosixFilePermissions(
                fixture.folder.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        return fixture;
    }

    /** Keeps the owner thread from its next turn until what is returned is completed. */
    CompletableFuture<Void> holdOwner() {
        CompletableFuture<Void> isHeld = new CompletableFuture<>();
        CompletableFuture<Void> released = new CompletableFuture<>();
        var _ =
                store.setListener(
                        null,
                        () -> {
                            isHeld.complete(null);
                            released.join();
                        });
        isHeld.join();
        return released;
    }

    /** Answers calls over the folder's socket from here on, as clients in other processes need. */
    StoreFixture served() {
        try {
            server = new LocalServer(store, clock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    ConnectOptions connectOptions() {
        return ConnectOptions.defaults().withFolder(folder);
    }

    private Store opened() {
        try {
            return Store.open(settings, names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Folder files() {
        return new Folder(folder);
    }

    void restart() {
        boolean isServed = server != null;
        stop();
        store = opened();
        if (isServed) {
            var _ = served();
        }
    }

    private void stop() {
        if (server != null) {
            try {
                server.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server = null;
        }
        store.close();
    }

    /** What a node leaves that dies, and all its clients with it. */
    record Remains(Path folder, MemoryNames names, long poolBytes) {
        StoreFixture opened() {
            return new StoreFixture(this);
        }

        void delete() {
            StoreFixture.delete(folder);
        }
    }

    /**
     * What would be left if the node and its clients died now. The node must not go on meanwhile.
     */
    Remains remains() {
        Path copy = newFolder(TMPFS);
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.toList()) {
                copy(path, copy.resolve(folder.relativize(path)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Remains(copy, names.copied(), settings.poolBytes());
    }

    /** Holes stay holes: all of them together would fill the memory. */
    private static void copy(Path source, Path target) throws IOException {
        if (Files.isDirectory(source)) {
            Files.createDirectory(target);
        } else {
            try (FileChannel from = FileChannel.open(source);
                    RandomAccessFile to = new RandomAccessFile(target.toFile(), "rw")) {
                to.setLength(from.size());
                byte[] part = new byte[COPIED_BYTES];
                for (long at = 0; at < from.size(); at += part.length) {
                    int length = from.read(ByteBuffer.wrap(part), at);
                    if (Arrays.mismatch(part, 0, length, NOTHING, 0, length) >= 0) {
                        to.seek(at);
                        to.write(part, 0, length);
                    }
                }
            }
        }
        Files.setPosixFilePermissions(target, Files.getPosixFilePermissions(source));
    }

    /** Messages over the folder's socket that broke a rule. */
    long malformedCount() {
        return Objects.requireNonNull(server).malformedCount();
    }

    Ledger ledger() {
        return status().ledger();
    }

    Store.Status status() {
        return get(store.status());
    }

    /** The node lives, and what it says of its bytes adds up (I28). */
    Ledger balanced() {
        Ledger ledger = ledger();
        assertThat(store.failure()).isNull();
        assertThat(ledger.isBalanced()).as("%s", ledger).isTrue();
        return ledger;
    }

    /** What the node says and what the files say is the same, once nothing moves. */
    void sound() {
        Eventually.holds("nothing moves", this::isSoundAtRest);
    }

    private boolean isSoundAtRest() {
        Ledger before = balanced();
        StoreReport report;
        try {
            report = StoreChecker.check(files(), StoreChecker.Mode.LIVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(report.findings(Severity.ERROR)).isEmpty();
        Ledger after = balanced();
        if (!report.stable()
                || before.inUse() != after.inUse()
                || before.leased() != after.leased()) {
            return false;
        }
        assertThat(report.ledger().inUse()).isEqualTo(after.inUse());
        assertThat(report.ledger().leased()).isEqualTo(after.leased());
        return true;
    }

    LaneClient attach() {
        return LaneClient.attach(store);
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stop();
        delete(folder);
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder.getParent())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
