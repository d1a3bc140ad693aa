package io.tokamak.cli;

import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.memory.FileSystem;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        header = "Shows what shared memory does: one writer, four processes that read in place.",
        description = {
            "%nWrites an array file (.npy, float64) of 1 GiB and 100,000 small objects. Four"
                + " processes of their own map them at once and add them up in place. The sums are"
                + " checked, rates are shown, and how much memory all that took: the bytes are"
                + " there once, however many read them. The objects are deleted at the end, also"
                + " after Ctrl-C.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak demo",
            "  tokamak demo --size 64MiB --objects 10000     on a small machine",
        })
final class DemoCommand implements Callable<Integer> {
    /** Integers below 2^53 add up exactly, in any order. */
    static final int VALUES = 1024;

    static final int SMALL_LONGS = 8;

    private static final int PATTERN_BYTES = 1 << 20;
    private static final int READERS_MAX = 64;

    /** The first round finds pages that its process never touched, the others do not. */
    private static final int ROUNDS = 3;

    /** For the small objects, which lie elsewhere, and the array's header. */
    private static final long HEADROOM_BYTES = 1 << 20;

    /** Whatever happens to this process, its objects end with it. */
    private static final PutOptions OPTIONS = PutOptions.DEFAULTS.withLifetime(Lifetime.session());

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = Converters.Sizes.class,
            defaultValue = "1GiB",
            description = "Bytes of the array: 64MiB, 2GB. Default: ${DEFAULT-VALUE}.")
    private long sizeBytes = 1L << 30;

    @Option(
            names = "--objects",
            paramLabel = "COUNT",
            defaultValue = "100000",
            description = "How many small objects. Default: ${DEFAULT-VALUE}.")
    private int objects = 100_000;

    @Option(
            names = "--readers",
            paramLabel = "COUNT",
            defaultValue = "4",
            description = "How many processes read. Default: ${DEFAULT-VALUE}.")
    private int readers = 4;

    private final DemoFigures figures = new DemoFigures();
    private final List<ReaderProcess> processes = new ArrayList<>();
    private final List<ObjectId> made = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();

    @Override
    public Integer call() throws IOException {
        if (sizeBytes < PATTERN_BYTES || objects < 1 || readers < 1 || readers > READERS_MAX) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--size must be 1MiB or more, --objects 1 or more, --readers 1 to "
                            + READERS_MAX);
        }
        tokamak.connection().requireFolder("the demo");
        TokamakClient client = tokamak.connection().connect();
        Thread atInterrupt = new Thread(() -> cleanUp(client), "demo-clean-up");
        Runtime.getRuntime().addShutdownHook(atInterrupt);
        try {
            run(client);
        } catch (IOException | RuntimeException failed) {
            if (ended.get()) { // by Ctrl-C, which is no failure to be explained
                throw new Failure.Reported(Failure.OTHERWISE);
            }
            throw failed;
        } finally {
            cleanUp(client);
            try {
                Runtime.getRuntime().removeShutdownHook(atInterrupt);
            } catch (IllegalStateException interrupted) {
                // it runs already
            }
        }
        figures.print(tokamak.output(), tokamak.json());
        return figures.isRight() ? Failure.FINE : Failure.OTHERWISE;
    }

    private void run(TokamakClient client) throws IOException {
        figures.sizeBytes = sizeBytes & -Double.BYTES;
        figures.objects = objects;
        figures.readers = readers;
        figures.locality = client.locality();
        checkRoom(client);
        say(
                "writing "
                        + ByteSize.format(figures.sizeBytes)
                        + " of float64 and "
                        + objects
                        + " small objects");
        ObjectId array = writeArray(client);
        ObjectId list = writeSmall(client);
        figures.tmpfsBeforeBytes = usedBytes();

        say("starting " + readers + " processes");
        for (int i = 0; i < readers; i++) {
            processes.add(ReaderProcess.start(tokamak.connection().path(), array, list));
        }
        for (ReaderProcess process : processes) {
            process.await("ready");
        }
        say("adding up, all at once, in place");
        for (int round = 0; round < ROUNDS; round++) {
            figures.addArrayRound(all("array"));
        }
        for (int round = 0; round < ROUNDS; round++) {
            figures.addSmallRound(all("small"));
        }
        for (ReaderProcess process : processes) {
            figures.addMemory(process.memory());
        }
        figures.poolBytes = Files.size(tokamak.connection().folder().pool());
        figures.tmpfsWhileBytes = usedBytes();
        for (ReaderProcess process : processes) {
            process.send("end");
        }
    }

    /** Has every process do the same at the same time. */
    private List<ReaderProcess.Sum> all(String what) throws IOException {
        for (ReaderProcess process : processes) {
            process.send(what);
        }
        List<ReaderProcess.Sum> sums = new ArrayList<>();
        for (ReaderProcess process : processes) {
            sums.add(process.sum(what));
        }
        return sums;
    }

    private void say(String what) {
        if (!tokamak.json()) {
            tokamak.output().errors().println(what);
        }
    }

    private long usedBytes() throws IOException {
        FileSystem system = FileSystem.of(tokamak.connection().folder().path());
        return system.totalBytes() - system.availableBytes();
    }

    private void checkRoom(TokamakClient client) throws IOException {
        NodeInfo.Ledger ledger = client.node().ledger();
        long needed = figures.sizeBytes + HEADROOM_BYTES;
        if (ledger.largestFree() < needed) {
            throw new IOException(
                    "the demo needs %s in one piece, the pool has %s of %s; try --size %s"
                            .formatted(
                                    ByteSize.format(needed),
                                    ByteSize.format(ledger.largestFree()),
                                    ByteSize.format(ledger.capacity()),
                                    ByteSize.format(
                                                    Math.max(
                                                            PATTERN_BYTES,
                                                            Long.highestOneBit(
                                                                    ledger.largestFree() / 2)))
                                            .replace(" ", "")));
        }
    }

    private ObjectId writeArray(TokamakClient client) {
        long count = figures.sizeBytes / Double.BYTES;
        byte[] header = NpyHeader.float64(count);
        PutOptions options = OPTIONS.withMediaType(FileTypes.of(".npy"));
        long start = System.nanoTime();
        try (ObjectWriter writer = client.create(header.length + figures.sizeBytes, options)) {
            MemorySegment payload = writer.segment();
            MemorySegment.copy(header, 0, payload, ValueLayout.JAVA_BYTE, 0, header.length);
            MemorySegment data = payload.asSlice(header.length);
            for (long at = 0; at < data.byteSize(); at += PATTERN_BYTES) {
                data.asSlice(at).copyFrom(pattern(Math.min(PATTERN_BYTES, data.byteSize() - at)));
            }
            ObjectId id = writer.seal().id();
            made.add(id);
            figures.arrayWriteNanos = System.nanoTime() - start;
            figures.arrayExpected = expectedSum(count);
            return id;
        }
    }

    private static final MemorySegment PATTERN = makePattern();

    private static MemorySegment makePattern() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PATTERN_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < PATTERN_BYTES / Double.BYTES; i++) {
            buffer.putDouble(i * Double.BYTES, i % VALUES);
        }
        return MemorySegment.ofBuffer(buffer);
    }

    private static MemorySegment pattern(long bytes) {
        return PATTERN.asSlice(0, bytes);
    }

    /** Of 0, 1, … 1023, 0, 1, … */
    static long expectedSum(long count) {
        long whole = count / VALUES;
        long rest = count % VALUES;
        return whole * (VALUES * (VALUES - 1L) / 2) + rest * (rest - 1) / 2;
    }

    /** The objects, and an object with their ids one after the other. */
    private ObjectId writeSmall(TokamakClient client) {
        ByteBuffer ids = ByteBuffer.allocate(objects * ObjectId.SIZE_BYTES);
        ByteBuffer payload =
                ByteBuffer.allocate(SMALL_LONGS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long start = System.nanoTime();
        for (int i = 0; i < objects; i++) {
            for (int word = 0; word < SMALL_LONGS; word++) {
                payload.putLong(word * Long.BYTES, (long) i + word);
            }
            ObjectId id = client.put(payload, OPTIONS).id();
            made.add(id);
            ids.put(id.toBytes());
        }
        figures.smallWriteNanos = System.nanoTime() - start;
        figures.smallExpected = expectedSmallSum(objects);
        ObjectId list = client.put(ids.flip(), OPTIONS).id();
        made.add(list);
        return list;
    }

    static long expectedSmallSum(long objects) {
        return SMALL_LONGS * (objects * (objects - 1) / 2)
                + objects * (SMALL_LONGS * (SMALL_LONGS - 1L) / 2);
    }

    /** Once, by whoever comes first: the end of the command, or Ctrl-C. */
    private void cleanUp(TokamakClient client) {
        if (ended.getAndSet(true)) {
            return;
        }
        processes.forEach(ReaderProcess::close);
        try {
            client.deleteAll(List.copyOf(made));
        } catch (RuntimeException failed) {
            // they end with the session, which ends now
        }
        client.close();
    }
}
