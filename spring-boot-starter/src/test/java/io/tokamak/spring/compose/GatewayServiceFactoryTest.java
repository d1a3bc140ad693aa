package io.tokamak.spring.compose;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.spring.TokamakConnectionDetails;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.ImageReference;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

@DisplayName("A compose file's gateway")
class GatewayServiceFactoryTest {
    private static final String LABEL = "org.springframework.boot.service-connection";

    /** A service as Docker describes it; {@code published} by the port inside. */
    private record Service(
            String imageName,
            Map<String, String> env,
            Map<String, String> labels,
            Map<Integer, Integer> published)
            implements RunningService, ConnectionPorts {
        @Override
        public String name() {
            return "gateway";
        }

        @Override
        public ImageReference image() {
            return ImageReference.of(imageName);
        }

        @Override
        public String host() {
            return "127.0.0.1";
        }

        @Override
        public ConnectionPorts ports() {
            return this;
        }

        /** As Boot's own: it refuses what is not published. */
        @Override
        public int get(int inside) {
            Integer outside = published.get(inside);
            if (outside == null) {
                throw new IllegalStateException("No host port mapping found for " + inside);
            }
            return outside;
        }

        @Override
        public List<Integer> getAll() {
            return List.copyOf(published.values());
        }

        @Override
        public List<Integer> getAll(@Nullable String protocol) {
            return getAll();
        }
    }

    private static Stream<String> urls(Service service) throws ReflectiveOperationException {
        DockerComposeConnectionSource source =
                BeanUtils.instantiateClass(
                        DockerComposeConnectionSource.class.getDeclaredConstructor(
                                RunningService.class, Environment.class),
                        service,
                        new StandardEnvironment());
        Map<Class<?>, ConnectionDetails> details =
                new ConnectionDetailsFactories(GatewayServiceFactoryTest.class.getClassLoader())
                        .getConnectionDetails(source, false);
        return details.values().stream()
                .map(found -> String.valueOf(((TokamakConnectionDetails) found).url()));
    }

    @Test
    @DisplayName("is found by its image, on the host's network and on one of its own")
    void byImage() throws ReflectiveOperationException {
        assertThat(urls(new Service("tokamak-gateway", Map.of(), Map.of(), Map.of(9090, 9090))))
                .containsExactly("tokamak://127.0.0.1:9090");
        assertThat(urls(new Service("tokamak-gateway:1", Map.of(), Map.of(), Map.of(9090, 32768))))
                .containsExactly("tokamak://127.0.0.1:32768");
        assertThat(
                        urls(
                                new Service(
                                        "tokamak-gateway",
                                        Map.of("SPRING_GRPC_SERVER_PORT", "19090"),
                                        Map.of(),
                                        Map.of(9090, 9090))))
                .containsExactly("tokamak://127.0.0.1:19090");
    }

    @Test
    @DisplayName("is found by its label, and nothing else is taken for one")
    void byLabel() throws ReflectiveOperationException {
        assertThat(
                        urls(
                                new Service(
                                        "registry.example/store",
                                        Map.of(),
                                        Map.of(LABEL, "tokamak-gateway"),
                                        Map.of(9090, 1234))))
                .containsExactly("tokamak://127.0.0.1:1234");
        assertThat(urls(new Service("tokamak-node", Map.of(), Map.of(), Map.of()))).isEmpty();
    }
}
