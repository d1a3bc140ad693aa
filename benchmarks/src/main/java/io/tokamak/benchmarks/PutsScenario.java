package io.tokamak.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Many small puts, from one process and from four at once. */
final class PutsScenario implements Scenario {
    private static final int[] SIZES = {64, 1024};
    private static final int PROCESSES = 4;

    @Override
    public String key() {
        return "puts";
    }

    @Override
    public void declare(Lab lab) {
        String copying = "the same loop copying into a warm mapping";
        for (int size : SIZES) {
            lab.declare(
                    "puts." + size,
                    "%,d puts of %,d B from one client, deleted in batches, node draining"
                            .formatted(lab.scale().manyObjects(), size),
                    "million/s",
                    copying,
                    size == 64 ? Goal.atLeast(1.5) : Goal.NONE);
            lab.declare(
                    "puts." + size + ".stall",
                    "their longest stall",
                    "ms",
                    copying,
                    Goal.atMost(50));
        }
        lab.declare(
                "puts.processes",
                "puts of 64 B from four processes at once, in total",
                "million/s",
                "one process",
                Goal.ratioAtLeast(1));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.node();
            double single = 0;
            for (int size : SIZES) {
                lab.progress(
                        "puts, round %d of %d: %,d of %,d B"
                                .formatted(round + 1, scale.rounds(), scale.manyObjects(), size));
                Map<String, Double> found = puts(lab, 1, size, scale.manyObjects()).getFirst();
                double rate = Lab.figure(found, "rate") / 1e6;
                lab.sample("puts." + size, rate, Lab.figure(found, "floor-rate") / 1e6);
                lab.sample(
                        "puts." + size + ".stall",
                        Lab.figure(found, "stall"),
                        Lab.figure(found, "floor-stall"));
                if (size == SIZES[0]) {
                    single = rate;
                }
            }
            lab.progress("puts, round %d: four processes".formatted(round + 1));
            long each = scale.manyObjects() / PROCESSES;
            List<Map<String, Double>> four = puts(lab, PROCESSES, SIZES[0], each);
            double begin =
                    four.stream().mapToDouble(f -> Lab.figure(f, "begin")).min().orElseThrow();
            double end = four.stream().mapToDouble(f -> Lab.figure(f, "end")).max().orElseThrow();
            double total = four.stream().mapToDouble(f -> Lab.figure(f, "deleted")).sum();
            lab.sample("puts.processes", total / (end - begin) * 1e3, single);
        }
    }

    private static List<Map<String, Double>> puts(Lab lab, int processes, int size, long objects)
            throws Exception {
        List<Child> children = new ArrayList<>();
        try {
            for (int i = 0; i < processes; i++) {
                children.add(
                        lab.child(
                                "puts",
                                "size",
                                size,
                                "objects",
                                objects,
                                "scratch",
                                lab.workspace().resolve("scratch-" + i)));
            }
            children.forEach(Child::awaitReady);
            children.forEach(Child::go);
            List<Map<String, Double>> found = children.stream().map(Child::figures).toList();
            found.forEach(
                    f -> Lab.check("objects deleted", objects / 10_000 * 10_000, f.get("deleted")));
            return found;
        } finally {
            children.forEach(Child::close);
        }
    }
}
