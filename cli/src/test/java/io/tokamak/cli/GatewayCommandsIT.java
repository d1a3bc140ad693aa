package io.tokamak.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands with {@code --url}: streamed, as from another host, and in place. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GatewayCommandsIT {
    @RegisterExtension static final SharedNode NODE = new SharedNode();

    private static TestGateway gateway;

    @TempDir private Path files;

    @BeforeAll
    static void start() throws IOException {
        gateway = TestGateway.start(NODE.node().folder());
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static String[] through(String... args) {
        List<String> all = new ArrayList<>(List.of("--url", gateway.url()));
        all.addAll(List.of(args));
        return all.toArray(String[]::new);
    }

    private static CommandRun run(String... args) {
        return CommandRun.of(through(args));
    }

    private static String fine(String... args) {
        CommandRun run = run(args);
        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.errors()).isEmpty();
        return run.output().strip();
    }

    private Path file(int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(files.resolve("file-" + size + ".csv"), bytes);
    }

    @ParameterizedTest(name = "streamed: {0}")
    @DisplayName("put, stat, ls, get and rm do through a gateway what they do beside the node")
    @ValueSource(booleans = {true, false})
    void roundTrip(boolean isStreamed) throws IOException {
        Path source = file(5_000_000);
        String name = "gateway/" + isStreamed;
        String id =
                fine(with(isStreamed, "put", source.toString(), "--name", name, "--attr", "a=b"));
        assertThat(NODE.fine("stat", "--json", name))
                .contains("\"id\":\"" + id, "\"size\":5000000,", "text/csv", "\"a\":\"b\"");
        assertThat(fine(with(isStreamed, "stat", name))).contains("5000000 bytes", "text/csv");
        assertThat(fine(with(isStreamed, "ls", "gateway"))).contains(name);

        Path target = files.resolve("target");
        fine(with(isStreamed, "get", name, "-o", target.toString()));
        assertThat(target).hasSameBinaryContentAs(source);
        fine(with(isStreamed, "rm", name));
        assertThat(NODE.run("stat", name).exitCode()).isEqualTo(Failure.NOT_FOUND);
    }

    private static String[] with(boolean isStreamed, String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        if (isStreamed) {
            all.add("--stream");
        }
        return all.toArray(String[]::new);
    }

    @Test
    @DisplayName("exit codes and problems are those of a node")
    void failures() throws IOException {
        CommandRun missing = run("get", "gateway/nothing", "--json");
        assertThat(missing.exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(missing.errors()).contains("\"code\":\"object-not-found\"");
        fine("put", file(10).toString(), "--name", "gateway/taken");
        CommandRun taken = run("put", file(11).toString(), "--name", "gateway/taken", "--stream");
        assertThat(taken.exitCode()).isEqualTo(Failure.EXISTS);
        assertThat(taken.errors()).contains("gateway/taken", "take another name");
        fine("rm", "gateway/taken");
        CommandRun map = run("map", "gateway/taken", "--stream");
        assertThat(map.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(map.errors()).contains("co-located", gateway.url());
        CommandRun demo = run("demo");
        assertThat(demo.exitCode()).isEqualTo(Failure.USAGE);
        assertThat(demo.errors()).contains(gateway.url() + " is a gateway");
    }

    @Test
    @DisplayName("wait ends with the put that it waits for, and watch tells of it")
    void lasting() throws Exception {
        CompletableFuture<CommandRun> waiting =
                CompletableFuture.supplyAsync(
                        () -> run("wait", "gateway/late", "--timeout", "60s", "--stream"),
                        task -> Thread.ofPlatform().start(task));
        List<String> command = NODE.command();
        command.subList(command.size() - 2, command.size()).clear(); // --folder and what it is
        command.addAll(List.of(through("watch", "gateway/l", "--count", "1", "--json")));
        Process watch = new ProcessBuilder(command).start();
        try (BufferedReader lines = watch.inputReader(UTF_8)) {
            assertThat(lines.readLine()).isEqualTo("{\"event\":\"subscribed\"}");
            String id = NODE.fine("put", file(7).toString(), "--name", "gateway/late");
            assertThat(lines.readLine())
                    .contains("\"event\":\"sealed\"", "\"id\":\"" + id, "\"size\":7");
        }
        assertThat(watch.waitFor()).isZero();
        CommandRun waited = waiting.get(60, TimeUnit.SECONDS);
        assertThat(waited.exitCode()).isZero();
        assertThat(waited.output().strip()).isEqualTo("gateway/late");
        NODE.fine("rm", "gateway/late");
    }

    @Test
    @DisplayName("doctor and top look through the gateway as far as it lets them")
    void looking() {
        assertThat(fine("doctor")).contains("ok      gateway", "ok      zero-copy");
        assertThat(fine("doctor", "--stream")).contains("ok      gateway", "objects are streamed");
        assertThat(fine("top", "--once", "--stream"))
                .contains("pool 256 MiB", "the gateway does not say who is attached");
    }
}
