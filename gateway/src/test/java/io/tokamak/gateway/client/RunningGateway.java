package io.tokamak.gateway.client;

import io.tokamak.client.ConnectOptions;
import io.tokamak.gateway.GatewayApplication;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** A gateway in this process, on ports of its own. */
final class RunningGateway implements AutoCloseable {
    private final ConfigurableApplicationContext context;

    /**
     * @param grpcPort 0: any
     */
    RunningGateway(Path folder, int grpcPort, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--server.port=0",
                                "--spring.grpc.server.port=" + grpcPort,
                                "--tokamak.folder=" + folder,
                                "--tokamak.node-timeout=2s"));
        arguments.addAll(List.of(more));
        context = SpringApplication.run(GatewayApplication.class, arguments.toArray(String[]::new));
    }

    int port() {
        return context.getBean(GrpcServerLifecycle.class).getPort();
    }

    int restPort() {
        return Objects.requireNonNull(
                        ((ReactiveWebServerApplicationContext) context).getWebServer())
                .getPort();
    }

    ConnectOptions options() {
        return ConnectOptions.defaults().withUrl("tokamak://127.0.0.1:" + port());
    }

    @Override
    public void close() {
        context.close();
    }
}
