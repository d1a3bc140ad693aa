package io.tokamak.verification.crash;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.TokamakException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A client process that puts, gets, pins and deletes until it is killed, and says what it was
 * promised: {@code put ID}, {@code deleting ID} before a delete and {@code deleted ID} after it,
 * {@code wrong …} when it saw what must not be. {@code pause} and {@code resume} on its input.
 */
final class Worker {
    private static final int OBJECTS_MAX = 6_000;

    private final TokamakClient client;
    private final Random random;
    private final PrintStream out;
    private final BufferedReader input;
    private final List<ObjectId> mine = new ArrayList<>();
    private final List<ObjectView> pinned = new ArrayList<>();

    private Worker(Path folder, long seed, PrintStream out) {
        client =
                TokamakClient.connect(
                        ConnectOptions.defaults()
                                .withFolder(folder)
                                .withName("worker " + seed)
                                .withTimeout(Duration.ofSeconds(30)));
        random = new Random(seed);
        this.out = out;
        input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    }

    /** Folder, seed. */
    @SuppressWarnings("SystemOut") // it is how the suite and its workers talk
    public static void main(String[] arguments) throws IOException {
        Worker worker = new Worker(Path.of(arguments[0]), Long.parseLong(arguments[1]), System.out);
        worker.out.println("ready");
        try {
            worker.run();
        } catch (RuntimeException | Error e) {
            worker.out.println("wrong " + e);
            e.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    private void run() throws IOException {
        while (true) {
            while (input.ready()) {
                String line = input.readLine();
                if ("pause".equals(line)) {
                    verifyPins();
                    out.println("paused");
                    line = input.readLine(); // resume
                }
                if (line == null) {
                    return;
                }
            }
            try {
                step();
            } catch (NodeDown | OutOfMemory e) {
                // The node is away for longer than the deadline, or its pool is full: later.
                releasePins();
            }
        }
    }

    private void step() {
        int what = random.nextInt(100);
        if (mine.size() > OBJECTS_MAX) {
            what = 70;
        }
        if (what < 30) {
            put(random.nextInt(2_000));
        } else if (what < 35) {
            for (int i = 0; i < 200; i++) {
                put(16);
            }
        } else if (what < 45) {
            put(random.nextInt(200_000));
        } else if (what < 48) {
            putInPlace(1 + random.nextInt(2 << 20));
        } else if (what < 55) {
            putNamed();
        } else if (what < 80) {
            delete();
        } else if (what < 92) {
            look();
        } else if (what < 97) {
            pin();
        } else {
            verifyPins();
            releasePins();
        }
    }

    private void put(int size) {
        sealed(client.put(Pattern.bytes(size, random.nextLong()), PutOptions.DEFAULTS).id());
    }

    private void putInPlace(int size) {
        try (ObjectWriter writer = client.create(size, PutOptions.DEFAULTS)) {
            Pattern.fill(writer.segment(), random.nextLong());
            if (random.nextInt(4) > 0) {
                sealed(writer.seal().id());
            }
        }
    }

    /** Names are few, so that workers compete for them and deleted ones come again. */
    private void putNamed() {
        ObjectName name = new ObjectName("crash", "name " + random.nextInt(200));
        try {
            Stored stored =
                    client.put(
                            Pattern.bytes(random.nextInt(500), random.nextLong()),
                            PutOptions.named(name));
            if (stored.created()) {
                out.println("named " + stored.id());
            }
        } catch (ObjectExists e) {
            if (random.nextInt(3) == 0) {
                client.delete(name);
            }
        }
    }

    private void sealed(ObjectId id) {
        out.println("put " + id);
        mine.add(id);
    }

    private void delete() {
        for (int i = 0; i < 12 && !mine.isEmpty(); i++) {
            ObjectId id = mine.remove(random.nextInt(mine.size()));
            out.println("deleting " + id);
            if (!client.delete(id)) {
                // A delete that was carried out but not answered, and was said again.
                out.println("unsure " + id);
            }
            out.println("deleted " + id);
            if (client.peek(id)) {
                out.println("wrong deleted and still there: " + id);
            }
        }
    }

    private void look() {
        if (mine.isEmpty()) {
            return;
        }
        ObjectId id = mine.get(random.nextInt(mine.size()));
        try (ObjectView view = client.get(id, Deadline.after(Duration.ofSeconds(20)))) {
            verify(view);
        } catch (ObjectNotFound e) {
            out.println("wrong lost " + id + ": " + e);
        }
    }

    private void pin() {
        if (mine.isEmpty()) {
            return;
        }
        ObjectId id = mine.get(random.nextInt(mine.size()));
        try {
            pinned.add(client.get(id, Deadline.after(Duration.ofSeconds(20))));
        } catch (ObjectNotFound e) {
            out.println("wrong lost " + id + ": " + e);
        }
    }

    private void verifyPins() {
        pinned.forEach(this::verify);
    }

    private void verify(ObjectView view) {
        String wrong = Pattern.verify(view.segment());
        if (wrong != null) {
            out.println("wrong bytes under a pin of " + view.id() + ": " + wrong);
        }
    }

    private void releasePins() {
        try {
            pinned.forEach(ObjectView::close);
        } catch (TokamakException e) {
            out.println("wrong close: " + e);
        }
        pinned.clear();
    }
}
