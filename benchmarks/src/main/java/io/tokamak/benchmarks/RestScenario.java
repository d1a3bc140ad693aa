package io.tokamak.benchmarks;

import java.util.List;
import java.util.Map;

/** The gateway against a bare server that copies as well, with the same client. */
final class RestScenario implements Scenario {
    private static final String PATH = "/v1/objects";
    private static final int TIMES = 3;

    @Override
    public String key() {
        return "rest";
    }

    @Override
    public void declare(Lab lab) {
        String size = "%,d MiB".formatted(lab.scale().hugeBytes() >> 20);
        lab.declare(
                "rest.get",
                "REST GET of " + size + ", warm",
                "GB/s",
                "bare Netty server that copies",
                Goal.ratioAtLeast(0.9));
        lab.declare(
                "rest.put",
                "REST POST of " + size + ", warm",
                "GB/s",
                "bare Netty receive and copy",
                Goal.ratioAtLeast(0.8));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        lab.node();
        try (Service gateway =
                Service.start(
                        lab.program("gateway"),
                        lab.log("gateway"),
                        Map.of("TOKAMAK_FOLDER", lab.folder().toString()),
                        List.of(),
                        List.of(
                                "--tokamak.gateway.folder=" + lab.folder(),
                                "--spring.grpc.server.port=" + Service.freePort()))) {
            if (Service.status("GET", "http://127.0.0.1:" + gateway.port() + PATH + "?limit=1")
                    != 200) {
                lab.noteAll("rest.", "skipped: this gateway does not serve " + PATH + " yet");
                return;
            }
            int port = Service.freePort();
            try (Child bare =
                    lab.child(
                            "bare-server",
                            "size",
                            scale.hugeBytes(),
                            "port",
                            port,
                            "scratch",
                            lab.workspace().resolve("scratch"))) {
                bare.awaitReady();
                for (int round = 0; round < scale.rounds(); round++) {
                    lab.progress("REST, round %d of %d".formatted(round + 1, scale.rounds()));
                    Map<String, Double> floor = transfer(lab, port);
                    Map<String, Double> subject = transfer(lab, gateway.port());
                    for (String what : List.of("get", "put")) {
                        lab.sample(
                                "rest." + what, Lab.figure(subject, what), Lab.figure(floor, what));
                    }
                }
                bare.go().figures();
            }
        }
    }

    private static Map<String, Double> transfer(Lab lab, int port) throws Exception {
        try (Child child =
                lab.child(
                        "http",
                        "port",
                        port,
                        "path",
                        PATH,
                        "size",
                        lab.scale().hugeBytes(),
                        "times",
                        TIMES)) {
            Map<String, Double> found = child.figures();
            Lab.check("transfers", TIMES, found.get("count"));
            return found;
        }
    }
}
