package io.tokamak.node.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.node.local.LocalServer;
import io.tokamak.node.objects.NameDirectory;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreSettings;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

@DisplayName("The names of a real cluster")
@Timeout(120)
class ClusterTest {

    @Test
    @DisplayName(
            "I24, I35: of many claims one wins; a release of another incarnation changes nothing")
    void names() throws Exception {
        try (Cluster cluster =
                Cluster.join(
                        new ClusterProperties(
                                "test-" + System.nanoTime(), "127.0.0.1", 5801, List.of()))) {
            int number = cluster.claimStoreNumber(0);
            assertThat(cluster.claimStoreNumber(0)).isNotEqualTo(number);
            assertThat(cluster.claimStoreNumber(number)).isEqualTo(number);
            NameDirectory names = cluster.names(number);
            NameDirectory others = cluster.names(number + 1);
            ObjectId id = ObjectId.named(new ObjectName("test", "one"));
            List<CompletableFuture<List<NameDirectory.Answer>>> claims = new ArrayList<>();
            for (int i = 1; i <= 50; i++) {
                NameDirectory.Claim claim = new NameDirectory.Claim(id, i);
                claims.add((i % 2 == 0 ? names : others).claim(List.of(claim, claim)));
            }
            List<NameDirectory.Answer> answers = new ArrayList<>();
            for (CompletableFuture<List<NameDirectory.Answer>> claim : claims) {
                answers.addAll(claim.get(20, TimeUnit.SECONDS));
            }
            NameDirectory.Answer owner = answers.getFirst();
            assertThat(answers).containsOnly(owner);
            NameDirectory winner = owner.storeNumber() == number ? names : others;
            NameDirectory.Claim held = new NameDirectory.Claim(id, owner.incarnation());
            winner.release(List.of(new NameDirectory.Claim(id, owner.incarnation() + 1)))
                    .get(20, TimeUnit.SECONDS);
            NameDirectory.Claim next = new NameDirectory.Claim(id, 1_000);
            assertThat(winner.claim(List.of(next)).get(20, TimeUnit.SECONDS)).containsOnly(owner);
            winner.release(List.of(held)).get(20, TimeUnit.SECONDS);
            assertThat(winner.claim(List.of(next)).get(20, TimeUnit.SECONDS))
                    .containsOnly(new NameDirectory.Answer(owner.storeNumber(), 1_000));
        }
    }

    @Test
    @DisplayName("I36: are asked nothing when anonymous objects come, are read, and go")
    void anonymousObjects(@TempDir(factory = OnTmpfs.class) Path home) throws Exception {
        Path folder = home.resolve("n");
        try (Cluster cluster =
                        Cluster.join(
                                new ClusterProperties(
                                        "test-" + System.nanoTime(),
                                        "127.0.0.1",
                                        5801,
                                        List.of()));
                Store store = Store.open(StoreSettings.of(folder, 16 << 20), cluster);
                LocalServer _ = new LocalServer(store, InstantSource.system());
                TokamakClient client =
                        TokamakClient.connect(ConnectOptions.defaults().withFolder(folder))) {
            put(client, PutOptions.DEFAULTS); // warm
            long before = asked(cluster);
            for (int i = 0; i < 1_000; i++) {
                put(client, PutOptions.DEFAULTS);
            }
            assertThat(asked(cluster)).isEqualTo(before);

            put(client, PutOptions.named(new ObjectName("test", "one")));
            assertThat(asked(cluster)).as("of a name, which it is asked for").isGreaterThan(before);
        }
    }

    private static void put(TokamakClient client, PutOptions options) {
        ObjectId id = client.put(new byte[100], options).id();
        try (ObjectView view = client.get(id, Deadline.after(Duration.ofSeconds(20)))) {
            assertThat(view.sizeBytes()).isEqualTo(100);
        }
        assertThat(client.delete(id)).isTrue();
    }

    /** Operations on the maps that the cluster keeps. */
    private static long asked(Cluster cluster) {
        return Stream.of("names", "stores")
                .map(name -> cluster.member().getMap(name).getLocalMapStats())
                .mapToLong(
                        stats ->
                                stats.getGetOperationCount()
                                        + stats.getPutOperationCount()
                                        + stats.getSetOperationCount()
                                        + stats.getRemoveOperationCount()
                                        + stats.getEventOperationCount()
                                        + stats.getOtherOperationCount())
                .sum();
    }

    /** Where shared memory is. */
    static final class OnTmpfs implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
                throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-");
        }
    }
}
