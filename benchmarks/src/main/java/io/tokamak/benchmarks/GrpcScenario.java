package io.tokamak.benchmarks;

import java.util.List;
import java.util.Map;

/** The gateway's gRPC against a bare server of the same frames, with the same client. */
final class GrpcScenario implements Scenario {
    private static final int TIMES = 3;
    private static final List<String> WAYS = List.of("get", "put");
    private static final int BATCHES = 1000;
    private static final int BATCHES_OF_SMOKE = 4;
    private static final int OBJECTS_OF_BATCH = 1000;
    private static final int MAPPINGS = 2000;
    private static final int MAPPINGS_OF_SMOKE = 20;

    @Override
    public String key() {
        return "grpc";
    }

    @Override
    public void declare(Lab lab) {
        String size = "%,d MiB".formatted(lab.scale().hugeBytes() >> 20);
        String floor = "bare grpc-java stream of the same frames";
        lab.declare(
                "grpc.get",
                "gRPC Get of " + size + ", warm",
                "GB/s",
                floor,
                Goal.ratioAtLeast(0.85));
        lab.declare(
                "grpc.put",
                "gRPC Put of " + size + ", warm",
                "GB/s",
                floor,
                Goal.ratioAtLeast(0.85));
        lab.declare(
                "grpc.batch",
                "gRPC BatchGet of 1,000 x 1 KiB, 2 callers, generated stub",
                "objects/s",
                null,
                Goal.atLeast(300_000));
        for (Mapped mapped : mapped(lab)) {
            lab.declare(
                    mapped.row(),
                    "gRPC Map of "
                            + mapped.text()
                            + ", its first and last byte read in place, release: p50",
                    "us",
                    null,
                    Goal.atMost(500));
        }
    }

    private record Mapped(String row, String text, long bytes) {}

    private static List<Mapped> mapped(Lab lab) {
        long huge = lab.scale().hugeBytes();
        return List.of(
                new Mapped("grpc.map.64", "64 B", 64),
                new Mapped("grpc.map.1m", "1 MiB", 1 << 20),
                new Mapped("grpc.map.huge", "%,d MiB".formatted(huge >> 20), huge));
    }

    @Override
    public void run(Lab lab) throws Exception {
        int port = Service.freePort();
        int barePort = Service.freePort();
        try (Service _ = lab.startGateway(port);
                Child bare =
                        lab.child(
                                "bare-grpc",
                                "size",
                                lab.scale().hugeBytes(),
                                "port",
                                barePort,
                                "scratch",
                                lab.workspace().resolve("scratch"))) {
            bare.awaitReady();
            for (int round = 0; round < lab.scale().rounds(); round++) {
                lab.progress("gRPC, round %d of %d".formatted(round + 1, lab.scale().rounds()));
                Map<String, Double> floor = transfer(lab, barePort);
                Map<String, Double> subject = transfer(lab, port);
                for (String way : WAYS) {
                    lab.sample("grpc." + way, Lab.figure(subject, way), Lab.figure(floor, way));
                }
                lab.sample("grpc.batch", batch(lab, port));
                for (Mapped mapped : mapped(lab)) {
                    lab.sample(mapped.row(), map(lab, port, mapped.bytes()));
                }
            }
            bare.go().figures();
        }
    }

    private static Map<String, Double> transfer(Lab lab, int port) throws Exception {
        try (Child child =
                lab.child("grpc", "port", port, "size", lab.scale().hugeBytes(), "times", TIMES)) {
            Map<String, Double> found = child.figures();
            Lab.check("transfers", TIMES, found.get("count"));
            return found;
        }
    }

    private static double batch(Lab lab, int port) throws Exception {
        int times = lab.scale().isSmoke() ? BATCHES_OF_SMOKE : BATCHES;
        try (Child child = lab.child("grpc-batch", "port", port, "times", times)) {
            Map<String, Double> found = child.figures();
            Lab.check("objects", (long) times * OBJECTS_OF_BATCH, found.get("count"));
            return Lab.figure(found, "objects");
        }
    }

    private static double map(Lab lab, int port, long size) throws Exception {
        int times = lab.scale().isSmoke() ? MAPPINGS_OF_SMOKE : MAPPINGS;
        try (Child child = lab.child("grpc-map", "port", port, "size", size, "times", times)) {
            Map<String, Double> found = child.figures();
            Lab.check("mappings", times, found.get("count"));
            return Lab.figure(found, "p50");
        }
    }
}
