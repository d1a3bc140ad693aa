package io.tokamak.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the scenarios work: a folder on tmpfs, a node when they want one, and their figures. */
final class Lab implements AutoCloseable {
    private final Path root;
    private final Scale scale;
    private final Path workspace;
    private final Map<String, Figure> figures = new LinkedHashMap<>();
    private @Nullable Service node;

    /**
     * @param root of the project
     */
    Lab(Path root, Scale scale) throws IOException {
        this.root = root;
        this.scale = scale;
        this.workspace = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-bench-");
    }

    Scale scale() {
        return scale;
    }

    /** What the processes of tasks are started with beyond what is usual. */
    List<String> jvmOptions() {
        return scale.isSmoke() ? Jvm.SHORT : List.of();
    }

    /** On tmpfs, removed at the end. */
    Path workspace() {
        return workspace;
    }

    Path folder() {
        return workspace.resolve("node");
    }

    Path program(String name) {
        return root.resolve("benchmarks/target/app/" + name + "/" + name + ".jar");
    }

    Path log(String name) throws IOException {
        return Files.createDirectories(root.resolve("benchmarks/target/logs"))
                .resolve(name + ".log");
    }

    /** The node that scenarios share, started if it does not run. */
    Service node() throws IOException, InterruptedException {
        Service running = node;
        return running != null ? running : startNode(scale.poolBytes());
    }

    /** A node on what the folder holds. */
    Service startNode(long poolBytes) throws IOException, InterruptedException {
        return startNode(poolBytes, List.of());
    }

    /** As the launcher does: a first run leaves a cache that the others start from. */
    void train() throws IOException, InterruptedException {
        Path cache = Service.cache(program("node"));
        if (!Files.exists(cache)) {
            progress("preparing the node's fast start");
            startNode(64 << 20, List.of("-XX:AOTCacheOutput=" + cache));
            discardNode();
        }
    }

    private Service startNode(long poolBytes, List<String> jvmOptions)
            throws IOException, InterruptedException {
        Service started =
                Service.start(
                        program("node"),
                        log("node"),
                        Service.NODE_HEAP,
                        Map.of(),
                        jvmOptions,
                        List.of(
                                "--tokamak.folder=" + folder(),
                                "--tokamak.pool.size=" + poolBytes + "B",
                                "--tokamak.cluster.port=" + Service.freePort()));
        node = started;
        return started;
    }

    /** A gateway to the node that scenarios share; the caller ends it. */
    Service startGateway() throws IOException, InterruptedException {
        return startGateway(Service.freePort());
    }

    /** As the other, with gRPC on that port. */
    Service startGateway(int grpcPort) throws IOException, InterruptedException {
        node();
        return Service.start(
                program("gateway"),
                log("gateway"),
                Service.GATEWAY_HEAP,
                Map.of("TOKAMAK_FOLDER", folder().toString()),
                List.of(),
                List.of("--spring.grpc.server.port=" + grpcPort));
    }

    /** A node with nothing in its folder. */
    Service freshNode(long poolBytes) throws IOException, InterruptedException {
        discardNode();
        return startNode(poolBytes);
    }

    void stopNode() {
        Service running = node;
        if (running != null) {
            running.close();
            node = null;
        }
    }

    void discardNode() throws IOException {
        stopNode();
        remove(folder());
    }

    Child child(String task, Object... namesAndValues) throws IOException {
        return Child.start(folder(), jvmOptions(), task, namesAndValues);
    }

    /** Says what a figure is; {@link #sample} gives it numbers. */
    void declare(String key, String what, String unit, @Nullable String floor, Goal goal) {
        figures.put(key, new Figure(key, what, unit, floor, goal, new ArrayList<>(), null));
    }

    void sample(String key, double subject, double floor) {
        Figure figure = figures.get(key);
        if (figure == null) {
            throw new IllegalArgumentException("figure " + key + " was not declared");
        }
        figure.rounds().add(new Figure.Round(subject, floor));
    }

    void sample(String key, double subject) {
        sample(key, subject, Double.NaN);
    }

    void note(String key, String note) {
        figures.computeIfPresent(
                key,
                (_, f) ->
                        new Figure(
                                f.key(),
                                f.what(),
                                f.unit(),
                                f.floor(),
                                f.goal(),
                                f.rounds(),
                                note));
    }

    /** Of all figures that begin so. */
    void noteAll(String prefix, String note) {
        for (String key : List.copyOf(figures.keySet())) {
            if (key.startsWith(prefix)) {
                note(key, note);
            }
        }
    }

    List<Figure> figures() {
        return List.copyOf(figures.values());
    }

    @SuppressWarnings("SystemOut") // the progress of a command
    void progress(String line) {
        System.err.println("bench: " + line);
    }

    /** A count that must be right for a figure to mean anything. */
    static void check(String what, long expected, @Nullable Double actual) {
        if (actual == null || expected != actual) {
            throw new IllegalStateException(
                    "%s: expected %d, got %s".formatted(what, expected, actual));
        }
    }

    static double figure(Map<String, Double> found, String name) {
        Double value = found.get(name);
        if (value == null) {
            throw new IllegalStateException("the process did not report " + name);
        }
        return value;
    }

    @Override
    public void close() {
        stopNode();
        Child.killAll();
        remove(workspace);
    }

    private static void remove(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
