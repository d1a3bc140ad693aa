package io.tokamak.node.admin;

import io.tokamak.node.objects.Store;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Up while the owner thread lives; part of readiness and of liveness, as only a new process helps
 * where it does not.
 */
@Component("owner")
final class OwnerHealth implements HealthIndicator {
    private final Store store;

    OwnerHealth(Store store) {
        this.store = store;
    }

    @Override
    public Health health() {
        Throwable failure = store.failure();
        return failure == null
                ? Health.up().build()
                : Health.down().withDetail("failure", failure.toString()).build();
    }
}
