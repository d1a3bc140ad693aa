package io.tokamak.node.admin;

import io.tokamak.node.objects.Store;
import java.io.IOException;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Up while clients find the files that it holds; part of readiness. */
@Component("node")
final class StoreHealth implements HealthIndicator {
    private final Store store;

    StoreHealth(Store store) {
        this.store = store;
    }

    @Override
    public Health health() {
        try {
            if (!store.isLinked()) {
                return Health.down()
                        .withDetail("folder", "its files were removed; restart the node")
                        .build();
            }
        } catch (IOException e) {
            return Health.down(e).build();
        }
        return Health.up().withDetail("folder", store.folder().path().toString()).build();
    }
}
