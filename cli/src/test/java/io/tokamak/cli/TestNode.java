package io.tokamak.cli;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.harness.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node in a process and a folder of its own. */
final class TestNode implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path parent;
    private final Process process;

    private TestNode(Path parent, Process process) {
        this.parent = parent;
        this.process = process;
    }

    static TestNode start(String poolSize) throws IOException {
        Path parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-cli-");
        Path log = parent.resolve("log");
        List<String> command = Program.NODE.command();
        command.addAll(
                List.of(
                        "--server.port=0",
                        "--tokamak.folder=" + parent.resolve("node"),
                        "--tokamak.pool.size=" + poolSize,
                        "--tokamak.cluster.port=" + Program.freePort(),
                        "--tokamak.cluster.name=" + UUID.randomUUID()));
        TestNode node =
                new TestNode(
                        parent,
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(log.toFile())
                                .start());
        try (TokamakClient client = node.client()) {
            client.node();
            return node;
        } catch (RuntimeException failed) {
            String said = Files.readString(log);
            node.close();
            throw new IOException("the node did not start:\n" + said, failed);
        }
    }

    TokamakClient client() throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(folder().resolve("control"))
                && process.isAlive()
                && System.nanoTime() < end) {
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
        Duration left =
                Duration.ofNanos(Math.max(1, process.isAlive() ? end - System.nanoTime() : 1));
        return TokamakClient.connect(new ConnectOptions(folder(), "test", left));
    }

    Path folder() {
        return parent.resolve("node");
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
        try (Stream<Path> files = Files.walk(parent)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
