package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.harness.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * The gateway as it is shipped, in a process of its own, of a node of the tests. It starts beside
 * the first of them; its first client waits for it.
 */
public final class TestGateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final int port = Program.freePort();
    private final Path log = Path.of("target", "gateway.log");
    private final Process process;

    public TestGateway(TestNode node) throws IOException {
        List<String> command = Program.GATEWAY.command();
        command.addAll(
                List.of(
                        "--server.port=0",
                        "--spring.grpc.server.port=" + port,
                        "--tokamak.folder=" + node.folder()));
        process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
    }

    private void await() throws IOException {
        Awaitility.await("gateway")
                .atMost(PATIENCE)
                .until(() -> !process.isAlive() || isListening());
        if (!process.isAlive()) {
            throw new IOException("the gateway did not start:\n" + Files.readString(log));
        }
    }

    private boolean isListening() {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** A client that streams, though it is on the node's host. */
    public TokamakClient client() {
        try {
            await();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return TokamakClient.connect(
                ConnectOptions.defaults()
                        .withUrl("tokamak://127.0.0.1:" + port)
                        .withTimeout(PATIENCE)
                        .withZeroCopy(false));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
