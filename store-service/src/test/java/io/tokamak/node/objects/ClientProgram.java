package io.tokamak.node.objects;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.PermissionDenied;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program with a client, as tests start it in another process: folder, what to do, with what. It
 * says in lines what it was promised, as soon as it was.
 */
final class ClientProgram {
    private ClientProgram() {}

    @SuppressWarnings("SystemOut") // how the test and its client talk
    public static void main(String[] arguments) throws Throwable {
        List<String> rest = List.of(arguments).subList(2, arguments.length);
        ConnectOptions options =
                ConnectOptions.defaults()
                        .withFolder(Path.of(arguments[0]))
                        .withName("client program")
                        .withTimeout(Duration.ofSeconds(30));
        try (TokamakClient client = TokamakClient.connect(options)) {
            carryOut(client, arguments[1], rest);
        } catch (PermissionDenied refused) {
            System.out.println(refused);
        }
        System.exit(0);
    }

    @SuppressWarnings("SystemOut")
    private static void carryOut(TokamakClient client, String what, List<String> rest)
            throws Throwable {
        switch (what) {
            case "put" -> put(client, size(rest), PutOptions.DEFAULTS);
            case "put named" -> put(client, size(rest), named());
            case "put many" -> putMany(client, size(rest));
            case "put in place" -> putInPlace(client, size(rest));
            case "stream" -> stream(client, size(rest), PutOptions.DEFAULTS);
            case "stream named" -> stream(client, size(rest), named());
            case "create" -> create(client, size(rest), true);
            case "abort" -> create(client, size(rest), false);
            case "get" -> get(client, ids(rest));
            case "getAll" -> getAll(client, ids(rest));
            case "fork" ->
                    fork(client, Path.of(rest.getFirst()), ids(rest.subList(1, rest.size())));
            case "wait" -> await(client);
            case "answer" -> answer(client);
            case "hold" -> {
                System.out.println("attached");
                var _ = System.in.read();
            }
            default -> throw new IllegalArgumentException(what);
        }
    }

    private static int size(List<String> arguments) {
        return Integer.parseInt(arguments.getFirst());
    }

    private static List<ObjectId> ids(List<String> arguments) {
        return arguments.stream().map(ObjectId::parse).toList();
    }

    private static PutOptions named() {
        return PutOptions.named(new ObjectName("test", "the name"));
    }

    @SuppressWarnings("SystemOut")
    private static void promised(ObjectId id) {
        System.out.println("put " + id);
    }

    private static void put(TokamakClient client, int size, PutOptions options) {
        promised(client.put(TestBytes.of(size), options).id());
    }

    /** Until it is killed, or the pool is half full. */
    private static void putMany(TokamakClient client, int size) {
        long most = client.node().ledger().capacity() / 2;
        for (long bytes = 0; bytes < most; bytes += size) {
            put(client, size, PutOptions.DEFAULTS);
        }
    }

    private static void putInPlace(TokamakClient client, int size) {
        promised(
                client.put(size, bytes -> bytes.write(TestBytes.of(size)), PutOptions.DEFAULTS)
                        .id());
    }

    private static void stream(TokamakClient client, int size, PutOptions options)
            throws IOException {
        try (ByteArrayInputStream bytes = new ByteArrayInputStream(TestBytes.of(size))) {
            promised(client.put(bytes, options).id());
        }
    }

    private static void create(TokamakClient client, int size, boolean seals) {
        try (ObjectWriter writer = client.create(size, PutOptions.DEFAULTS)) {
            writer.segment().asByteBuffer().put(TestBytes.of(size));
            if (seals) {
                promised(writer.seal().id());
            } else {
                writer.abort();
            }
        }
    }

    @SuppressWarnings("SystemOut")
    private static void get(TokamakClient client, List<ObjectId> ids) {
        for (ObjectId id : ids) {
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                TestBytes.check(view.segment());
                System.out.println("got " + id);
            }
        }
    }

    private static void getAll(TokamakClient client, List<ObjectId> ids) {
        try (ObjectViews views = client.getAll(ids, Deadline.NONE)) {
            if (views.size() != ids.size()) {
                throw new AssertionError(Arrays.toString(ids.toArray()));
            }
        }
    }

    /** Holds the objects, in a copy of the process too, and exits when told so. */
    @SuppressWarnings("SystemOut")
    private static void fork(TokamakClient client, Path mailbox, List<ObjectId> ids)
            throws Throwable {
        Fork.holding(client, ids, mailbox);
        System.out.println("forked");
        var _ = System.in.read();
        System.exit(0); // with its views open
    }

    /** Reads what it is told, there or not, in a thread that can be told by its name. */
    private static void await(TokamakClient client) throws InterruptedException {
        Thread waiter =
                Thread.ofPlatform()
                        .name("waiter")
                        .start(() -> lines().forEach(line -> read(client, line)));
        waiter.join();
    }

    @SuppressWarnings("SystemOut")
    private static void read(TokamakClient client, String line) {
        System.out.println("waits");
        Deadline deadline = Deadline.after(Duration.ofSeconds(50));
        byte[] bytes =
                ObjectId.isId(line)
                        ? client.read(ObjectId.parse(line), deadline)
                        : client.read(new ObjectName("test", line), deadline);
        System.out.println("got " + bytes.length);
    }

    /** Puts under each name that it is told; {@code anonymous}: begins one, seals it when told. */
    @SuppressWarnings("SystemOut")
    private static void answer(TokamakClient client) {
        Iterator<String> lines = lines().iterator();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.equals("anonymous")) {
                try (ObjectWriter writer = client.create(100, PutOptions.DEFAULTS)) {
                    writer.segment().asByteBuffer().put(TestBytes.of(100));
                    System.out.println("begun " + writer.id());
                    var _ = lines.next();
                    var _ = writer.seal();
                }
            } else {
                PutOptions options = PutOptions.named(new ObjectName("test", line));
                var _ = client.put(TestBytes.of(100), options);
            }
            System.out.println("put");
        }
    }

    private static Stream<String> lines() {
        return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))
                .lines();
    }
}
