package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the launcher says before it builds or starts anything. */
@DisplayName("./tokamak")
@Timeout(60)
class LauncherTest {
    @TempDir Path home;

    private final Map<String, String> environment = new HashMap<>();
    private Path parent;

    @BeforeEach
    void chooseFolder() throws IOException {
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-");
        environment.put("TOKAMAK_HOME", home.toString());
        environment.put("TOKAMAK_FOLDER", parent.resolve("n").toString());
        environment.put("TOKAMAK_POOL_SIZE", "16MB");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        for (String port : List.of("NODE", "GATEWAY", "GRPC")) {
            try (ServerSocket free = listening()) {
                environment.put("TOKAMAK_%s_PORT".formatted(port), "" + free.getLocalPort());
            }
        }
    }

    @AfterEach
    void removeFolder() throws IOException {
        try (Stream<Path> all = Files.walk(parent)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static ServerSocket listening() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private CommandRun run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("../tokamak"));
        command.addAll(Arrays.asList(arguments));
        Path output = home.resolve("output");
        Path errors = home.resolve("errors");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("it ended").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new CommandRun(
                process.exitValue(), Files.readString(output), Files.readString(errors));
    }

    @ParameterizedTest
    @DisplayName("up says which port is taken, for what it was, by whom, and how to choose another")
    @CsvSource({"NODE, the node's health", "GATEWAY, REST", "GRPC, gRPC"})
    void takenPort(String name, String use) throws Exception {
        try (ServerSocket taken = listening()) {
            String variable = "TOKAMAK_%s_PORT".formatted(name);
            int port = taken.getLocalPort();
            environment.put(variable, "" + port);
            CommandRun run = run("up");
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors())
                    .contains("port %d (%s) is taken by process ".formatted(port, use))
                    .contains("process %d: ".formatted(ProcessHandle.current().pid()))
                    .contains("%s=%d ./tokamak up".formatted(variable, port + 1000));
            assertThat(run.output()).isEmpty();
        }
    }

    @Test
    @DisplayName("up says how much shared memory a pool needs, how much there is, and what helps")
    void tooLittleSharedMemory() throws Exception {
        environment.put("TOKAMAK_POOL_SIZE", "800TB");
        CommandRun run = run("up");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors())
                .contains("too little shared memory")
                .contains("needs %d MiB".formatted(900L << 20))
                .containsPattern("has \\d+ of \\d+ MiB free")
                .containsPattern("TOKAMAK_POOL_SIZE=\\d+MB ./tokamak up")
                .contains("mount -o remount,size=");
    }

    @ParameterizedTest
    @DisplayName("up refuses a size that is none")
    @ValueSource(strings = {"much", "-1GB", "1.5GB", "1GiB"})
    void noSize(String size) throws Exception {
        environment.put("TOKAMAK_POOL_SIZE", size);
        CommandRun run = run("up");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains("TOKAMAK_POOL_SIZE=" + size + " is no size");
    }

    @Test
    @DisplayName("up says when the folder cannot be made")
    void noFolder() throws Exception {
        Path file = Files.createFile(parent.resolve("n"));
        environment.put("TOKAMAK_FOLDER", file + "/below");
        CommandRun run = run("up");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("cannot make " + file, "TOKAMAK_FOLDER=");
    }

    @Test
    @DisplayName("status says that nothing runs, and so does its exit code")
    void nothingRuns() throws Exception {
        CommandRun run = run("status");
        assertThat(run.exitCode()).isEqualTo(5);
        assertThat(run.output()).containsPattern("node +down").containsPattern("gateway +down");
    }

    @Test
    @DisplayName("down --discard removes a node's folder, and no other")
    void discard() throws Exception {
        Path folder = Files.createDirectory(parent.resolve("n"));
        Path file = Files.createFile(folder.resolve("of somebody"));
        CommandRun refused = run("down", "--discard");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.errors()).contains("does not look like a node's folder");
        assertThat(file).exists();

        Files.move(file, folder.resolve("lock"));
        assertThat(run("down", "--discard").exitCode()).isZero();
        assertThat(folder).doesNotExist();
    }

    @ParameterizedTest
    @DisplayName("wrong usage is exit code 2 and brings the command's help")
    @ValueSource(strings = {"up now", "down --all", "status node", "logs everything"})
    void usage(String line) throws Exception {
        String[] words = line.split(" ", 2);
        CommandRun run = run(words);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains(words[1], "Usage: ./tokamak " + words[0]);
    }

    @Test
    @DisplayName("verify says which suites there are")
    void suites() throws Exception {
        CommandRun run = run("verify", "nothing");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains("no suite 'nothing'", "crash", "fuzz", "jcstress");
    }
}
