package io.tokamak.spring.actuate;

import io.tokamak.client.Locality;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.TokamakException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Up while the node answers: which node, whether objects are read in place and why, and how full
 * its pool is, in bytes. A call to a node that is away waits as long as {@code
 * tokamak.client.timeout}; the health of a program has to be told sooner, so one question is asked
 * at a time, and who asks meanwhile waits for its answer. Thread-safe.
 */
final class TokamakHealthIndicator implements HealthIndicator {
    private final TokamakClient client;
    private final Duration patience;
    private @Nullable CompletableFuture<Health> asked;

    /**
     * @param patience until a node that has not answered counts as down
     */
    TokamakHealthIndicator(TokamakClient client, Duration patience) {
        this.client = client;
        this.patience = patience;
    }

    @Override
    public Health health() {
        try {
            return question().get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Health.down()
                    .withDetail("error", "the node has not answered for " + patience)
                    .build();
        } catch (ExecutionException e) {
            return Health.down(e).build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Health.unknown().withDetail("error", "interrupted").build();
        }
    }

    private synchronized CompletableFuture<Health> question() {
        CompletableFuture<Health> known = asked;
        if (known == null || known.isDone()) {
            known =
                    CompletableFuture.supplyAsync(
                            this::ask,
                            task -> Thread.ofVirtual().name("tokamak-health").start(task));
            asked = known;
        }
        return known;
    }

    private Health ask() {
        try {
            NodeInfo node = client.node();
            Locality locality = client.locality();
            NodeInfo.Ledger ledger = node.ledger();
            return Health.up()
                    .withDetail("node", node.id())
                    .withDetail("state", node.state())
                    .withDetail("zeroCopy", locality.zeroCopy())
                    .withDetail("locality", locality.reason())
                    .withDetail("capacity", ledger.capacity())
                    .withDetail("inUse", ledger.inUse())
                    .withDetail("free", ledger.free())
                    .withDetail("pinned", ledger.pinned())
                    .withDetail("objects", node.objects())
                    .build();
        } catch (TokamakException e) {
            return Health.down()
                    .withDetail("error", e.detail())
                    .withDetail("remedy", e.remedy())
                    .build();
        }
    }
}
