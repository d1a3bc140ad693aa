package io.tokamak.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** JMH in this process: floor and subject share a JVM, and a JVM is one sample. */
final class CallsTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        Map<String, Double> figures = new LinkedHashMap<>();
        Path log = Files.createTempFile("tokamak-jmh", ".log");
        try {
            for (String call : arguments.text("calls").split(",", -1)) { // name*threads
                String[] parts = call.split("\\*", -1);
                Collection<RunResult> results =
                        new Runner(
                                        new OptionsBuilder()
                                                .include(
                                                        CallsBenchmark.class.getName()
                                                                + "\\."
                                                                + parts[0]
                                                                + "$")
                                                .param("size", arguments.text("size"))
                                                .param("count", arguments.text("count"))
                                                .threads(Integer.parseInt(parts[1]))
                                                .forks(0)
                                                .warmupIterations(2)
                                                .warmupTime(millis(arguments))
                                                .measurementIterations(
                                                        arguments.count("iterations"))
                                                .measurementTime(millis(arguments))
                                                .addProfiler(GCProfiler.class)
                                                .shouldFailOnError(true)
                                                .output(log.toString())
                                                .build())
                                .run();
                RunResult result = results.iterator().next();
                figures.put(call, result.getPrimaryResult().getScore());
                Result<?> garbage = result.getSecondaryResults().get("gc.alloc.rate.norm");
                if (garbage != null) {
                    figures.put(call + ":bytes", garbage.getScore());
                }
            }
        } finally {
            Files.delete(log);
            CallsBenchmark.discardCorpus();
        }
        return figures;
    }

    private static TimeValue millis(Arguments arguments) {
        return TimeValue.milliseconds(arguments.number("millis"));
    }
}
