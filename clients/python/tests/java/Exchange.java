import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.zip.CRC32;

/**
 * The Java side of an exchange of objects: puts some and prints their ids, reads those whose ids come in,
 * checks them twice while it holds them, deletes them. A payload is the CRC32 of the rest, and the rest. A
 * line {@code +} says that one was read: at most {@link #AHEAD} are not.
 *
 * <p>Arguments: folder, seed, number of puts. The last line printed is {@code done} and how many were
 * read and good.
 */
public final class Exchange {
    private static final int HELD = 16;
    private static final int AHEAD = 200;
    /** For lines of the exchange alone: what is logged goes elsewhere. */
    private static final PrintStream OUT = System.out;

    private static final Semaphore unread = new Semaphore(AHEAD);

    public static void main(String[] arguments) throws Exception {
        System.setOut(System.err);
        Random random = new Random(Long.parseLong(arguments[1]));
        int puts = Integer.parseInt(arguments[2]);
        var options = new ConnectOptions(Path.of(arguments[0]), "exchange", Duration.ofSeconds(30));
        try (TokamakClient client = TokamakClient.connect(options)) {
            Thread writer = Thread.ofPlatform().start(() -> write(client, random, puts));
            int good = read(client);
            writer.join();
            say("done " + good);
        }
    }

    private static void write(TokamakClient client, Random random, int puts) {
        for (int i = 0; i < puts; i++) {
            unread.acquireUninterruptibly();
            byte[] payload = new byte[4 + size(random)];
            random.nextBytes(payload);
            ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putInt(crc(payload));
            say(client.put(payload, PutOptions.DEFAULTS).id().toString());
        }
    }

    private static void say(String line) {
        OUT.println(line);
        OUT.flush(); // a pipe is not flushed by itself
    }

    private static int size(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> 1 + random.nextInt(1 << 20);
            case 1, 2, 3 -> 1 + random.nextInt(64 << 10);
            default -> 1 + random.nextInt(512);
        };
    }

    private static int read(TokamakClient client) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in));
        var held = new ArrayDeque<ObjectView>();
        int good = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("+")) {
                unread.release();
                continue;
            }
            ObjectId id = ObjectId.parse(line);
            ObjectView view = client.get(id, Deadline.after(Duration.ofSeconds(20)));
            check(view);
            client.delete(id);
            held.add(view);
            if (held.size() > HELD) {
                try (ObjectView oldest = held.remove()) {
                    check(oldest);
                }
            }
            say("+");
            good++;
        }
        while (!held.isEmpty()) {
            try (ObjectView view = held.remove()) {
                check(view);
            }
        }
        return good;
    }

    private static void check(ObjectView view) {
        byte[] payload = view.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        int said = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (said != crc(payload)) {
            say("bad " + view.id());
            System.exit(3);
        }
    }

    private static int crc(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload, 4, payload.length - 4);
        return (int) crc.getValue();
    }
}
