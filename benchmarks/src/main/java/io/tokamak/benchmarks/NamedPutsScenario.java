package io.tokamak.benchmarks;

import java.util.Map;

/** Puts that the node answers one by one. */
final class NamedPutsScenario implements Scenario {
    @Override
    public String key() {
        return "named";
    }

    @Override
    public void declare(Lab lab) {
        lab.declare("named.p50", "named put, one thread, p50", "us", null, Goal.atMost(200));
        lab.declare("named.p99", "named put, one thread, p99", "us", null, Goal.NONE);
        lab.declare(
                "named.rate", "named puts from 8 threads", "1/s", "1 thread", Goal.atLeast(20_000));
        lab.declare("named.8.p99", "named put, 8 threads, p99", "us", null, Goal.NONE);
    }

    @Override
    public void run(Lab lab) throws Exception {
        for (int round = 0; round < lab.scale().rounds(); round++) {
            lab.progress("named puts, round %d of %d".formatted(round + 1, lab.scale().rounds()));
            lab.node();
            Map<String, Double> one = puts(lab, 1, lab.scale().namedPuts() / 4);
            Map<String, Double> eight = puts(lab, 8, lab.scale().namedPuts());
            lab.sample("named.p50", Lab.figure(one, "p50"));
            lab.sample("named.p99", Lab.figure(one, "p99"));
            lab.sample("named.rate", Lab.figure(eight, "rate"), Lab.figure(one, "rate"));
            lab.sample("named.8.p99", Lab.figure(eight, "p99"));
        }
    }

    private static Map<String, Double> puts(Lab lab, int threads, int puts) throws Exception {
        try (Child child = lab.child("named", "threads", threads, "puts", puts)) {
            Map<String, Double> found = child.figures();
            Lab.check("named objects deleted", (long) puts / threads * threads, found.get("count"));
            return found;
        }
    }
}
