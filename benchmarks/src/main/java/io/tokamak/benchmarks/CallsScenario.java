package io.tokamak.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Calls, against a map in the same JVM. */
final class CallsScenario implements Scenario {
    private static final String MAP = "ConcurrentHashMap<ObjectId, byte[]>, same JVM";
    private static final int[] SIZES = {64, 1024};

    @Override
    public String key() {
        return "calls";
    }

    @Override
    public void declare(Lab lab) {
        for (int count : counts(lab)) {
            for (int size : SIZES) {
                String of = "of %,d B, %,d objects at random".formatted(size, count);
                String key = key(size, count);
                lab.declare(key, "get + read + close " + of, "ns", MAP, Goal.ratioAtMost(1));
                lab.declare(
                        key + ".threads",
                        "the same, rate of 2 threads",
                        "million/s",
                        "1 thread",
                        Goal.ratioAtLeast(1.8));
                lab.declare(
                        key + ".map-threads",
                        "for comparison: the map, rate of 2 threads",
                        "million/s",
                        "1 thread",
                        Goal.NONE);
                lab.declare(
                        key + ".copy",
                        "read, a copied array " + of,
                        "ns",
                        "the map, array cloned",
                        Goal.NONE);
            }
        }
        lab.declare(
                "calls.get-all",
                "getAll of 1,000 of 64 B + read + close, for each object",
                "ns",
                "1,000 gets",
                Goal.ratioAtMost(1));
        lab.declare(
                "calls.get-all.garbage",
                "its garbage, for each object",
                "B",
                "1,000 gets, all open",
                Goal.ratioAtMost(1.05));
        lab.declare("calls.put", "put of 64 B, deleted in batches", "ns", MAP, Goal.NONE);
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        for (int round = 0; round < scale.rounds(); round++) {
            for (int count : counts(lab)) {
                for (int size : SIZES) {
                    lab.progress(
                            "calls, round %d of %d: %,d B, %,d objects"
                                    .formatted(round + 1, scale.rounds(), size, count));
                    lab.node();
                    List<String> calls =
                            new ArrayList<>(
                                    List.of(
                                            "mapGet*1",
                                            "get*1",
                                            "mapGet*2",
                                            "get*2",
                                            "mapRead*1",
                                            "read*1"));
                    boolean batches = size == SIZES[0] && count == scale.hotObjects();
                    if (batches) {
                        Collections.addAll(
                                calls,
                                "getEach*1",
                                "getEachKept*1",
                                "getAll*1",
                                "mapPut*1",
                                "put*1");
                    }
                    if (round % 2 == 1) {
                        Collections.reverse(calls);
                    }
                    try (Child child =
                            Child.start(
                                    lab.folder(),
                                    heap(lab, size, count),
                                    "calls",
                                    "calls",
                                    String.join(",", calls),
                                    "size",
                                    size,
                                    "count",
                                    count,
                                    "millis",
                                    scale.callMillis(),
                                    "iterations",
                                    scale.callIterations())) {
                        record(lab, key(size, count), batches, child.figures());
                    }
                }
            }
        }
    }

    /** The map's share, its entries and keys, half as much again, and what calls leave behind. */
    private static List<String> heap(Lab lab, int size, int count) {
        long mapMib = ((long) count * (size + 160) * 3 / 2) >> 20;
        List<String> options = new ArrayList<>(lab.jvmOptions());
        options.add("-Xmx" + (512 + mapMib) + "m");
        return options;
    }

    private static void record(Lab lab, String key, boolean batches, Map<String, Double> found) {
        double one = Lab.figure(found, "get*1");
        double mapOne = Lab.figure(found, "mapGet*1");
        lab.sample(key, one, mapOne);
        lab.sample(key + ".threads", 2000 / Lab.figure(found, "get*2"), 1000 / one);
        lab.sample(key + ".map-threads", 2000 / Lab.figure(found, "mapGet*2"), 1000 / mapOne);
        lab.sample(key + ".copy", Lab.figure(found, "read*1"), Lab.figure(found, "mapRead*1"));
        if (batches) {
            lab.sample(
                    "calls.get-all", Lab.figure(found, "getAll*1"), Lab.figure(found, "getEach*1"));
            lab.sample(
                    "calls.get-all.garbage",
                    Lab.figure(found, "getAll*1:bytes"),
                    Lab.figure(found, "getEachKept*1:bytes"));
            lab.sample("calls.put", Lab.figure(found, "put*1"), Lab.figure(found, "mapPut*1"));
        }
    }

    private static int[] counts(Lab lab) {
        if (lab.scale().isSmoke()) {
            return new int[] {lab.scale().hotObjects()};
        }
        return new int[] {lab.scale().hotObjects(), lab.scale().randomObjects()};
    }

    private static String key(int size, int count) {
        return "calls.get." + size + "." + count;
    }
}
