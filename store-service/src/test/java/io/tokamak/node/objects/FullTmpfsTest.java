package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.TooManyPins;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("On a tmpfs that is full")
@Timeout(120)
class FullTmpfsTest {
    private static final long TMPFS_BYTES = StoreFixture.POOL_BYTES + (24L << 20);

    @Test
    @DisplayName(
            "a client pins as many objects as there are words for, is told so, and goes on when"
                    + " there is memory again")
    void pins() throws IOException {
        try (SmallTmpfs tmpfs = SmallTmpfs.mount(TMPFS_BYTES);
                StoreFixture fixture =
                        StoreFixture.open(tmpfs.path, StoreFixture.POOL_BYTES).served();
                TokamakClient client = TokamakClient.connect(fixture.connectOptions())) {
            ObjectId id = client.put(new byte[64], PutOptions.DEFAULTS).id();
            List<ObjectView> views = new ArrayList<>();
            views.add(view(client, id));
            tmpfs.fill();
            assertThatThrownBy(
                            () -> {
                                while (views.size() <= SessionFile.PIN_LIMIT) {
                                    views.add(view(client, id));
                                }
                            })
                    .isInstanceOfSatisfying(
                            TooManyPins.class,
                            full -> {
                                assertThat(full)
                                        .hasMessageContaining(
                                                "the file system of the node's folder is full");
                                assertThat(full.remedy()).contains("enlarge it");
                            });
            assertThat(views).hasSize(SessionFile.PINS_ALLOCATED);
            assertThat(fixture.status().sessions()).noneMatch(SessionInfo::fenced);
            views.removeLast().close();
            views.add(view(client, id));

            tmpfs.empty();
            while (views.size() < 2 * SessionFile.PINS_ALLOCATED) {
                views.add(view(client, id));
            }
            assertThat(fixture.status().sessions()).noneMatch(SessionInfo::fenced);
            views.forEach(ObjectView::close);
            fixture.sound();
        }
    }

    @Test
    @DisplayName(
            "a node whose pool does not fit says so at its start, with numbers, and a smaller one"
                    + " starts there")
    void tooSmall() throws IOException {
        try (SmallTmpfs tmpfs = SmallTmpfs.mount(TMPFS_BYTES)) {
            Path folder = tmpfs.path.resolve("n");
            StoreSettings large = StoreSettings.of(folder, 2 * TMPFS_BYTES);
            assertThatThrownBy(() -> Store.open(large, new MemoryNames()))
                    .isInstanceOfSatisfying(
                            StoreUnusable.class,
                            refused -> {
                                assertThat(refused)
                                        .hasMessageContaining(
                                                "too little shared memory for a pool of 80 MiB in"
                                                        + " "
                                                        + folder)
                                        .hasMessageContaining("40 MiB are available");
                                assertThat(refused.remedy())
                                        .contains("lower tokamak.pool.size", "enlarge the tmpfs");
                            });
            StoreSettings small = StoreSettings.of(folder, StoreFixture.POOL_BYTES);
            try (Store store = Store.open(small, new MemoryNames())) {
                assertThat(StoreFixture.get(store.status()).ledger().isBalanced()).isTrue();
            }
        }
    }

    private static ObjectView view(TokamakClient client, ObjectId id) {
        return client.get(id, Deadline.after(Duration.ofSeconds(10)));
    }

    @Test
    @DisplayName(
            "I17: a client that uses pin words which it did not allocate harms its session alone")
    void holes(@TempDir Path folder) throws IOException, InterruptedException {
        try (SmallTmpfs tmpfs = SmallTmpfs.mount(TMPFS_BYTES)) {
            List<String> said =
                    JvmOfTest.run(folder.resolve("output"), Holes.class, tmpfs.path.toString());
            assertThat(said)
                    .anyMatch(line -> line.contains("it uses pin words that it did not allocate"))
                    .noneMatch(line -> line.contains("truncated"));
        }
    }

    /** A node in a JVM of its own: a fault that it does not survive would end the tests. */
    static final class Holes {
        private Holes() {}

        public static void main(String[] arguments) throws Exception {
            Path path = Path.of(arguments[0]);
            try (StoreFixture fixture = StoreFixture.open(path, StoreFixture.POOL_BYTES)) {
                List<LaneClient> innocent = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    innocent.add(fixture.attach());
                }
                LaneClient hostile = fixture.attach();
                ObjectId kept = innocent.getFirst().putSeen(new byte[200]);
                innocent.getFirst().pin(kept);
                StoreFixture.get(fixture.store.delete(List.of(kept))); // scanned for from now on
                SmallTmpfs.of(path).fill();
                hostile.session.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, SessionFile.PIN_LIMIT);
                Eventually.holds("fenced", () -> fencedSessions(fixture) > 0);
                for (LaneClient other : innocent) {
                    ObjectId id = other.putSeen(new byte[200]);
                    assertThat(other.read(id)).hasSize(200);
                    assertThat(other.isFenced()).isFalse();
                }
                assertThat(fencedSessions(fixture)).isOne();
                fixture.balanced();
                hostile.close();
                Eventually.holds("buried", hostile::isBuried);
                innocent.forEach(LaneClient::close);
                Eventually.holds("freed", () -> fixture.balanced().condemned() == 0);
                SmallTmpfs.of(path).empty();
            } catch (Throwable e) {
                e.printStackTrace();
                System.exit(1);
            }
            System.exit(0);
        }

        private static long fencedSessions(StoreFixture fixture) {
            return fixture.status().sessions().stream().filter(SessionInfo::fenced).count();
        }
    }
}
