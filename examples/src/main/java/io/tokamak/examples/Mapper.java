package io.tokamak.examples;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ListQuery;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.TokamakException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads in place what {@code examples/streamer} puts: the newest object every second, compared with
 * the digest in its attributes. It keeps the view of the last one open and compares that again each
 * time: its bytes stay what they are, whatever is deleted, killed and started meanwhile.
 */
public final class Mapper {
    private static final ListQuery TICKS = ListQuery.in("examples", "tick/");
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final TokamakClient client;
    private @Nullable ObjectView open;
    private String expected = "";

    private Mapper(TokamakClient client) {
        this.client = client;
    }

    /**
     * @param arguments a file to be written after each round that went well
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path wentWell = Path.of(arguments[0]);
        ConnectOptions options =
                ConnectOptions.defaults().withName("mapper").withTimeout(Duration.ofSeconds(20));
        try (TokamakClient client = TokamakClient.connect(options)) {
            System.out.println("mapper: " + client.locality().reason());
            Mapper mapper = new Mapper(client);
            while (true) {
                try {
                    mapper.look();
                    Files.writeString(wentWell, "");
                } catch (
                        TokamakException
                                e) { // a node that is started anew, an object that has expired
                    System.err.println("mapper: " + e.getMessage());
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private void look() {
        if (open != null) {
            check(open);
        }
        Optional<ObjectInfo> newest =
                client.list(TICKS).max(Comparator.comparing(ObjectInfo::created));
        if (newest.isPresent() && (open == null || !open.id().equals(newest.get().id()))) {
            move(newest.get());
        }
    }

    private void move(ObjectInfo newest) {
        ObjectView next = client.get(newest.id(), Deadline.NONE);
        if (open != null) {
            open.close();
        }
        open = next;
        expected = next.metadata().attributes().asMap().getOrDefault("sha256", "");
        long start = System.nanoTime();
        check(next);
        System.out.printf(
                "mapper: read %d bytes of %s in place in %.1f ms%n",
                next.sizeBytes(), newest.metadata().name(), (System.nanoTime() - start) / 1e6);
    }

    private void check(ObjectView view) {
        String digest = sha256(view);
        if (!digest.equals(expected)) {
            throw new IllegalStateException(
                    "object %s differs: its SHA-256 is %s, not %s"
                            .formatted(view.id(), digest, expected));
        }
    }

    private static String sha256(ObjectView view) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(view.byteBuffer());
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
