package io.tokamak.gateway.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.gateway.GatewayApplication;
import io.tokamak.gateway.node.NodeProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

@DisplayName("A mapping")
class MappingIT {
    private static final int MIB = 1 << 20;
    private static final int MAPPINGS_MAX = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final long SEED = Long.getLong("tokamak.seed", System.nanoTime());

    private static NodeProcess node;
    private static ConfigurableApplicationContext gateway;
    private static URI uri;
    private static Http http;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("MappingIT: seed " + SEED);
        node = new NodeProcess();
        gateway =
                SpringApplication.run(
                        GatewayApplication.class,
                        "--server.port=0",
                        "--spring.grpc.server.port=0",
                        "--tokamak.folder=" + node.folder(),
                        "--tokamak.mapping.count-max=" + MAPPINGS_MAX);
        uri =
                URI.create(
                        "http://127.0.0.1:"
                                + Objects.requireNonNull(
                                                ((ReactiveWebServerApplicationContext) gateway)
                                                        .getWebServer())
                                        .getPort());
        http = new Http(uri);
        await().atMost(PATIENCE).until(http::isReady);
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
        node.close();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(SEED + length).nextBytes(bytes);
        return bytes;
    }

    private static String nonce() throws IOException {
        return Files.readString(node.folder().resolve("nonce"));
    }

    private static Http.Answer map(String object, String ttl) throws IOException {
        return http.post(
                object + "/mappings",
                "{\"nonce\": \"%s\", \"ttl\": \"%s\"}".formatted(nonce(), ttl));
    }

    private static String path(Http.Answer mapping) {
        assertThat(mapping.status()).as(mapping.text()).isEqualTo(201);
        return "/v1/mappings/" + mapping.field("mapping");
    }

    private static void assertProblem(Http.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.field("code")).isEqualTo(code);
    }

    private static void assertEnded(Http.Answer answer) {
        assertProblem(answer, 410, "mapping-ended");
    }

    // ---- what it is for

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {0, 1, 255, 256, 4097, 5 * MIB + 3})
    @DisplayName("lets another process read the very bytes with nothing but open and mmap:")
    void readsInPlace(int length) throws Exception {
        byte[] bytes = bytes(length);
        try (Mapper mapper = new Mapper(uri, http.put(bytes), "60s")) {
            assertThat(mapper.answer()).isEqualTo("201");
            assertThat(mapper.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(mapper.ask("renew")).isEqualTo("200");
            assertThat(mapper.ask("release")).isEqualTo("200");
            assertThat(mapper.ask("release")).isEqualTo("410");
        }
    }

    @Test
    @DisplayName("says where the bytes lie and when it ends")
    void describes() throws Exception {
        Instant before = Instant.now().minusMillis(1);
        Http.Answer mapping = map(http.put(bytes(1000)), "30s");
        assertThat(mapping.json().propertyNames())
                .containsExactly("mapping", "folder", "file", "offset", "length", "expires");
        assertThat(mapping.field("mapping")).matches("[0-9a-f]{32}");
        assertThat(mapping.field("folder")).isEqualTo(node.folder().toString());
        assertThat(mapping.field("file")).isEqualTo("pool");
        assertThat(mapping.json().path("length").asLong()).isEqualTo(1000);
        assertThat(mapping.json().path("offset").asLong() % 64).isZero();
        assertThat(Instant.parse(mapping.field("expires")))
                .isBetween(before.plusSeconds(30), Instant.now().plusSeconds(30));
        http.delete(path(mapping));
    }

    @Test
    @DisplayName("is an access: it puts off the end of an object that nobody uses")
    void access() throws Exception {
        Http.Answer put = http.call("POST", "/v1/objects?idle=5s", bytes(10));
        String object = "/v1/objects/" + put.field("id");
        Instant before = Instant.parse(put.field("expires"));
        await().atMost(PATIENCE)
                .until(
                        () -> {
                            http.delete(path(map(object, "30s")));
                            // A description is none.
                            Http.Answer info = http.get(object + "?view=info");
                            return Instant.parse(info.field("expires")).isAfter(before);
                        });
    }

    @Test
    @DisplayName("is made of a named object too, also of one whose key ends with /mappings")
    void named() throws Exception {
        String outer = "/v1/namespaces/maps/objects/a";
        String inner = outer + "/mappings";
        assertThat(http.call("PUT", outer, bytes(10)).status()).isEqualTo(201);
        assertThat(http.call("PUT", inner, bytes(20)).status()).isEqualTo(201);
        assertThat(http.get(inner).status()).isEqualTo(200);

        Http.Answer ofOuter = map(outer, "30s");
        Http.Answer ofInner = map(inner, "30s");
        assertThat(ofOuter.json().path("length").asLong()).isEqualTo(10);
        assertThat(ofInner.json().path("length").asLong()).isEqualTo(20);
        assertThat(http.delete(inner).status()).isEqualTo(204);
        assertThat(http.delete(path(ofInner)).status()).isEqualTo(200);
        assertThat(http.delete(path(ofOuter)).status()).isEqualTo(200);
        assertProblem(map(inner, "30s"), 404, "object-not-found");
        assertProblem(
                http.post("/v1/namespaces/maps/objects/mappings", "{}"), 405, "method-not-allowed");
    }

    @Test
    @DisplayName("keeps the bytes of a deleted object from being reused until it is released")
    void deleted() throws Exception {
        byte[] bytes = bytes(8 * MIB);
        String object = http.put(bytes);
        try (Mapper mapper = new Mapper(uri, object, "60s")) {
            assertThat(mapper.answer()).isEqualTo("201");
            assertThat(http.delete(object).status()).isEqualTo(204);
            for (int i = 0; i < 60; i++) { // twice the pool
                assertThat(http.delete(http.put(new byte[8 * MIB])).status()).isEqualTo(204);
            }
            assertThat(mapper.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(http.pinned()).isGreaterThanOrEqualTo(bytes.length);
            assertThat(mapper.ask("release")).isEqualTo("200");
        }
        await().atMost(PATIENCE).until(() -> http.pinned() < bytes.length);
    }

    // ---- its time

    @Test
    @DisplayName("ends never early, and at most a second late")
    void expires() throws Exception {
        int attempts = 3; // a machine that stands still for a second makes anything late
        List<Duration> late = new ArrayList<>();
        for (int i = 0;
                i < attempts && (i == 0 || late.getLast().compareTo(Duration.ofSeconds(1)) > 0);
                i++) {
            Http.Answer mapping = map(http.put(bytes(2 * MIB)), "1s");
            Instant end = Instant.parse(mapping.field("expires"));
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(10))
                    .until(
                            () -> {
                                boolean isFree = http.pinned() < 2 * MIB;
                                assertThat(isFree && Instant.now().isBefore(end))
                                        .as("free before its end")
                                        .isFalse();
                                return isFree;
                            });
            late.add(Duration.between(end, Instant.now()));
            assertEnded(http.delete(path(mapping)));
        }
        assertThat(late.getLast()).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("lives as long as it is renewed, by what was asked last unless told otherwise")
    void renewed() throws Exception {
        Http.Answer mapping = map(http.put(bytes(100)), "700ms");
        Instant first = Instant.parse(mapping.field("expires"));
        while (Instant.now().isBefore(first.plusSeconds(1))) {
            Http.Answer renewed = http.post(path(mapping) + ":renew", "");
            assertThat(renewed.status()).as(renewed.text()).isEqualTo(200);
            assertThat(renewed.field("mapping")).isEqualTo(mapping.field("mapping"));
            assertThat(renewed.json().path("offset")).isEqualTo(mapping.json().path("offset"));
            assertThat(Instant.parse(renewed.field("expires"))).isAfterOrEqualTo(first);
        }
        Instant before = Instant.now();
        Http.Answer longer = http.post(path(mapping) + ":renew", "{\"ttl\": \"1h\"}");
        assertThat(Instant.parse(longer.field("expires")))
                .isAfter(before.plus(Duration.ofMinutes(59)));
        assertThat(http.delete(path(mapping)).status()).isEqualTo(200);
        assertEnded(http.post(path(mapping) + ":renew", ""));
    }

    @Test
    @DisplayName("used late by a process that was stopped has other bytes, and says so: 410")
    void stoppedBeyondItsEnd() throws Exception {
        byte[] bytes = bytes(8 * MIB);
        String object = http.put(bytes);
        try (Mapper mapper = new Mapper(uri, object, "2s")) {
            assertThat(mapper.answer()).isEqualTo("201");
            mapper.signal("STOP");
            assertThat(http.delete(object).status()).isEqualTo(204);
            await().atMost(PATIENCE)
                    .until(
                            () -> {
                                for (int i = 0; i < 20; i++) {
                                    http.delete(http.put(new byte[8 * MIB]));
                                }
                                return http.pinned() == 0;
                            });
            for (int i = 0; i < 40; i++) { // the whole pool
                http.delete(http.put(new byte[8 * MIB]));
            }
            mapper.signal("CONT");
            assertThat(mapper.ask("read")).isNotEqualTo(Mapper.crc(bytes));
            assertThat(mapper.ask("renew")).isEqualTo("410");
            assertThat(mapper.ask("release")).isEqualTo("410");
        }
    }

    @Test
    @DisplayName("I12: of a process that was stopped within its time reads on unharmed")
    void stoppedWithinItsTime() throws Exception {
        byte[] bytes = bytes(8 * MIB);
        String object = http.put(bytes);
        try (Mapper mapper = new Mapper(uri, object, "60s")) {
            assertThat(mapper.answer()).isEqualTo("201");
            mapper.signal("STOP");
            assertThat(http.delete(object).status()).isEqualTo(204);
            for (int i = 0; i < 40; i++) {
                http.delete(http.put(new byte[8 * MIB]));
            }
            mapper.signal("CONT");
            assertThat(mapper.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(mapper.ask("release")).isEqualTo("200");
        }
    }

    @Test
    @DisplayName("of a process that died is free at its end")
    void abandoned() throws Exception {
        try (Mapper mapper = new Mapper(uri, http.put(bytes(4 * MIB)), "1s")) {
            assertThat(mapper.answer()).isEqualTo("201");
        }
        await().atMost(PATIENCE).until(() -> http.pinned() < 4 * MIB);
    }

    // ---- who may

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "00000000000000000000000000000000",
                "guess",
                "upper",
                "newline",
                "digit"
            })
    @DisplayName("is not given to who guesses the nonce, or comes close to it:")
    void guessed(String kind) throws Exception {
        String right = nonce();
        String sent =
                switch (kind) {
                    case "guess" ->
                            "%016x%016x"
                                    .formatted(
                                            ThreadLocalRandom.current().nextLong(),
                                            ThreadLocalRandom.current().nextLong());
                    case "upper" -> right.toUpperCase(java.util.Locale.ROOT) + " ";
                    case "newline" -> right + "\\n";
                    case "digit" -> (right.charAt(0) == '0' ? "1" : "0") + right.substring(1);
                    default -> kind;
                };
        Http.Answer answer =
                http.post(http.put(bytes(9)) + "/mappings", "{\"nonce\": \"%s\"}".formatted(sent));
        assertProblem(answer, 409, "not-co-located");
        assertThat(answer.field("reason")).isEqualTo("nonce differs");
        assertThat(answer.text()).doesNotContain(right);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | bad-parameter",
                "'' | bad-parameter",
                "{\"nonce\": null} | bad-parameter",
                "{\"nonce\": 17} | bad-parameter",
                "{\"nonce\": [\"NONCE\"]} | bad-parameter",
                "[] | bad-parameter",
                "{\"nonce\" | bad-parameter",
                "{\"nonce\": \"NONCE\", \"tll\": \"10s\"} | unknown-parameter",
                "{\"nonce\": \"NONCE\", \"ttl\": 10} | bad-duration",
                "{\"nonce\": \"NONCE\", \"ttl\": \"10\"} | bad-duration",
                "{\"nonce\": \"NONCE\", \"ttl\": \"0s\"} | bad-duration",
                "{\"nonce\": \"NONCE\", \"ttl\": \"-1s\"} | bad-duration",
                "{\"nonce\": \"NONCE\", \"ttl\": \"99ms\"} | bad-duration",
                "{\"nonce\": \"NONCE\", \"ttl\": \"3601s\"} | bad-duration",
            })
    @DisplayName("is refused with 400 when the request is wrong:")
    void badRequest(String body, String code) throws Exception {
        long before = http.pinned();
        assertProblem(
                http.post(http.put(bytes(9)) + "/mappings", body.replace("NONCE", nonce())),
                400,
                code);
        assertThat(http.pinned()).isEqualTo(before);
    }

    @Test
    @DisplayName(
            "has the default time when none is asked for, and the shortest and longest that may be")
    void bounds() throws Exception {
        String object = http.put(bytes(9));
        for (String ttl :
                List.of("", ", \"ttl\": null", ", \"ttl\": \"100ms\"", ", \"ttl\": \"PT1H\"")) {
            Http.Answer mapping =
                    http.post(
                            object + "/mappings", "{\"nonce\": \"%s\"%s}".formatted(nonce(), ttl));
            assertThat(mapping.status()).as(mapping.text()).isEqualTo(201);
            http.delete(path(mapping));
        }
        Http.Answer tooLong = map(object, "2h");
        assertThat(tooLong.field("max")).isEqualTo("1h");
        assertThat(tooLong.field("min")).isEqualTo("100ms");
    }

    @Test
    @DisplayName("is found by nothing but its id, and by the right method")
    void unknown() throws Exception {
        assertEnded(http.delete("/v1/mappings/00000000000000000000000000000000"));
        assertEnded(http.post("/v1/mappings/00000000000000000000000000000000:renew", ""));
        assertEnded(http.delete("/v1/mappings/x"));
        assertProblem(http.get("/v1/mappings/x"), 405, "method-not-allowed");
        assertProblem(http.get("/v1/mappings/x:renew"), 405, "method-not-allowed");
        assertProblem(http.delete(http.put(bytes(9)) + "/mappings"), 405, "method-not-allowed");
        assertProblem(http.get("/v1/mappings"), 404, "no-such-path");
        assertProblem(http.delete("/v1/mappings/"), 404, "no-such-path");
        assertProblem(http.delete("/v1/mappings/x/y"), 404, "no-such-path");
        assertProblem(http.delete("/v1/mappings/x?y=z"), 400, "unknown-parameter");
        assertProblem(map("/v1/objects/xyz", "1s"), 400, "bad-id");
        assertProblem(map("/v1/objects/01" + "0".repeat(30), "1s"), 404, "object-not-found");
    }

    @Test
    @DisplayName("is one of so many: then 429, until one is released")
    void tooMany() throws Exception {
        String object = http.put(bytes(9));
        List<String> paths = new ArrayList<>();
        Http.Answer last = map(object, "60s");
        while (last.status() == 201 && paths.size() <= MAPPINGS_MAX) {
            paths.add(path(last));
            last = map(object, "60s");
        }
        assertProblem(last, 429, "quota-exceeded");
        assertThat(last.json().path("limit").asInt()).isEqualTo(MAPPINGS_MAX);
        assertThat(http.delete(paths.removeFirst()).status()).isEqualTo(200);
        paths.add(path(map(object, "60s")));
        paths.forEach(each -> assertThat(http.delete(each).status()).isEqualTo(200));
    }

    @Test
    @DisplayName("is not read from a body of any length")
    void tooLong() {
        assertProblem(
                http.call("POST", http.put(bytes(9)) + "/mappings", new byte[64 << 10]),
                413,
                "too-large");
    }
}
