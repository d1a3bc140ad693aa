package io.tokamak.verification.crash;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.layout.StoreFile;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Says to a node's control socket what no client should: noise, broken frames of HTTP/2 and gRPC,
 * and messages that are wrong or out of turn. Every round a witness looks whether the node and its
 * own session are as before. {@code --seed N --seconds N}.
 */
final class ProtocolFuzz implements AutoCloseable {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final String[] METHODS = {
        "Attach",
        "Lease",
        "Return",
        "Resolve",
        "Interest",
        "Delete",
        "List",
        "Describe",
        "Watch",
        "Status",
        "Nothing"
    };

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private final Random random;
    private final Path parent;
    private final Folder folder;
    private final Child node;
    private final TokamakClient witness;
    private final ObjectId kept;
    private final byte[] payload = Pattern.bytes(5_000, 7);
    private int passed;
    private int failed;

    private ProtocolFuzz(long seed) throws IOException {
        random = new Random(seed);
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-fuzz-");
        folder = new Folder(parent.resolve("node"));
        node =
                Child.start(
                        "node",
                        _ -> {},
                        "io.tokamak.node.objects.KillableNode",
                        folder.path().toString(),
                        Long.toString(32L << 20));
        node.expect("ready");
        witness =
                TokamakClient.connect(
                        ConnectOptions.defaults()
                                .withFolder(folder.path())
                                .withName("witness")
                                .withTimeout(Duration.ofSeconds(10)));
        kept = witness.put(payload, PutOptions.DEFAULTS).id();
    }

    @SuppressWarnings("SystemOut") // its report
    public static void main(String[] arguments) throws IOException {
        long seed = System.nanoTime();
        long seconds = 120;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            long value = Long.parseLong(arguments[i + 1]);
            switch (arguments[i]) {
                case "--seed" -> seed = value;
                case "--seconds" -> seconds = value;
                default -> throw new IllegalArgumentException(arguments[i]);
            }
        }
        System.out.println("protocol fuzz, --seed " + seed);
        int failures;
        try (ProtocolFuzz fuzz = new ProtocolFuzz(seed)) {
            failures = fuzz.run(System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
        }
        System.exit(failures == 0 ? 0 : 1);
    }

    private interface Round {
        void run() throws IOException;
    }

    @SuppressWarnings("SystemOut") // its report
    private int run(long endNanos) {
        for (long round = 0; round == 0 || (System.nanoTime() < endNanos && failed == 0); round++) {
            test("noise", this::noise, false);
            test("broken frames of HTTP/2", this::brokenFrames, false);
            test("broken messages", this::brokenMessages, false);
            test("attachments out of turn are counted", this::outOfTurn, true);
            test("requests with wrong fields are counted", this::wrongFields, true);
        }
        System.out.printf("%d passed, %d failed%n", passed, failed);
        return failed;
    }

    @SuppressWarnings("SystemOut") // its report
    private void test(String name, Round round, boolean counted) {
        try {
            long before = malformed();
            for (int i = 0; i < 30; i++) {
                round.run();
            }
            look();
            if (counted && malformed() <= before) {
                throw new IllegalStateException("nothing was counted as malformed");
            }
            passed++;
        } catch (IOException | RuntimeException e) {
            failed++;
            System.out.println("FAILED " + name + ": " + e);
        }
    }

    private long malformed() {
        node.say("malformed");
        String answer = node.answer();
        return Long.parseLong(answer.substring(answer.indexOf(' ') + 1));
    }

    /** The node lives, and the witness's session goes on as before. */
    private void look() {
        if (!node.isAlive()) {
            throw new IllegalStateException("the node has ended");
        }
        ObjectId id = witness.put(payload, PutOptions.DEFAULTS).id();
        for (ObjectId each : List.of(id, kept)) {
            if (!Arrays.equals(witness.read(each, Deadline.NONE), payload)) {
                throw new IllegalStateException("the witness reads other bytes");
            }
        }
        if (!witness.delete(id)) {
            throw new IllegalStateException("the witness's object was gone");
        }
        long fenced =
                witness.node().sessions().stream()
                        .filter(session -> session.name().equals("witness") && session.fenced())
                        .count();
        if (fenced > 0) {
            throw new IllegalStateException("the witness is fenced");
        }
    }

    // What is said.

    private void noise() throws IOException {
        byte[] bytes = new byte[random.nextInt(3_000)];
        random.nextBytes(bytes);
        say(bytes);
    }

    private void brokenFrames() throws IOException {
        ByteArrayOutputStream bytes = begun();
        for (int i = 0; i < 1 + random.nextInt(6); i++) {
            byte[] body = new byte[random.nextInt(200)];
            random.nextBytes(body);
            int claimed = random.nextInt(4) == 0 ? random.nextInt(1 << 24) : body.length;
            bytes.writeBytes(
                    frame(
                            claimed,
                            random.nextInt(16),
                            random.nextInt(256),
                            random.nextInt(9),
                            body));
        }
        say(bytes.toByteArray());
    }

    /** A proper call whose message is noise, or says another length than it has. */
    private void brokenMessages() throws IOException {
        byte[] message = new byte[random.nextInt(300)];
        random.nextBytes(message);
        ByteArrayOutputStream bytes = begun();
        bytes.writeBytes(call(1, METHODS[random.nextInt(METHODS.length)]));
        int claimed = random.nextBoolean() ? message.length : random.nextInt();
        bytes.writeBytes(data(1, claimed, message, random.nextBoolean()));
        say(bytes.toByteArray());
    }

    private void outOfTurn() throws IOException {
        byte[] hello = field(1, 2, varints(1 << 3, StoreFile.LAYOUT));
        byte[] ready = field(2, 2, new byte[0]);
        byte[] resume = field(3, 2, field(1, 2, noiseBytes(32)));
        byte[] detach = field(4, 2, new byte[0]);
        byte[][] all = {hello, ready, resume, detach, new byte[0]};
        ByteArrayOutputStream bytes = begun();
        bytes.writeBytes(call(1, "Attach"));
        byte[] first = all[random.nextBoolean() ? 1 : 3]; // never the first of a conversation
        bytes.writeBytes(data(1, first.length, first, false));
        bytes.writeBytes(call(3, "Attach"));
        for (int i = 0; i < 2 + random.nextInt(5); i++) {
            byte[] step = all[random.nextInt(all.length)];
            bytes.writeBytes(data(3, step.length, step, false));
        }
        say(bytes.toByteArray());
    }

    private void wrongFields() throws IOException {
        byte[] shortId = field(1, 2, noiseBytes(random.nextInt(15)));
        byte[] longWait =
                join(field(1, 2, noiseBytes(16)), varints(3 << 3, random.nextLong() | 1L << 40));
        byte[] lease =
                join(field(1, 2, noiseBytes(8)), varints(2 << 3, 7, 3 << 3, random.nextLong()));
        ByteArrayOutputStream bytes = begun();
        int stream = 1;
        for (String method : new String[] {"Describe", "Resolve", "Delete", "Lease"}) {
            byte[] message =
                    switch (method) {
                        case "Resolve" -> longWait;
                        case "Lease" -> lease;
                        case "Delete" -> field(1, 2, noiseBytes(17));
                        default -> shortId;
                    };
            bytes.writeBytes(call(stream, method));
            bytes.writeBytes(data(stream, message.length, message, true));
            stream += 2;
        }
        say(bytes.toByteArray());
    }

    private byte[] noiseBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    // How it is said.

    private static ByteArrayOutputStream begun() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(frame(0, SETTINGS, 0, 0, new byte[0]));
        return bytes;
    }

    private static byte[] frame(int length, int type, int flags, int stream, byte[] body) {
        return ByteBuffer.allocate(9 + body.length)
                .put((byte) (length >>> 16))
                .putShort((short) length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(body)
                .array();
    }

    /** Headers of a call: literals that no table knows. */
    private static byte[] call(int stream, String method) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String[] headers = {
            ":method",
            "POST",
            ":scheme",
            "http",
            ":path",
            "/tokamak.local.v1.Local/" + method,
            ":authority",
            "node",
            "content-type",
            "application/grpc",
            "te",
            "trailers"
        };
        for (int i = 0; i < headers.length; i += 2) {
            block.write(0);
            for (String text : List.of(headers[i], headers[i + 1])) {
                block.write(text.length());
                block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            }
        }
        return frame(block.size(), HEADERS, END_HEADERS, stream, block.toByteArray());
    }

    private static byte[] data(int stream, int claimed, byte[] message, boolean last) {
        byte[] body =
                ByteBuffer.allocate(5 + message.length)
                        .put((byte) 0)
                        .putInt(claimed)
                        .put(message)
                        .array();
        return frame(body.length, DATA, last ? END_STREAM : 0, stream, body);
    }

    private static byte[] field(int number, int wireType, byte[] bytes) {
        return join(varints(number << 3 | wireType, bytes.length), bytes);
    }

    private static byte[] varints(long... values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (long value : values) {
            long left = value;
            while ((left & ~0x7FL) != 0) {
                bytes.write((int) ((left & 0x7F) | 0x80));
                left >>>= 7;
            }
            bytes.write((int) left);
        }
        return bytes.toByteArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    /** Says it, and leaves when the node has said something, or nothing for a moment. */
    private void say(byte[] bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.control()));
            channel.write(ByteBuffer.wrap(bytes));
            channel.configureBlocking(false);
            ByteBuffer answer = ByteBuffer.allocate(4_096);
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < 10_000_000L && channel.read(answer.clear()) >= 0) {
                Thread.onSpinWait();
            }
        } catch (java.net.SocketException e) {
            return; // the node has hung up
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).matches("(?i).*(broken pipe|reset).*")) {
                throw e;
            }
        }
    }

    @Override
    public void close() throws IOException {
        witness.close();
        node.close();
        try (Stream<Path> all = Files.walk(parent)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
