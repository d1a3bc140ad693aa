package io.tokamak.benchmarks;

import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a node costs that nobody uses. */
final class IdleScenario implements Scenario {
    @Override
    public String key() {
        return "idle";
    }

    @Override
    public void declare(Lab lab) {
        lab.declare(
                "idle.node",
                "idle node with %d attached idle clients".formatted(lab.scale().idleClients()),
                "% of a core",
                null,
                Goal.atMost(1));
        lab.declare("idle.clients", "all these clients", "% of a core", null, Goal.NONE);
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        Service node = lab.freshNode(scale.poolBytes() / 4); // its pages are touched soon
        // In two processes: one may not have so many sessions.
        int half = scale.idleClients() / 2;
        try (Child one = lab.child("idle", "clients", half);
                Child other = lab.child("idle", "clients", scale.idleClients() - half)) {
            one.awaitReady();
            other.awaitReady();
            // Compilers and pre-touching end: of what runs twenty times a second late.
            TimeUnit.SECONDS.sleep(scale.isSmoke() ? 1 : 90);
            for (int round = 0; round < scale.rounds(); round++) {
                lab.progress("idle, round %d of %d".formatted(round + 1, scale.rounds()));
                double nodeBefore = Child.cpuSeconds(node.pid());
                double clientsBefore = Child.cpuSeconds(one.pid()) + Child.cpuSeconds(other.pid());
                long begin = System.nanoTime();
                TimeUnit.SECONDS.sleep(scale.idleSeconds());
                double seconds = (System.nanoTime() - begin) / 1e9;
                lab.sample(
                        "idle.node", 100 * (Child.cpuSeconds(node.pid()) - nodeBefore) / seconds);
                double clientsAfter = Child.cpuSeconds(one.pid()) + Child.cpuSeconds(other.pid());
                lab.sample("idle.clients", 100 * (clientsAfter - clientsBefore) / seconds);
            }
            Map<String, Double> found = one.go().figures();
            Lab.check("attached sessions", scale.idleClients(), found.get("sessions"));
            var _ = other.go().figures();
        }
        lab.discardNode();
    }
}
