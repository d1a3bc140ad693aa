package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * One method of a benchmark, run in this process: floor and subject share a JVM, and a JVM is one
 * sample.
 */
record JmhRun(RunResult result) {
    private static final String GARBAGE = "gc.alloc.rate.norm";

    /**
     * @param arguments with {@code millis} and {@code iterations}, and a value for each parameter
     * @param parameters names of the benchmark's
     */
    static JmhRun of(
            Class<?> benchmark,
            String method,
            int threads,
            Arguments arguments,
            String... parameters)
            throws IOException, RunnerException {
        Path log = Files.createTempFile("tokamak-jmh", ".log");
        TimeValue time = TimeValue.milliseconds(arguments.number("millis"));
        try {
            ChainedOptionsBuilder options =
                    new OptionsBuilder()
                            .include(benchmark.getName() + "\\." + method + "$")
                            .threads(threads)
                            .forks(0)
                            .warmupIterations(2)
                            .warmupTime(time)
                            .measurementIterations(arguments.count("iterations"))
                            .measurementTime(time)
                            .addProfiler(GCProfiler.class)
                            .shouldFailOnError(true)
                            .output(log.toString());
            for (String parameter : parameters) {
                options.param(parameter, arguments.text(parameter));
            }
            return new JmhRun(new Runner(options.build()).run().iterator().next());
        } finally {
            Files.delete(log);
        }
    }

    /** The score, and beside it the bytes of garbage of each call. */
    void addTo(Map<String, Double> figures, String name) {
        figures.put(name, result.getPrimaryResult().getScore());
        Result<?> garbage = result.getSecondaryResults().get(GARBAGE);
        if (garbage != null) {
            figures.put(name + ":bytes", garbage.getScore());
        }
    }
}
