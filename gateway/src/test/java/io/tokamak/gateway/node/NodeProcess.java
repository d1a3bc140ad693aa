package io.tokamak.gateway.node;

import io.tokamak.harness.Program;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real node in a process of its own. */
public final class NodeProcess implements AutoCloseable {
    private final Path home;
    private final int clusterPort = Program.freePort();
    private final int port = Program.freePort();
    private final List<String> arguments;
    private Process process;

    /**
     * @param arguments further properties, as {@code --name=value}
     */
    public NodeProcess(String... arguments) throws IOException {
        this.home = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-gateway-it");
        // Other users pass here; what they may do in the folder is the node's decision.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        this.arguments = List.of(arguments);
        this.process = start();
    }

    public Path folder() {
        return home.resolve("n1");
    }

    /** Of its metrics. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    private Process start(String... once) throws IOException {
        List<String> command = Program.NODE.command();
        command.addAll(
                List.of(
                        "--tokamak.folder=" + folder(),
                        "--tokamak.pool.size=256MB",
                        "--server.port=" + port,
                        "--tokamak.cluster.port=" + clusterPort));
        command.addAll(arguments);
        command.addAll(List.of(once));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(Path.of("target", "node-it.log").toFile()))
                .start();
    }

    /** Ends it at once, as a crash would. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Sends it a signal: STOP, CONT. */
    public void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -" + name + " failed");
        }
    }

    /**
     * @param once properties for this start alone
     */
    public void restart(String... once) throws IOException {
        process = start(once);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(home)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
