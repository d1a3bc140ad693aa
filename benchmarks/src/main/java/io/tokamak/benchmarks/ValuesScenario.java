package io.tokamak.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Values of Java programs against the bytes, arrays and serializer that they are made of. */
final class ValuesScenario implements Scenario {
    private static final long MIB = 1 << 20;
    private static final double NANOS_A_MILLI = 1e6;

    @Override
    public String key() {
        return "values";
    }

    @Override
    public void declare(Lab lab) {
        String huge = "%,d MiB".formatted(lab.scale().hugeBytes() / MIB);
        String large = "%,d MiB".formatted(lab.scale().largeBytes() / MIB);
        lab.declare(
                "values.tensor-get",
                "tensor: get + first element + close",
                "ns",
                "get of the bytes + the same element + close",
                Goal.NONE);
        lab.declare(
                "values.tensor-get.added",
                "what the tensor adds to the get of its bytes",
                "ns",
                null,
                Goal.atMost(100));
        lab.declare(
                "values.tensor-sum",
                "sum of a tensor of " + huge + " in place, rate",
                "GB/s",
                "the same loop over an array",
                Goal.ratioAtLeast(0.95));
        lab.declare(
                "values.graph-put",
                "graph of 10,000 records with " + large + " of numbers: put + delete",
                "ms",
                "copies of its 10,000 arrays into the same mapping, one thread",
                Goal.ratioAtMost(1.2));
        lab.declare(
                "values.graph-put.arrays",
                "the same, against a put that copies by as many threads",
                "ms",
                "put + delete of its 10,000 arrays as one object",
                Goal.NONE);
        lab.declare(
                "values.graph-put.together",
                "the same, against one array as long as all of them",
                "ms",
                "put + delete of one array",
                Goal.NONE);
        lab.declare(
                "values.graph-get",
                "the same graph: borrow, numbers not touched",
                "ms",
                "plain Fory, from an array in the heap",
                Goal.ratioAtMost(0.05));
        lab.declare(
                "values.table-get",
                "Arrow table of " + huge + ": get + last element + close",
                "ms",
                null,
                Goal.atMost(1));
        lab.declare(
                "values.table-get.garbage",
                "its garbage",
                "B",
                "the same of 1 MiB",
                Goal.ratioAtMost(1.1));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("values, round %d of %d".formatted(round + 1, scale.rounds()));
            lab.node();
            Map<String, Double> small = measure(lab, MIB, "rawGet,tensorGet,tableGet");
            Map<String, Double> large =
                    measure(
                            lab,
                            scale.largeBytes(),
                            "togetherPut,buffersCopy,buffersPut,graphPut,plainGet,graphGet");
            Map<String, Double> huge =
                    measure(lab, scale.hugeBytes(), "arraySum,tensorSum,tableGet");
            record(lab, small, large, huge);
        }
    }

    private static void record(
            Lab lab,
            Map<String, Double> small,
            Map<String, Double> large,
            Map<String, Double> huge) {
        double tensor = Lab.figure(small, "tensorGet");
        double raw = Lab.figure(small, "rawGet");
        lab.sample("values.tensor-get", tensor, raw);
        lab.sample("values.tensor-get.added", tensor - raw);
        long bytes = lab.scale().hugeBytes();
        lab.sample(
                "values.tensor-sum",
                bytes / Lab.figure(huge, "tensorSum"),
                bytes / Lab.figure(huge, "arraySum"));
        double graph = millis(large, "graphPut");
        lab.sample("values.graph-put", graph, millis(large, "buffersCopy"));
        lab.sample("values.graph-put.arrays", graph, millis(large, "buffersPut"));
        lab.sample("values.graph-put.together", graph, millis(large, "togetherPut"));
        lab.sample("values.graph-get", millis(large, "graphGet"), millis(large, "plainGet"));
        lab.sample("values.table-get", millis(huge, "tableGet"));
        lab.sample(
                "values.table-get.garbage",
                Lab.figure(huge, "tableGet:bytes"),
                Lab.figure(small, "tableGet:bytes"));
    }

    private static double millis(Map<String, Double> found, String name) {
        return Lab.figure(found, name) / NANOS_A_MILLI;
    }

    /** In a JVM with a heap for what the calls hold, twice over. */
    private static Map<String, Double> measure(Lab lab, long bytes, String calls) throws Exception {
        List<String> options = new ArrayList<>(lab.jvmOptions());
        options.add("-Xmx" + (512 + 4 * bytes / MIB) + "m");
        options.add("--add-opens=java.base/java.nio=ALL-UNNAMED"); // Arrow reaches into buffers
        try (Child child =
                Child.start(
                        lab.folder(),
                        options,
                        "values",
                        "calls",
                        calls,
                        "bytes",
                        bytes,
                        "millis",
                        lab.scale().callMillis(),
                        "iterations",
                        lab.scale().callIterations())) {
            return child.figures();
        }
    }
}
