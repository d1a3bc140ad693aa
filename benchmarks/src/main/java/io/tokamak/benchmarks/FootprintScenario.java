package io.tokamak.benchmarks;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an object costs beside its bytes. */
final class FootprintScenario implements Scenario {
    private static final int PAYLOAD_BYTES = 64;
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    @Override
    public String key() {
        return "footprint";
    }

    @Override
    public void declare(Lab lab) {
        String objects = "%,d objects of 64 B".formatted(lab.scale().fillObjects());
        lab.declare(
                "footprint.shared",
                "shared memory for each of " + objects + ", beyond its bytes",
                "B",
                null,
                Goal.atMost(160));
        lab.declare("footprint.shared.index", "of these, the index", "B", null, Goal.NONE);
        lab.declare(
                "footprint.heap",
                "growth of the node's heap for each of " + objects,
                "B",
                null,
                Goal.atMost(0.1));
    }

    @Override
    public void run(Lab lab) throws Exception {
        long objects = lab.scale().fillObjects();
        lab.progress("footprint: putting %,d objects".formatted(objects));
        Service node = lab.freshNode(lab.scale().poolBytes());
        fill(lab, 0);
        double heapBefore = heapBytes(node);
        Map<String, Double> found = fill(lab, objects);
        Lab.check("objects in the store", objects, found.get("objects"));
        double index = Lab.figure(found, "index") / objects;
        double pool = Lab.figure(found, "in-use") / objects;
        lab.sample("footprint.shared", index + pool - PAYLOAD_BYTES);
        lab.sample("footprint.shared.index", index);
        lab.sample("footprint.heap", (heapBytes(node) - heapBefore) / objects);
        lab.discardNode();
    }

    static Map<String, Double> fill(Lab lab, long objects) throws Exception {
        try (Child child = lab.child("fill", "objects", objects, "lifetime", "default")) {
            return child.figures();
        }
    }

    private static double heapBytes(Service node) throws Exception {
        Jvm.jcmd(node.pid(), "GC.run");
        Jvm.jcmd(node.pid(), "GC.run");
        Matcher used = USED.matcher(Jvm.jcmd(node.pid(), "GC.heap_info"));
        if (!used.find()) {
            throw new IllegalStateException("jcmd did not say how much heap is used");
        }
        return Long.parseLong(used.group(1)) * 1024.0;
    }
}
