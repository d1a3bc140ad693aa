package io.tokamak.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One large object through the gateway, with the same client as through servers that do less. */
final class RestScenario implements Scenario {
    private static final String OBJECTS = "/v1/objects";
    private static final int TIMES = 3;
    private static final List<String> WAYS = List.of("get", "put");

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
        lab.declare(
                "rest.nginx.get",
                "REST GET of " + size + ", against nginx",
                "GB/s",
                "nginx, a file on tmpfs by sendfile",
                Goal.ratioAtLeast(1));
        lab.declare(
                "rest.nginx.put",
                "REST POST of " + size + ", against nginx",
                "GB/s",
                "nginx, dav upload to tmpfs",
                Goal.ratioAtLeast(1));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        Optional<Path> nginxProgram = Tools.find("nginx");
        if (nginxProgram.isEmpty()) {
            lab.noteAll("rest.nginx.", Tools.missing("nginx"));
        }
        int barePort = Service.freePort();
        try (Service gateway = lab.startGateway();
                Child bare =
                        lab.child(
                                "bare-server",
                                "size",
                                scale.hugeBytes(),
                                "port",
                                barePort,
                                "scratch",
                                lab.workspace().resolve("scratch"))) {
            bare.awaitReady();
            for (int round = 0; round < scale.rounds(); round++) {
                lab.progress("REST, round %d of %d".formatted(round + 1, scale.rounds()));
                Map<String, Double> floor = transfer(lab, barePort, "POST", OBJECTS);
                Map<String, Double> subject = transfer(lab, gateway.port(), "POST", OBJECTS);
                for (String way : WAYS) {
                    lab.sample("rest." + way, Lab.figure(subject, way), Lab.figure(floor, way));
                }
                if (nginxProgram.isPresent()) {
                    floor = nginx(lab, nginxProgram.get());
                    for (String way : WAYS) {
                        lab.sample(
                                "rest.nginx." + way,
                                Lab.figure(subject, way),
                                Lab.figure(floor, way));
                    }
                }
            }
            bare.go().figures();
        }
    }

    private static Map<String, Double> nginx(Lab lab, Path program) throws Exception {
        try (Nginx nginx = Nginx.start(program, lab.workspace())) {
            return transfer(lab, nginx.port(), "PUT", "/large");
        }
    }

    private static Map<String, Double> transfer(Lab lab, int port, String method, String path)
            throws Exception {
        try (Child child =
                lab.child(
                        "http",
                        "port",
                        port,
                        "method",
                        method,
                        "path",
                        path,
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
