package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Load from many connections at once, by wrk: one thread of it asks more than a server answers. */
final class Wrk {
    /** So many times as fast as before is still warming. */
    private static final double STEADY = 1.05;

    private final Path program;
    private final Path scripts;

    /**
     * @param scripts where to put its scripts
     */
    Wrk(Path program, Path scripts) {
        this.program = program;
        this.scripts = scripts;
    }

    /**
     * What to ask for, and how.
     *
     * @param bodyBytes 0: none
     */
    record Load(String method, int port, String path, int bodyBytes, int connections) {}

    /**
     * Asks for so long, and returns answers a second as {@code rate}, and {@code p50Micros} and
     * {@code p99Micros}.
     *
     * @throws IllegalStateException when one answer was not 2xx, or did not come
     */
    Map<String, Double> run(Load load, int seconds) throws IOException, InterruptedException {
        Map<String, Double> figures = new HashMap<>();
        List<String> lines = attempt(load, seconds, figures);
        if (figures.getOrDefault("errors", 1.0) + figures.getOrDefault("timeouts", 0.0) != 0) {
            throw failed(load, lines);
        }
        return figures;
    }

    /**
     * Warms a server until it answers no faster than before: what a request runs through is
     * compiled for good only after some hundred thousand of them. Its first answers may take so
     * long that they are given up: that is no failure here, other errors are.
     *
     * @param timesMax how often to ask for so many seconds
     */
    void warm(Load load, int seconds, int timesMax) throws IOException, InterruptedException {
        double before = 0;
        for (int i = 0; i < timesMax; i++) {
            Map<String, Double> figures = new HashMap<>();
            List<String> lines = attempt(load, seconds, figures);
            if (figures.getOrDefault("errors", 1.0) != 0) {
                throw failed(load, lines);
            }
            double rate = Lab.figure(figures, "rate");
            if (rate < STEADY * before) {
                return;
            }
            before = Math.max(before, rate);
        }
    }

    private static IllegalStateException failed(Load load, List<String> lines) {
        return new IllegalStateException(
                "wrk against %s %s failed: %s"
                        .formatted(load.method(), load.path(), String.join(" / ", lines)));
    }

    private List<String> attempt(Load load, int seconds, Map<String, Double> figures)
            throws IOException, InterruptedException {
        Path script = scripts.resolve("load.lua");
        Files.writeString(script, script(load));
        List<String> command =
                List.of(
                        program.toString(),
                        "-t1",
                        "-c" + load.connections(),
                        "-d" + seconds + "s",
                        "-s",
                        script.toString(),
                        "http://127.0.0.1:" + load.port() + load.path());
        Process process =
                Child.register(new ProcessBuilder(command).redirectErrorStream(true).start());
        List<String> lines;
        try (var output = process.inputReader(StandardCharsets.UTF_8)) {
            lines = output.readAllLines();
        }
        for (String line : lines) {
            if (line.startsWith("figure ")) {
                String[] words = line.split(" ", -1);
                figures.put(words[1], Double.valueOf(words[2]));
            }
        }
        if (process.waitFor() != 0) {
            throw failed(load, lines);
        }
        return lines;
    }

    /** What wrk does, and what it prints at its end: figures as our own processes do. */
    private static String script(Load load) {
        String body =
                load.bodyBytes() == 0 ? "nil" : "string.rep(\"x\", %d)".formatted(load.bodyBytes());
        return """
        wrk.method = "%s"
        wrk.headers["Content-Type"] = "application/octet-stream"
        wrk.body = %s
        done = function(summary, latency, requests)
          local errors = summary.errors
          print("figure rate " .. summary.requests / summary.duration * 1e6)
          print("figure p50Micros " .. latency:percentile(50))
          print("figure p99Micros " .. latency:percentile(99))
          print("figure errors " .. errors.connect + errors.read + errors.write + errors.status)
          print("figure timeouts " .. errors.timeout)
        end
        """
                .formatted(load.method(), body);
    }
}
