package io.tokamak.spring.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.harness.Program;
import io.tokamak.objects.Deadline;
import io.tokamak.spring.TokamakConnectionDetails;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * Needs a Docker engine with Compose, and the images, which take minutes to build: {@code
 * verification/compose} has both.
 */
@DisplayName("The project's compose file, by a Docker engine")
class ComposeTest {
    private static final String PROJECT = "tokamak-starter-test";
    private static final String FILE = Path.of("..", "docker-compose.yml").toString();
    private static final List<String> IMAGES =
            List.of("tokamak-node", "tokamak-gateway", "tokamak-mapper", "tokamak-streamer");

    @TempDir private Path folder;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Test
    @Timeout(300)
    @DisplayName(
            "is started on ports of one's choice, connected to, and found running by another"
                    + " program")
    void life() throws Exception {
        skipUnless(docker("info") == 0, "no Docker engine answers");
        for (String image : IMAGES) {
            skipUnless(
                    docker("image", "inspect", image) == 0,
                    "there is no image " + image + ": docker compose build makes it");
        }
        int port = Program.freePort();
        Path settings =
                Files.write(
                        folder.resolve("settings"),
                        List.of(
                                "TOKAMAK_GATEWAY_PORT=" + Program.freePort(),
                                "TOKAMAK_GRPC_PORT=" + port,
                                "TOKAMAK_POOL_SIZE=64MB",
                                "TOKAMAK_TMPFS_SIZE=512m"));
        String[] compose = {"compose", "--project-name=" + PROJECT, "--env-file=" + settings};
        try {
            try (ConfigurableApplicationContext program = start(compose)) {
                assertThat(program.getBean(TokamakConnectionDetails.class).url())
                        .isEqualTo("tokamak://127.0.0.1:" + port);
                TokamakClient client = program.getBean(TokamakClient.class);
                Stored stored = client.put(new byte[] {1, 2}, PutOptions.DEFAULTS);
                try (ConfigurableApplicationContext another = start(compose)) {
                    assertThat(
                                    another.getBean(TokamakClient.class)
                                            .read(stored.id(), Deadline.NONE))
                            .containsExactly(1, 2);
                }
            }
        } finally {
            docker(with(compose, "--file=" + FILE, "down", "--volumes", "--timeout=5"));
        }
    }

    private static ConfigurableApplicationContext start(String... compose) {
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run(
                        "--spring.docker.compose.skip.in-tests=false",
                        "--spring.docker.compose.file=" + FILE,
                        "--spring.docker.compose.arguments=" + compose[1] + "," + compose[2],
                        // Spring Boot would stop them when this process ends, and no sooner.
                        "--spring.docker.compose.lifecycle-management=start-only",
                        "--spring.docker.compose.readiness.timeout=20s");
    }

    private static void skipUnless(boolean isSo, String otherwise) {
        if (!isSo) {
            System.out.println("compose not tried: " + otherwise);
        }
        assumeThat(isSo).as(otherwise).isTrue();
    }

    private static String[] with(String[] first, String... then) {
        return Stream.of(first, then).flatMap(Stream::of).toArray(String[]::new);
    }

    /** Runs a docker command, and returns its status. */
    private static int docker(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
        } catch (IOException thereIsNone) {
            return 127; // as a shell says
        }
        return process.onExit().join().exitValue();
    }
}
