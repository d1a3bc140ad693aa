package io.tokamak.benchmarks;

import java.util.List;
import java.util.Map;

/** Large puts against a bare copy. */
final class CopiesScenario implements Scenario {
    private static final long MIB = 1 << 20;

    /** One processor is visible: the client then copies with one thread, as the floor does. */
    private static final List<String> ONE_THREAD = List.of("-XX:ActiveProcessorCount=1");

    @Override
    public String key() {
        return "copies";
    }

    @Override
    public void declare(Lab lab) {
        String floor = "one thread's memcpy into the same mapping";
        lab.declare(
                "copies.1MiB",
                "put of 1 MiB, one thread, warm",
                "GB/s",
                floor,
                Goal.ratioAtLeast(0.75));
        lab.declare(
                "copies.large",
                "put of %,d MiB, one thread, warm".formatted(lab.scale().largeBytes() / MIB),
                "GB/s",
                floor,
                Goal.ratioAtLeast(0.9));
        String huge = "%,d MiB".formatted(lab.scale().hugeBytes() / MIB);
        lab.declare(
                "copies.huge",
                "put of " + huge + ", several copying threads, warm",
                "GB/s",
                floor,
                Goal.ratioAtLeast(1.5));
        lab.declare(
                "copies.cold",
                "put of " + huge + " right after the node's start",
                "GB/s",
                "memcpy into untouched pages of tmpfs",
                Goal.ratioAtLeast(1));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("copies, round %d of %d".formatted(round + 1, scale.rounds()));
            lab.node();
            warm(lab, "copies.1MiB", ONE_THREAD, MIB, 128);
            warm(lab, "copies.large", ONE_THREAD, scale.largeBytes(), 2);
            warm(lab, "copies.huge", lab.jvmOptions(), scale.hugeBytes(), 1);
        }
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("cold copies, round %d of %d".formatted(round + 1, scale.rounds()));
            lab.discardNode();
            double floor = cold(lab, "copy");
            lab.sample("copies.cold", cold(lab, "put"), floor);
        }
        lab.discardNode();
    }

    private static void warm(Lab lab, String key, List<String> options, long size, int times)
            throws Exception {
        try (Child child =
                Child.start(lab.folder(), options, "copies", "size", size, "times", times)) {
            Map<String, Double> found = child.figures();
            Lab.check("objects put", 4L * times, found.get("count"));
            lab.sample(key, Lab.figure(found, "put"), Lab.figure(found, "copy"));
        }
    }

    /** The process has its bytes ready before the node starts. */
    private static double cold(Lab lab, String what) throws Exception {
        try (Child child =
                lab.child(
                        "cold",
                        "what",
                        what,
                        "size",
                        lab.scale().hugeBytes(),
                        "scratch",
                        lab.workspace().resolve("scratch"))) {
            child.awaitReady();
            if (what.equals("put")) {
                lab.startNode(lab.scale().poolBytes());
            }
            Map<String, Double> found = child.go().figures();
            Lab.check("objects put", 1, found.get("count"));
            return Lab.figure(found, "rate");
        }
    }
}
