package io.tokamak.node;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts a node. */
@SpringBootApplication(proxyBeanMethods = false)
public class NodeApplication {

    /**
     * Here, not in an {@code application.yml}: programs that embed a node have this jar on their
     * class path, and a file of that name would configure them.
     */
    private static final Map<String, Object> DEFAULTS =
            Map.of(
                    "spring.application.name", "tokamak-node",
                    "spring.main.banner-mode", "off",
                    // Every request has ended by then.
                    "spring.reactor.netty.shutdown-quiet-period", "0s",
                    // Elsewhere only with authentication.
                    "server.address", "127.0.0.1",
                    "server.port", "8081",
                    "server.shutdown", "graceful",
                    "management.endpoint.health.probes.enabled", "true",
                    "management.endpoint.health.group.liveness.include", "livenessState,owner",
                    "management.endpoint.health.group.readiness.include",
                            "readinessState,owner,node",
                    "management.endpoints.web.exposure.include", "health,info,prometheus");

    public static void main(String[] arguments) {
        SpringApplication node = new SpringApplication(NodeApplication.class);
        node.setDefaultProperties(DEFAULTS);
        node.run(arguments);
    }
}
