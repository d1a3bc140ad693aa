package io.tokamak.gateway.node;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Up while the node answers; part of readiness. */
@Component("node")
final class NodeHealth implements HealthIndicator {
    private final NodeConnection connection;

    NodeHealth(NodeConnection connection) {
        this.connection = connection;
    }

    @Override
    public Health health() {
        String trouble = connection.trouble();
        Health.Builder health = trouble == null ? Health.up() : Health.down();
        if (trouble != null) {
            health.withDetail("reason", trouble);
        }
        return health.withDetail("folder", connection.folder().toString()).build();
    }
}
