package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One node for all tests that leave nothing in it, and the commands that they give it. */
final class SharedNode implements BeforeAllCallback {
    private @Nullable TestNode node;

    @Override
    public void beforeAll(ExtensionContext context) {
        node =
                context.getRoot()
                        .getStore(ExtensionContext.Namespace.create(SharedNode.class))
                        .computeIfAbsent(TestNode.class, _ -> start(), TestNode.class);
    }

    private static TestNode start() {
        try {
            return TestNode.start("256MB");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TestNode node() {
        return Objects.requireNonNull(node);
    }

    CommandRun run(String... args) {
        List<String> all = new ArrayList<>(List.of("--folder", node().folder().toString()));
        all.addAll(List.of(args));
        return CommandRun.of(all.toArray(String[]::new));
    }

    String fine(String... args) {
        CommandRun run = run(args);
        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.errors()).isEmpty();
        return run.output().strip();
    }

    NodeInfo info() throws IOException {
        try (TokamakClient client = node().client()) {
            return client.node();
        }
    }

    /** The packaged program, as the launcher starts it. */
    ProcessBuilder program(String... args) throws IOException {
        return new ProcessBuilder(command(args));
    }

    List<String> command(String... args) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "env", // a build in the background ignores SIGINT, as we do
                                "--default-signal=INT"));
        command.addAll(packaged());
        command.addAll(List.of("--folder", node().folder().toString()));
        command.addAll(List.of(args));
        return command;
    }

    /** What starts the packaged program; its jar is the last. */
    static List<String> packaged() throws IOException {
        try (Stream<Path> jars = Files.list(Path.of("target"))) {
            Path jar =
                    jars.filter(path -> path.toString().matches(".*/tokamak-cli-[^/]*\\.jar"))
                            .findFirst()
                            .orElseThrow();
            return List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-jar",
                    jar.toString());
        }
    }
}
