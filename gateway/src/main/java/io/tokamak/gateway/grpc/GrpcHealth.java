package io.tokamak.gateway.grpc;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.tokamak.gateway.node.NodeReadiness;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import java.util.List;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Tells {@code grpc.health.v1} what readiness is over HTTP: whether the node answers. */
@Component
final class GrpcHealth {
    /** The server as a whole has no name. */
    private static final List<String> SERVICES =
            List.of(
                    HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                    ObjectStoreGrpc.SERVICE_NAME,
                    NodesGrpc.SERVICE_NAME);

    private final HealthStatusManager health;

    GrpcHealth(HealthStatusManager health) {
        this.health = health;
        tell(ServingStatus.NOT_SERVING);
    }

    @EventListener
    void onNode(NodeReadiness node) {
        tell(node.isReady() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    @EventListener(ContextClosedEvent.class)
    void onStop() {
        health.enterTerminalState();
    }

    private void tell(ServingStatus status) {
        SERVICES.forEach(service -> health.setStatus(service, status));
    }
}
