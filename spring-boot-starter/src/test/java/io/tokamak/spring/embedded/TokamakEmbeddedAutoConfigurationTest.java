package io.tokamak.spring.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import io.tokamak.spring.TokamakAutoConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.FileSystemUtils;

@DisplayName("An embedded node")
class TokamakEmbeddedAutoConfigurationTest {
    private static final ObjectName NAME = new ObjectName("tests", "embedded");

    private final ApplicationContextRunner program =
            new ApplicationContextRunner()
                    .withConfiguration(
                            AutoConfigurations.of(
                                    TokamakAutoConfiguration.class,
                                    TokamakEmbeddedAutoConfiguration.class))
                    .withPropertyValues("tokamak.embedded.enabled=true");

    @Test
    @DisplayName("serves the program whatever the properties of production say, and leaves nothing")
    void ownFolder() {
        List<Path> folders = new ArrayList<>();
        program.withPropertyValues(
                        "tokamak.client.url=tokamak://127.0.0.1:1",
                        "tokamak.embedded.pool-size=16MB")
                .run(
                        context -> {
                            TokamakClient client = context.getBean(TokamakClient.class);
                            client.put(new byte[] {1}, PutOptions.named(NAME));
                            assertThat(client.read(NAME, Deadline.NONE)).containsExactly(1);
                            assertThat(client.node().ledger().capacity())
                                    .isBetween((16L << 20) - 4096, 16L << 20);
                            folders.add(context.getBean(ConnectOptions.class).folder());
                            assertThat(folders.getFirst()).exists();
                        });
        assertThat(folders.getFirst().getParent()).doesNotExist();
    }

    @Test
    @DisplayName("keeps a folder that the program names, with its objects")
    void namedFolder() throws IOException {
        Path parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-starter-test-");
        try {
            ApplicationContextRunner named =
                    program.withPropertyValues(
                            "tokamak.embedded.folder=" + parent.resolve("kept"),
                            "tokamak.embedded.pool-size=16MB");
            named.run(
                    context ->
                            context.getBean(TokamakClient.class)
                                    .put(new byte[] {2}, PutOptions.named(NAME)));
            named.run(
                    context ->
                            assertThat(
                                            context.getBean(TokamakClient.class)
                                                    .read(NAME, Deadline.NONE))
                                    .containsExactly(2));
        } finally {
            FileSystemUtils.deleteRecursively(parent);
        }
    }

    @Test
    @DisplayName("removes what a killed program left, and nothing that a node still has")
    void leftFolder() throws IOException {
        Path left = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-embedded-");
        Files.createDirectories(left.resolve("node"));
        Files.createFile(left.resolve("node").resolve("lock"));
        program.run(
                context -> {
                    Path held =
                            Objects.requireNonNull(
                                    context.getBean(ConnectOptions.class).folder().getParent());
                    age(held);
                    assertThat(left).as("too young to be taken for left").exists();
                    age(left);
                    program.run(other -> assertThat(other).hasNotFailed());
                    assertThat(left).doesNotExist();
                    assertThat(held).exists();
                    TokamakClient client = context.getBean(TokamakClient.class);
                    client.put(new byte[] {3}, PutOptions.named(NAME));
                });
    }

    private static void age(Path folder) throws IOException {
        Files.setLastModifiedTime(
                folder, FileTime.from(Instant.now().minus(Duration.ofMinutes(5))));
    }

    @Test
    @DisplayName("is refused with the number when its pool is too small")
    void smallPool() {
        program.withPropertyValues("tokamak.embedded.pool-size=1MB")
                .run(
                        context ->
                                assertThat(context)
                                        .getFailure()
                                        .hasRootCauseMessage(
                                                "a pool of 1048576 bytes is too small"));
    }

    @Test
    @DisplayName("is missed by its dependency when that is not there")
    void missing() {
        program.withClassLoader(new FilteredClassLoader("io.tokamak.node"))
                .run(
                        context -> {
                            Throwable failure = Objects.requireNonNull(context.getStartupFailure());
                            assertThat(failure).hasRootCauseInstanceOf(NoNodeToEmbed.class);
                            FailureAnalysis analysis =
                                    new NoNodeToEmbedFailureAnalyzer().analyze(failure);
                            assertThat(Objects.requireNonNull(analysis).getAction())
                                    .contains("io.tokamak:tokamak-store-service");
                        });
    }
}
