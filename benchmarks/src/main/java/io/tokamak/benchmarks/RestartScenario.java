package io.tokamak.benchmarks;

/** A node that was killed starts again on its objects. */
final class RestartScenario implements Scenario {
    @Override
    public String key() {
        return "restart";
    }

    @Override
    public void declare(Lab lab) {
        String objects = "%,d objects".formatted(lab.scale().randomObjects());
        lab.declare(
                "restart.ready",
                "start of a killed node with " + objects + ", from its process to readiness",
                "s",
                "with no object",
                Goal.atMost(3));
        lab.declare(
                "restart.linear",
                "what twice as many add to it",
                "s",
                "what " + objects + " add",
                Goal.ratioAtMost(2.5));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        long objects = scale.randomObjects();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("restart, round %d of %d".formatted(round + 1, scale.rounds()));
            lab.freshNode(scale.poolBytes());
            double none = restarted(lab);
            FootprintScenario.fill(lab, objects);
            double one = restarted(lab);
            Lab.check(
                    "objects after the restart",
                    objects * 2,
                    FootprintScenario.fill(lab, objects).get("objects"));
            double two = restarted(lab);
            Lab.check(
                    "objects after the restart",
                    objects * 2,
                    FootprintScenario.fill(lab, 0).get("objects"));
            lab.sample("restart.ready", one, none);
            lab.sample("restart.linear", two - none, Math.max(one - none, 0.001));
        }
        lab.discardNode();
    }

    private static double restarted(Lab lab) throws Exception {
        lab.node().kill();
        return lab.startNode(lab.scale().poolBytes()).readySeconds();
    }
}
