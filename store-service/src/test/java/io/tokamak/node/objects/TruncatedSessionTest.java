package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.SessionFile;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A session file that its client truncates")
class TruncatedSessionTest {

    @Test
    @Timeout(180)
    @DisplayName("I17: harms that session alone, wherever the node is just then")
    void harmsItAlone(@TempDir Path folder) throws IOException, InterruptedException {
        var _ = JvmOfTest.run(folder.resolve("output"), Truncating.class, "60");
    }

    @Test
    @Timeout(180)
    @DisplayName(
            "I17: keeps nobody from the answer to a name that was claimed together with its own")
    void claimsOfOthers(@TempDir Path folder) throws IOException, InterruptedException {
        var _ = JvmOfTest.run(folder.resolve("output"), Truncating.class, "0");
    }

    /** A node in a JVM of its own: a fault that it does not survive would end the tests. */
    static final class Truncating {
        private final StoreFixture fixture = StoreFixture.open();
        private final LaneClient witness = fixture.attach();
        private final Random random = new Random(5);
        private final byte[] payload = new byte[200];
        private volatile boolean done;

        public static void main(String[] arguments) throws Exception {
            Truncating truncating = new Truncating();
            try {
                int rounds = Integer.parseInt(arguments[0]);
                if (rounds == 0) {
                    truncating.claimTogether();
                } else {
                    truncating.run(rounds);
                }
            } catch (Throwable e) {
                e.printStackTrace();
                Throwable failure = truncating.fixture.store.failure();
                if (failure != null) {
                    failure.printStackTrace();
                }
                System.exit(1);
            }
            System.exit(0);
        }

        private void run(int rounds) throws Exception {
            ObjectId kept = witness.put(payload);
            Thread looker = Thread.ofPlatform().daemon().start(this::look);
            for (int round = 0; round < rounds; round++) {
                LaneClient hostile = fixture.attach();
                use(hostile, round);
                ObjectId next = witness.nextId();
                if (random.nextBoolean()) {
                    StoreFixture.get(fixture.store.addInterest(hostile.name, List.of(next)));
                }
                truncate(hostile);
                var _ =
                        fixture.store.lease(
                                hostile.name, null, SessionFile.KIND_SHARED, 64, 0, null, 0);
                fixture.names.gate.complete(null);
                witness.commit(witness.write(next, payload, ObjectMetadata.PLAIN));
                assertThat(
                                StoreFixture.get(fixture.store.resolve(List.of(next, kept), 2, 0))
                                        .present())
                        .hasSize(2);
                Eventually.holds("fenced", () -> isFenced(hostile.number));
                assertThat(witness.read(kept)).isEqualTo(payload);
                fixture.balanced();
                hostile.close();
                Eventually.holds("buried", hostile::isBuried);
                StoreFixture.get(fixture.store.delete(List.of(next)));
                fixture.balanced();
            }
            done = true;
            looker.join();
            Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
            fixture.sound();
            fixture.close();
        }

        private void claimTogether() throws Exception {
            LaneClient hostile = fixture.attach();
            LaneClient innocent = fixture.attach();
            hostile.put(payload); // they have lanes
            innocent.put(payload);
            fixture.names.gate = new CompletableFuture<>();
            long position = commitInOneDrain(hostile, innocent);
            CompletableFuture<Void> released = fixture.holdOwner();
            var _ = fixture.store.setListener(null, () -> truncate(hostile, 4096));
            fixture.names.gate.complete(null); // answered in the same turn, after its drain
            released.complete(null);

            Eventually.holds("answered", () -> innocent.answered() == position);
            assertThat(innocent.answer()).isEqualTo(SessionFile.ANSWER_CREATED);
            Eventually.holds("fenced", () -> isFenced(hostile.number));
            fixture.balanced();
            hostile.close();
            Eventually.holds("buried", hostile::isBuried);
            fixture.sound();
            fixture.close();
        }

        /**
         * Commits a named record of each.
         *
         * @return position of the last one's
         */
        private long commitInOneDrain(LaneClient... clients) {
            CompletableFuture<Void> released = fixture.holdOwner();
            long position = 0;
            for (LaneClient client : clients) {
                ObjectName name = new ObjectName("test", "of " + client.number);
                position = SessionFile.position(client.extent, client.used);
                client.commit(
                        client.write(ObjectId.named(name), payload, ObjectMetadata.named(name)));
            }
            released.complete(null);
            StoreFixture.get(fixture.store.resolve(List.of(), 0, 0));
            return position;
        }

        private void use(LaneClient hostile, int round) {
            for (int i = 0; i < 20; i++) {
                hostile.put(payload);
            }
            if (random.nextBoolean()) {
                hostile.pin(hostile.putSeen(payload));
            }
            if (random.nextBoolean()) {
                fixture.names.gate = new CompletableFuture<>();
                hostile.commitNamed(
                        payload, ObjectMetadata.named(new ObjectName("test", "round " + round)));
            }
            hostile.put(payload);
        }

        private void truncate(LaneClient hostile) {
            long[] lengths = {0, 4096, SessionFile.ACCESSES_OFFSET, SessionFile.PINS_OFFSET};
            truncate(hostile, lengths[random.nextInt(lengths.length)]);
        }

        private void truncate(LaneClient hostile, long length) {
            try (RandomAccessFile file =
                    new RandomAccessFile(fixture.files().session(hostile.name).toFile(), "rw")) {
                file.setLength(length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private boolean isFenced(int number) {
            return fixture.status().sessions().stream()
                    .allMatch(session -> session.number() != number || session.fenced());
        }

        private void look() {
            while (!done) {
                fixture.status();
            }
        }
    }
}
