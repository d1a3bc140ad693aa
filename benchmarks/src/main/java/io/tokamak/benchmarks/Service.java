package io.tokamak.benchmarks;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node or a gateway of the driver's own, started as {@code ./tokamak up} starts them. */
final class Service implements AutoCloseable {
    /** Of a node and of a gateway, as the launcher gives them. */
    static final String NODE_HEAP = "-Xmx512m";

    static final String GATEWAY_HEAP = "-Xmx128m";

    private static final long READY_SECONDS_MAX = 120;

    private final Process process;
    private final int port;
    private final double readySeconds;

    private Service(Process process, int port, double readySeconds) {
        this.process = process;
        this.port = port;
        this.readySeconds = readySeconds;
    }

    /**
     * Starts a service and waits until it says that it is ready.
     *
     * @param program its jar, with its libraries beside it
     * @param log what it prints
     * @param heap the option for its largest heap
     */
    static Service start(
            Path program,
            Path log,
            String heap,
            Map<String, String> environment,
            List<String> jvmOptions,
            List<String> settings)
            throws IOException, InterruptedException {
        int port = freePort();
        List<String> command = new ArrayList<>(Jvm.command());
        Collections.addAll(
                command,
                "-Xms64m",
                heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-Xlog:aot=off,cds=off",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-Dspring.aot.enabled=true");
        Path cache = cache(program);
        if (Files.exists(cache)) {
            command.add("-XX:AOTCache=" + cache);
        }
        command.addAll(jvmOptions);
        Collections.addAll(command, "-jar", program.toString(), "--server.port=" + port);
        command.addAll(settings);
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(log.resolveSibling(".").normalize().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        long begin = System.nanoTime();
        Process process = Child.register(builder.start());
        while (!isReady(port)) {
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        program.getFileName() + " ended while starting:\n" + tail(log));
            }
            if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        program.getFileName() + " was not ready in time:\n" + tail(log));
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return new Service(process, port, (System.nanoTime() - begin) / 1e9);
    }

    /** Where a run of the program leaves what it learnt, for the next ones to start faster. */
    static Path cache(Path program) {
        return Path.of(program.toString().replace(".jar", ".aot"));
    }

    long pid() {
        return process.pid();
    }

    int port() {
        return port;
    }

    /** From the start of the process on. */
    double readySeconds() {
        return readySeconds;
    }

    /** As a crash would. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean isReady(int port) {
        return status("GET", "http://127.0.0.1:" + port + "/actuator/health/readiness") == 200;
    }

    /** The status of an answer, 0 when there was none. */
    static int status(String method, String address) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(address).toURL().openConnection();
            connection.setRequestMethod(method);
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(5000);
            try {
                return connection.getResponseCode();
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return 0;
        }
    }

    private static String tail(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            List<String> all = lines.filter(line -> !line.startsWith("\tat ")).toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - 15), all.size()));
        }
    }
}
