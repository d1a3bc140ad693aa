package io.tokamak.cli;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

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
        int port = freePort();
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-jar",
                                jar().toString(),
                                "--server.port=0",
                                "--spring.grpc.server.port=" + port,
                                "--tokamak.folder=" + folder)
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

    private static Path jar() throws IOException {
        Path target = Path.of("..", "gateway", "target");
        try (Stream<Path> all = Files.list(target)) {
            return all.filter(file -> file.toString().endsWith("-app.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no jar of the gateway in " + target));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
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
