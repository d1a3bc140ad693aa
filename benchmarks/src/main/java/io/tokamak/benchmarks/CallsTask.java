package io.tokamak.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/** The calls of {@link CallsBenchmark} that are asked for, in this process. */
final class CallsTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        Map<String, Double> figures = new LinkedHashMap<>();
        try {
            for (String call : arguments.text("calls").split(",", -1)) { // name*threads
                String[] parts = call.split("\\*", -1);
                int threads = Integer.parseInt(parts[1]);
                JmhRun.of(CallsBenchmark.class, parts[0], threads, arguments, "size", "count")
                        .addTo(figures, call);
            }
        } finally {
            CallsBenchmark.discardCorpus();
        }
        return figures;
    }
}
