package io.tokamak.values;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.harness.Program;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A node and a gateway as they are shipped, in processes and a folder of their own. */
final class TestStore implements AutoCloseable {
    /** How a program reaches the store. */
    enum Route {
        /** It maps the node's memory. */
        CO_LOCATED,
        /** It streams through the gateway. */
        REMOTE
    }

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path parent;
    private final List<Process> processes = new ArrayList<>();
    private final int grpcPort = Program.freePort();

    private TestStore() throws IOException {
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-values-");
    }

    static TestStore withGateway(String poolSize) throws IOException {
        TestStore store = new TestStore();
        return store.up(List.of(store.startNode(poolSize), store.startGateway()));
    }

    /** Of which clients are co-located alone. */
    static TestStore withoutGateway(String poolSize) throws IOException {
        TestStore store = new TestStore();
        return store.up(List.of(store.startNode(poolSize)));
    }

    private TestStore up(List<Started> started) throws IOException {
        try {
            for (Started each : started) {
                each.await();
            }
            return this;
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private Started startNode(String poolSize) throws IOException {
        return start(
                Program.NODE,
                () -> Files.exists(folder().resolve("control")),
                "--server.port=0",
                "--tokamak.folder=" + folder(),
                "--tokamak.pool.size=" + poolSize,
                "--tokamak.cluster.port=" + Program.freePort(),
                "--tokamak.cluster.name=" + parent.getFileName());
    }

    private Started startGateway() throws IOException {
        int port = Program.freePort();
        return start(
                Program.GATEWAY,
                () -> isReady(port),
                "--server.port=" + port,
                "--spring.grpc.server.port=" + grpcPort,
                "--tokamak.folder=" + folder());
    }

    /** A service on its way up. */
    private record Started(Program program, Process process, Path log, Callable<Boolean> isUp) {
        void await() throws IOException {
            Awaitility.await(program.toString())
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> !process.isAlive() || isUp.call());
            if (!process.isAlive()) {
                throw new IOException(program + " did not start:\n" + Files.readString(log));
            }
        }
    }

    private Started start(Program program, Callable<Boolean> isUp, String... options)
            throws IOException {
        Path log = parent.resolve(program + ".log");
        List<String> command = program.command();
        command.addAll(List.of(options));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        processes.add(process);
        return new Started(program, process, log, isUp);
    }

    private static boolean isReady(int port) {
        try {
            URL readiness =
                    URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness").toURL();
            return ((HttpURLConnection) readiness.openConnection()).getResponseCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    Path folder() {
        return parent.resolve("node");
    }

    TokamakClient connect(Route route) {
        ConnectOptions options = new ConnectOptions(folder(), "values", PATIENCE);
        return TokamakClient.connect(
                switch (route) {
                    case CO_LOCATED -> options;
                    case REMOTE ->
                            options.withUrl("tokamak://127.0.0.1:" + grpcPort).withZeroCopy(false);
                });
    }

    /** Kills the node, as it may happen to any; its folder stays. */
    void kill() {
        for (Process process : processes.reversed()) {
            process.destroyForcibly();
            process.onExit().join();
        }
    }

    @Override
    public void close() throws IOException {
        kill();
        try (Stream<Path> files = Files.walk(parent)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }
}
