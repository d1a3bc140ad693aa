package io.tokamak.cli;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "get",
        header = "Writes an object's bytes to standard output or a file.",
        description = {
            "%nA file appears whole or not at all: the bytes are written beside it first. The"
                    + " object's bytes are pinned meanwhile, so a delete does not harm the copy.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak get models/llm -o weights.safetensors",
            "  tokamak get 0100000007000000010000000000002a | sha256sum",
            "  tokamak get jobs/17/result --timeout 1m        waits for an object that is not there"
                    + " yet",
        })
final class GetCommand implements Callable<Integer> {
    private static final int PART_BYTES = 8 << 20;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Parameters(
            paramLabel = Target.LABEL,
            converter = Target.Converter.class,
            description = "The object: 32 hex digits, or a name.")
    @SuppressWarnings("NullAway.Init") // by picocli
    private Target target;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where to write; - is standard output, which is the default.")
    private String file = "-";

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = Converters.Waits.class,
            description =
                    "How long to wait for an object that is not there yet. Default: not at all.")
    private Duration timeout = Duration.ZERO;

    @Override
    public Integer call() throws IOException {
        try (TokamakClient client = tokamak.connection().connect();
                ObjectView view = target.get(client, Deadline.after(timeout))) {
            if (file.equals("-")) {
                write(view, tokamak.output()::bytes);
            } else {
                writeFile(view, Path.of(file));
            }
        }
        return Failure.FINE;
    }

    private interface Sink {
        void write(ByteBuffer bytes) throws IOException;
    }

    private void write(ObjectView view, Sink sink) throws IOException {
        MemorySegment payload = view.segment();
        long size = view.sizeBytes();
        try (Progress progress = new Progress(target.toString(), size)) {
            for (long at = 0; at < size; at += PART_BYTES) {
                long length = Math.min(PART_BYTES, size - at);
                sink.write(payload.asSlice(at, length).asByteBuffer());
                progress.reached(at + length);
            }
        }
    }

    private void writeFile(ObjectView view, Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) { // a device or a pipe
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                write(view, bytes -> writeAll(channel, bytes));
            }
            return;
        }
        Path whole = realTarget(path.toAbsolutePath());
        // On the same file system, and of a name that is short whatever the file's is.
        Path beside = whole.resolveSibling(".tokamak-" + ProcessHandle.current().pid() + ".part");
        Path folder = beside.getParent();
        if (folder != null && !Files.exists(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        beside.toFile().deleteOnExit(); // Ctrl-C ends the process without what is below
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            beside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                write(view, bytes -> writeAll(channel, bytes));
            }
            Files.move(
                    beside,
                    whole,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** A link stays a link. */
    private static Path realTarget(Path path) throws IOException {
        return Files.isSymbolicLink(path) && Files.exists(path) ? path.toRealPath() : path;
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
