package io.tokamak.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** How long after a commit a waiter in another process runs. */
final class WakeScenario implements Scenario {
    @Override
    public String key() {
        return "wake";
    }

    @Override
    public void declare(Lab lab) {
        String floor = "a message over a Unix socket between the same processes";
        lab.declare(
                "wake.p50", "waiter wakes after the commit, p50", "us", floor, Goal.atMost(100));
        lab.declare(
                "wake.p99", "waiter wakes after the commit, p99", "us", floor, Goal.atMost(1000));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("waiting, round %d of %d".formatted(round + 1, scale.rounds()));
            lab.node();
            Path socket = lab.workspace().resolve("wake");
            Files.deleteIfExists(socket);
            try (Child waker = lab.child("wake", "times", scale.wakes(), "socket", socket)) {
                waker.awaitReady();
                try (Child waiter = lab.child("wait", "times", scale.wakes(), "socket", socket)) {
                    Map<String, Double> found = waiter.figures();
                    Lab.check("objects waited for", scale.wakes(), found.get("count"));
                    Lab.check("objects sealed", scale.wakes(), waker.figures().get("count"));
                    lab.sample(
                            "wake.p50", Lab.figure(found, "p50"), Lab.figure(found, "socket-p50"));
                    lab.sample(
                            "wake.p99", Lab.figure(found, "p99"), Lab.figure(found, "socket-p99"));
                }
            }
        }
    }
}
