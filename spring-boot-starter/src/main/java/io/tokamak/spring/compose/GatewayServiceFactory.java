package io.tokamak.spring.compose;

import io.tokamak.spring.TokamakConnectionDetails;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;

/**
 * Connects to the service whose image is {@code tokamak-gateway}, as in the project's
 * docker-compose.yml, or whose label {@code org.springframework.boot.service-connection} says that
 * it is one.
 */
final class GatewayServiceFactory
        extends DockerComposeConnectionDetailsFactory<TokamakConnectionDetails> {
    private static final String IMAGE = "tokamak-gateway";
    private static final String PORT_VARIABLE = "SPRING_GRPC_SERVER_PORT";
    private static final String PORT = "9090";

    GatewayServiceFactory() {
        super(IMAGE);
    }

    @Override
    protected TokamakConnectionDetails getDockerComposeConnectionDetails(
            DockerComposeConnectionSource source) {
        return new Details(source.getRunningService());
    }

    private static final class Details extends DockerComposeConnectionDetails
            implements TokamakConnectionDetails {
        private final String url;

        Details(RunningService gateway) {
            super(gateway);
            url = "tokamak://" + gateway.host() + ":" + port(gateway);
        }

        @Override
        public String url() {
            return url;
        }

        private static int port(RunningService gateway) {
            int inside = Integer.parseInt(gateway.env().getOrDefault(PORT_VARIABLE, PORT));
            try {
                return gateway.ports().get(inside);
            } catch (IllegalStateException notPublished) {
                // On the host's network nothing is published, and a port is what it is inside.
                return inside;
            }
        }
    }
}
