package io.tokamak.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/** The calls of {@link ValuesBenchmark} that are asked for, in this process. */
final class ValuesTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (String call : arguments.text("calls").split(",", -1)) {
            JmhRun.of(ValuesBenchmark.class, call, 1, arguments, "bytes").addTo(figures, call);
        }
        return figures;
    }
}
