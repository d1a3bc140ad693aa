package io.tokamak.cli;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectName;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "put",
        header = "Puts files into the store and prints an id for each.",
        description = {
            "%nAn object is sealed whole or not at all. Without a name it is kept until 24 hours"
                + " have passed since its last access, with a name until it is deleted, unless"
                + " --ttl or --idle say otherwise. Putting the very same bytes, media type and"
                + " attributes under a name again is fine; different ones are an error, exit code"
                + " 4.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak put matrix.npy",
            "  tokamak put --name models/llm --attr version=3 weights.safetensors",
            "  pg_dump db | tokamak put --name dumps/today --ttl 7d --media-type application/sql -",
            "  id=$(echo hello | tokamak put -) && tokamak get $id",
        })
final class PutCommand implements Callable<Integer> {
    /** A file up to this size is put with one copy and no lease of its own. */
    private static final long SMALL_BYTES = 1 << 20;

    private static final int PART_BYTES = 8 << 20;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "Files to put; - is standard input.")
    private List<String> files = List.of();

    @Option(
            names = "--name",
            paramLabel = "NS/KEY",
            converter = Converters.Names.class,
            description =
                    "Names the object. Without a slash the namespace is 'default'. For one FILE"
                            + " only.")
    private @Nullable ObjectName name;

    @Option(
            names = "--ttl",
            paramLabel = "DURATION",
            converter = Converters.Lifetimes.class,
            description = "Ends so long after the put: 500ms, 10s, 5m, 2h, 7d.")
    private @Nullable Duration ttl;

    @Option(
            names = "--idle",
            paramLabel = "DURATION",
            converter = Converters.Lifetimes.class,
            description = "Ends so long after its last access. With --ttl: whichever ends first.")
    private @Nullable Duration idle;

    @Option(
            names = "--group",
            paramLabel = "[NS/]GROUP",
            description =
                    "A group, to be deleted together. Without a slash in the namespace of --name,"
                            + " or 'default'.")
    private @Nullable String group;

    @Option(
            names = "--media-type",
            paramLabel = "TYPE/SUBTYPE",
            converter = Converters.MediaTypes.class,
            description = "What the bytes are. Default: a guess from the file's extension.")
    private @Nullable MediaType mediaType;

    @Option(
            names = "--content-encoding",
            paramLabel = "CODING",
            description =
                    "What was done to the bytes before: gzip. Kept and given back, never undone.")
    private @Nullable String contentEncoding;

    @Option(
            names = "--attr",
            paramLabel = "NAME=VALUE",
            description = "An attribute; may be repeated.")
    private Map<String, String> attributes = new LinkedHashMap<>();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = Converters.Waits.class,
            defaultValue = "10s",
            description = "How long to wait for room. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ofSeconds(10);

    @Override
    public Integer call() throws IOException {
        if (name != null && files.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--name is for one file, and " + files.size() + " are given");
        }
        PutOptions options = options();
        try (TokamakClient client = tokamak.connection().connect()) {
            for (String file : files) {
                print(
                        put(client, file, options.withMediaType(mediaTypeOf(file))),
                        mediaTypeOf(file));
            }
        }
        return Failure.FINE;
    }

    private PutOptions options() {
        try {
            return PutOptions.DEFAULTS
                    .withName(name)
                    .withContentEncoding(contentEncoding)
                    .withAttributes(Attributes.of(attributes))
                    .withLifetime(ttl == null && idle == null ? null : Lifetime.of(ttl, idle))
                    .withGroup(group == null ? null : GroupText.parse(group, name))
                    .withTimeout(timeout);
        } catch (InvalidRequest invalid) {
            throw new ParameterException(spec.commandLine(), invalid.getMessage(), invalid);
        }
    }

    private MediaType mediaTypeOf(String file) {
        return mediaType == null ? FileTypes.of(file) : mediaType;
    }

    private void print(Stored stored, MediaType type) throws IOException {
        if (!tokamak.json()) {
            tokamak.output().line(stored.id().toString());
            return;
        }
        ObjectName stands = stored.name();
        tokamak.output()
                .json(
                        new Json()
                                .with("id", stored.id())
                                .with("namespace", stands == null ? null : stands.namespace())
                                .with("key", stands == null ? null : stands.key())
                                .with("size", stored.sizeBytes())
                                .with("mediaType", type)
                                .with("created", stored.created()));
    }

    private static Stored put(TokamakClient client, String file, PutOptions options)
            throws IOException {
        if (file.equals("-")) {
            return putStream(
                    client,
                    new FileInputStream(FileDescriptor.in).getChannel(),
                    "standard input",
                    options);
        }
        if (file.isEmpty()) { // else it would be this folder
            throw new NoSuchFileException("''");
        }
        Path path = Path.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException(file + ": is a directory; put its files, or a tar of it");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            // Files below /proc and pipes say 0 and have more.
            if (size == 0 || !Files.isRegularFile(path)) {
                return putStream(client, channel, file, options);
            }
            return size <= SMALL_BYTES
                    ? putSmall(client, channel, file, (int) size, options)
                    : putLarge(client, channel, file, size, options);
        }
    }

    private static Stored putSmall(
            TokamakClient client, FileChannel channel, String file, int size, PutOptions options)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw shortened(file, size, buffer.position());
            }
        }
        return client.put(buffer.flip(), options);
    }

    /** The kernel copies straight into the pool. */
    private static Stored putLarge(
            TokamakClient client, FileChannel channel, String file, long size, PutOptions options)
            throws IOException {
        try (ObjectWriter writer = client.create(size, options);
                Progress progress = new Progress(file, size)) {
            MemorySegment payload = writer.segment();
            for (long at = 0; at < size; ) {
                ByteBuffer part =
                        payload.asSlice(at, Math.min(PART_BYTES, size - at)).asByteBuffer();
                int read = channel.read(part);
                if (read < 0) {
                    throw shortened(file, size, at);
                }
                at += read;
                progress.reached(at);
            }
            return writer.seal();
        }
    }

    private static Stored putStream(
            TokamakClient client, FileChannel channel, String what, PutOptions options)
            throws IOException {
        ByteBuffer part = ByteBuffer.allocateDirect((int) SMALL_BYTES);
        boolean ended = fill(channel, part);
        if (ended) {
            return client.put(part.flip(), options);
        }
        try (ObjectWriter writer = client.create(options);
                Progress progress = new Progress(what, -1)) {
            writer.write(part.flip());
            while (!ended) {
                ended = fill(channel, part.clear());
                writer.write(part.flip());
                progress.reached(writer.position());
            }
            return writer.seal();
        }
    }

    /** Answers whether the channel has ended. */
    private static boolean fill(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                return true;
            }
        }
        return false;
    }

    private static IOException shortened(String file, long size, long reached) {
        return new IOException(
                file
                        + ": ended after "
                        + reached
                        + " of "
                        + size
                        + " bytes; somebody shortened it meanwhile");
    }
}
