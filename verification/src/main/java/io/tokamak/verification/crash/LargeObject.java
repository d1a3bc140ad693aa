package io.tokamak.verification.crash;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.memory.KillPoint;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A payload that no {@code int} counts, put by processes that are killed on the way and by one that
 * is not. It is a file with a stamp every MiB and holes between.
 */
final class LargeObject {
    private static final long POOL_BYTES = 2560L << 20;
    private static final long PAYLOAD_BYTES = (2L << 30) + (65 << 20) + 12_345;
    private static final int CHUNKS_TO_2_GIB = 512;
    private static final long STAMP_EVERY_BYTES = 1 << 20;
    private static final int STAMP_BYTES = 64;
    private static final long CHECKED_AT_ONCE_BYTES = 1 << 28;
    private static final ObjectName NAME = new ObjectName("crash", "large");

    private final Folder folder;
    private final Consumer<String> lines;

    LargeObject(Path path, Consumer<String> lines) {
        this.folder = new Folder(path);
        this.lines = lines;
    }

    /**
     * @throws IllegalStateException saying what is wrong
     */
    void run() throws IOException {
        try (Child _ = Nodes.start(folder, POOL_BYTES, lines);
                TokamakClient client = Nodes.connect(folder)) {
            long free = client.node().ledger().free();

            var _ = kill("copy.chunk:%d".formatted(CHUNKS_TO_2_GIB + 2), 1);
            Nodes.await("space is back", () -> client.node().ledger().free() == free);
            require(!client.contains(ObjectId.named(NAME)), "half of an object was published");

            long checksum = kill("put.committed", 2);
            Nodes.await("the object is there", () -> client.contains(ObjectId.named(NAME)));
            verify(client, checksum);
            delete(client, free);

            Path file = payload(3);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment payload = map(file, arena);
                client.put(payload, PutOptions.named(NAME).withTimeout(Duration.ofMinutes(1)));
                verify(client, checksum(payload));
            } finally {
                Files.delete(file);
            }
            StoreReport report = StoreChecker.check(folder, StoreChecker.Mode.LIVE);
            require(
                    report.findings(Severity.WARNING).isEmpty(),
                    "the checker finds " + report.findings(Severity.WARNING));
            delete(client, free);
        }
        Files.delete(folder.pool()); // the host may need it for what comes next
    }

    /** The checksum of what the process that is killed at this step was to put. */
    private long kill(String step, long seed) throws IOException {
        Path file = payload(seed);
        try (Arena arena = Arena.ofConfined();
                Child writer =
                        Child.start(
                                "writer",
                                lines,
                                List.of("-D%s=%s".formatted(KillPoint.PROPERTY, step)),
                                Writer.class.getName(),
                                folder.path().toString(),
                                file.toString())) {
            String answer = writer.answer();
            int status = writer.kill();
            require(
                    status == Child.KILLED_STATUS && answer.equals(Child.END),
                    "the writer to be killed at %s ended with status %d: %s"
                            .formatted(step, status, answer));
            return checksum(map(file, arena));
        } finally {
            Files.delete(file);
        }
    }

    private static void verify(TokamakClient client, long checksum) {
        try (ObjectView view = client.get(NAME, Deadline.after(Duration.ofSeconds(20)))) {
            require(
                    view.segment().byteSize() == PAYLOAD_BYTES,
                    "it has %d bytes".formatted(view.segment().byteSize()));
            long found = checksum(view.segment());
            require(
                    found == checksum,
                    "its checksum is %08x instead of %08x".formatted(found, checksum));
        }
    }

    private static void delete(TokamakClient client, long free) {
        require(client.delete(NAME), "it is gone");
        Nodes.await("space is back", () -> client.node().ledger().free() == free);
    }

    private static Path payload(long seed) throws IOException {
        Path file = Files.createTempFile("tokamak-large-", ".bin");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long last = PAYLOAD_BYTES - STAMP_BYTES;
            for (long at = 0; at < last; at += STAMP_EVERY_BYTES) {
                write(channel, at, seed ^ at);
            }
            write(channel, last, seed ^ last);
        }
        return file;
    }

    private static void write(FileChannel channel, long at, long seed) throws IOException {
        ByteBuffer stamp = ByteBuffer.wrap(Pattern.bytes(STAMP_BYTES, seed));
        while (stamp.hasRemaining()) {
            at += channel.write(stamp, at);
        }
    }

    private static MemorySegment map(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long checksum(MemorySegment bytes) {
        CRC32C checksum = new CRC32C();
        for (long at = 0; at < bytes.byteSize(); at += CHECKED_AT_ONCE_BYTES) {
            long length = Math.min(CHECKED_AT_ONCE_BYTES, bytes.byteSize() - at);
            checksum.update(bytes.asSlice(at, length).asByteBuffer());
        }
        return checksum.getValue();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** Puts a file's bytes: folder, file. */
    static final class Writer {
        private Writer() {}

        @SuppressWarnings("SystemOut") // how the suite and its writer talk
        public static void main(String[] arguments) {
            try (TokamakClient client = Nodes.connect(new Folder(Path.of(arguments[0])));
                    Arena arena = Arena.ofConfined()) {
                client.put(
                        map(Path.of(arguments[1]), arena),
                        PutOptions.named(NAME).withTimeout(Duration.ofMinutes(1)));
            }
            System.out.println("ready");
        }
    }
}
