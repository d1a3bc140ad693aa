package io.tokamak.cli;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.harness.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A gateway of a node, in a process of its own. */
final class TestGateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Process process;
    private final String url;

    private TestGateway(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /** Ready when it returns. */
    static TestGateway start(Path folder) throws IOException {
        int port = Program.freePort();
        List<String> command = Program.GATEWAY.command();
        command.addAll(
                List.of(
                        "--server.port=0",
                        "--spring.grpc.server.port=" + port,
                        "--tokamak.folder=" + folder));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(Path.of("target", "gateway-it.log").toFile())
                        .start();
        TestGateway gateway = new TestGateway(process, "tokamak://127.0.0.1:" + port);
        ConnectOptions options = new ConnectOptions(folder, "test", PATIENCE).withUrl(gateway.url);
        try (TokamakClient client = TokamakClient.connect(options)) {
            client.node();
            return gateway;
        } catch (RuntimeException failed) {
            gateway.close();
            throw failed;
        }
    }

    String url() {
        return url;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
