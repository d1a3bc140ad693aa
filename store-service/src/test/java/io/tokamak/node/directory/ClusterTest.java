package io.tokamak.node.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.node.objects.NameDirectory;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
}
