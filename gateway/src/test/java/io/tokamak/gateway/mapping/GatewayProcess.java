package io.tokamak.gateway.mapping;

import io.tokamak.harness.Program;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real gateway in a process of its own. */
final class GatewayProcess implements AutoCloseable {
    private final Path folder;
    private final int port;
    private Process process;

    GatewayProcess(Path folder) throws IOException {
        this.folder = folder;
        this.port = Program.freePort();
        this.process = start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    private Process start() throws IOException {
        List<String> command = Program.GATEWAY.command();
        command.addAll(
                List.of(
                        "--tokamak.folder=" + folder,
                        "--server.port=" + port,
                        "--spring.grpc.server.port=0"));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(
                                Path.of("target", "gateway-it.log").toFile()))
                .start();
    }

    /** Ends it at once, as a crash would. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    void restart() throws IOException {
        process = start();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
