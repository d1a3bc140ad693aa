package io.tokamak.benchmarks;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Many connections at once: small objects, and readers that do not keep up. */
final class RestLoadScenario implements Scenario {
    private static final String OBJECTS = "/v1/objects";
    private static final int SMALL_BYTES = 1 << 10;
    private static final int CONNECTIONS = 64;
    private static final int WARMINGS_MAX = 10;

    /** Of who asks for small objects beside slow readers: few, so that nobody waits for them. */
    private static final int CONNECTIONS_BESIDE = 4;

    private static final int LARGE_BYTES = 32 << 20;

    /** Different ones; the readers share them. */
    private static final int LARGE_OBJECTS = 4;

    private static final Pattern COMMITTED = Pattern.compile("committed (\\d+)K");

    @Override
    public String key() {
        return "load";
    }

    @Override
    public void declare(Lab lab) {
        lab.declare(
                "load.get",
                "REST GET of 1 KiB, 64 connections",
                "requests/s",
                "bare WebFlux handler that returns a constant",
                Goal.ratioAtLeast(0.85));
        lab.declare(
                "load.post",
                "REST POST of 1 KiB, 64 connections",
                "requests/s",
                "bare WebFlux handler that reads and discards",
                Goal.ratioAtLeast(0.7));
        String readers = "%,d readers of 32 MiB".formatted(lab.scale().slowReaders());
        lab.declare(
                "load.slow.p50",
                "REST GET of 1 KiB, p50, beside " + readers + " at 40 KB/s",
                "us",
                "the same connections idle",
                Goal.ratioAtMost(2));
        lab.declare(
                "load.slow.p99",
                "REST GET of 1 KiB, p99, beside " + readers + " at 40 KB/s",
                "us",
                "the same connections idle",
                Goal.ratioAtMost(2));
        lab.declare(
                "load.heap",
                "Heap of the gateway, committed, after all of this",
                "MiB",
                null,
                Goal.atMost(128));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Optional<Path> program = Tools.find("wrk");
        if (program.isEmpty()) {
            lab.noteAll("load.", Tools.missing("wrk"));
            return;
        }
        Wrk wrk = new Wrk(program.get(), lab.workspace());
        Scale scale = lab.scale();
        int barePort = Service.freePort();
        try (Service gateway = lab.startGateway();
                TokamakClient client =
                        TokamakClient.connect(
                                ConnectOptions.defaults()
                                        .withFolder(lab.folder())
                                        .withName("bench-load"));
                Child bare =
                        lab.child(
                                "webflux-server",
                                "port",
                                barePort,
                                "path",
                                OBJECTS,
                                "size",
                                SMALL_BYTES)) {
            bare.awaitReady();
            String small = put(client, SMALL_BYTES);
            List<Wrk.Load> loads =
                    List.of(
                            load("GET", barePort, OBJECTS),
                            load("GET", gateway.port(), small),
                            load("POST", barePort, OBJECTS),
                            load("POST", gateway.port(), OBJECTS));
            lab.progress("REST under load, warming");
            for (Wrk.Load load : loads) {
                wrk.warm(load, scale.loadSeconds(), scale.isSmoke() ? 1 : WARMINGS_MAX);
            }
            for (int round = 1; round <= scale.rounds(); round++) {
                lab.progress("REST under load, round %d of %d".formatted(round, scale.rounds()));
                double floor = rate(lab, wrk, loads.get(0));
                double subject = rate(lab, wrk, loads.get(1));
                lab.sample("load.get", subject, floor);
                floor = rate(lab, wrk, loads.get(2));
                subject = rate(lab, wrk, loads.get(3));
                lab.sample("load.post", subject, floor);
            }
            List<String> large = new ArrayList<>();
            for (int i = 0; i < LARGE_OBJECTS; i++) {
                large.add(put(client, LARGE_BYTES));
            }
            for (int round = 0; round < scale.rounds(); round++) {
                lab.progress("slow readers, round %d of %d".formatted(round + 1, scale.rounds()));
                Map<String, Double> floor = beside(lab, wrk, gateway, List.of(), small);
                Map<String, Double> subject = beside(lab, wrk, gateway, large, small);
                for (String share : List.of("p50", "p99")) {
                    lab.sample(
                            "load.slow." + share,
                            Lab.figure(subject, share + "Micros"),
                            Lab.figure(floor, share + "Micros"));
                }
            }
            lab.sample("load.heap", heapMib(gateway));
            bare.go().figures();
        }
    }

    private static String put(TokamakClient client, int size) {
        byte[] payload = Payloads.make(size, 3);
        return OBJECTS + "/" + client.put(payload, PutOptions.DEFAULTS).id();
    }

    private static Wrk.Load load(String method, int port, String path) {
        int body = method.equals("POST") ? SMALL_BYTES : 0;
        return new Wrk.Load(method, port, path, body, CONNECTIONS);
    }

    private static double rate(Lab lab, Wrk wrk, Wrk.Load load)
            throws IOException, InterruptedException {
        return Lab.figure(wrk.run(load, lab.scale().loadSeconds()), "rate");
    }

    /** Small gets while others read what they asked for, slowly. */
    private static Map<String, Double> beside(
            Lab lab, Wrk wrk, Service gateway, List<String> large, String small) throws Exception {
        int readers = lab.scale().slowReaders();
        try (Child slow =
                lab.child(
                        "slow-readers",
                        "port",
                        gateway.port(),
                        "paths",
                        String.join(",", large),
                        "readers",
                        readers)) {
            slow.awaitReady();
            Map<String, Double> found =
                    wrk.run(
                            new Wrk.Load("GET", gateway.port(), small, 0, CONNECTIONS_BESIDE),
                            lab.scale().loadSeconds());
            Lab.check("slow readers", readers, slow.go().figures().get("count"));
            return found;
        }
    }

    private static double heapMib(Service gateway) throws IOException, InterruptedException {
        String heap = Jvm.jcmd(gateway.pid(), "GC.heap_info");
        Matcher committed = COMMITTED.matcher(heap);
        if (!committed.find()) {
            throw new IllegalStateException("no committed bytes in " + heap);
        }
        return Long.parseLong(committed.group(1)) / 1024.0;
    }
}
