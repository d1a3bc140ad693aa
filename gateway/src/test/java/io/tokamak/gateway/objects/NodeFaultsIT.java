package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.text;
import static io.tokamak.gateway.objects.RestGateway.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node that is killed while everything is under way. */
@Timeout(300)
class NodeFaultsIT {
    private static RestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = new RestGateway("--tokamak.node-timeout=2s");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    private static String path(String key) {
        return "/v1/namespaces/faults/objects/" + key;
    }

    private static CompletableFuture<HttpResponse<byte[]>> later(HttpRequest.Builder request) {
        CompletableFuture<HttpResponse<byte[]>> answer = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                answer.complete(gateway.send(request));
                            } catch (Exception | AssertionError e) {
                                answer.completeExceptionally(e);
                            }
                        });
        return answer;
    }

    private static void assertUnavailable(HttpResponse<byte[]> response) {
        assertProblem(response, 503, "unavailable");
        assertThat(Integer.parseInt(header(response, "Retry-After"))).isPositive();
    }

    private static String mapping(String nonce) throws Exception {
        HttpResponse<byte[]> mapped =
                gateway.post(path("small") + "/mappings", "{\"nonce\": \"" + nonce + "\"}");
        assertThat(mapped.statusCode()).as(text(mapped)).isEqualTo(201);
        return header(mapped, "Location");
    }

    @Test
    @DisplayName(
            "whatever was under way ends well or with 503 and Retry-After; then all is as before")
    void killed() throws Exception {
        byte[] large = random(48 * MIB, 1);
        byte[] sent = random(17 * MIB, 2);
        assertThat(gateway.put(path("large"), large).statusCode()).isEqualTo(201);
        assertThat(gateway.put(path("small"), new byte[] {1}).statusCode()).isEqualTo(201);
        String nonce = Files.readString(gateway.node().folder().resolve("nonce")).strip();
        String renewed = mapping(nonce);
        String released = mapping(nonce);
        try (Socket download = gateway.connect();
                Socket upload = gateway.connect();
                EventStream events = new EventStream(gateway.open("/v1/events?namespace=faults"))) {
            write(download, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path("large")));
            InputStream in = download.getInputStream();
            assertThat(readHead(in)).startsWith("HTTP/1.1 200");
            byte[] read = new byte[large.length];
            int first = in.readNBytes(read, 0, MIB);
            write(
                    upload,
                    "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                            .formatted(path("upload"), sent.length));
            upload.getOutputStream().write(sent, 0, 8 * MIB);
            await().atMost(PATIENCE).until(() -> gateway.ledger().leased() > 16 * MIB);
            CompletableFuture<HttpResponse<byte[]>> wait =
                    later(
                            gateway.to("/v1/objects:wait")
                                    .POST(
                                            BodyPublishers.ofString(
                                                    """
                                                    {"names": [{"namespace": "faults", "key": "awaited"}], "timeout": "2m"}
                                                    """)));
            CompletableFuture<HttpResponse<byte[]>> get =
                    later(gateway.to(path("awaited") + "?wait=2m").GET());
            assertThat(events.nextComment()).isEqualTo("listening");

            gateway.node().kill();
            gateway.awaitReadiness(503);
            List<CompletableFuture<HttpResponse<byte[]>>> refused =
                    List.of(
                            later(gateway.to(path("unheard-of"))),
                            later(gateway.to("/v1/objects?limit=1")),
                            later(gateway.to("/v1/nodes")),
                            later(
                                    gateway.to(path("refused"))
                                            .PUT(BodyPublishers.ofByteArray(new byte[] {1}))),
                            later(gateway.to(path("unheard-of")).DELETE()),
                            later(
                                    gateway.to("/v1/nodes/local:drain")
                                            .POST(BodyPublishers.noBody())));
            for (CompletableFuture<HttpResponse<byte[]>> answer : refused) {
                assertUnavailable(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            }
            in.readNBytes(read, first, large.length - first);
            assertThat(read).as("the bytes are in memory, and pinned").isEqualTo(large);
            upload.getOutputStream().write(sent, 8 * MIB, sent.length - 8 * MIB);

            gateway.node().restart();
            gateway.awaitReadiness(200);
            assertUploaded(readHead(upload.getInputStream()), sent);
            assertThat(gateway.put(path("awaited"), new byte[] {7}).statusCode()).isEqualTo(201);
            HttpResponse<byte[]> waited = wait.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (waited.statusCode() == 200) {
                assertThat(json(waited).path("ready").path(0).path("key").asString())
                        .isEqualTo("awaited");
            } else {
                assertUnavailable(waited);
            }
            HttpResponse<byte[]> got = get.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (got.statusCode() == 200) {
                assertThat(got.body()).containsExactly(7);
            } else {
                assertUnavailable(got);
            }
            assertThat(events.next(event -> event.text("key").equals("awaited")).kind())
                    .isEqualTo("sealed");
        }
        assertProblem(gateway.post(renewed + ":renew", "{}"), 410, "mapping-ended");
        assertProblem(gateway.delete(released), 410, "mapping-ended");
        assertThat(gateway.get(path("large")).body()).isEqualTo(large);
        assertThat(gateway.get(path("small")).body()).containsExactly(1);
        await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
        gateway.assertNothingLeased();
    }

    /** It was stored, or refused and leaves nothing in the way of another try. */
    private static void assertUploaded(String head, byte[] sent) throws Exception {
        if (!head.startsWith("HTTP/1.1 201")) {
            assertThat(head).startsWith("HTTP/1.1 503").contains("Retry-After");
            assertThat(gateway.put(path("upload"), sent).statusCode()).isIn(200, 201);
        }
        assertThat(gateway.get(path("upload")).body()).isEqualTo(sent);
    }

    @Test
    @DisplayName("a node that stays away is 503 for an upload that had begun, and for a mapping")
    void away() throws Exception {
        assertThat(gateway.put(path("small"), new byte[] {1}).statusCode()).isIn(200, 201);
        String nonce = Files.readString(gateway.node().folder().resolve("nonce")).strip();
        try (Socket upload = gateway.connect()) {
            write(
                    upload,
                    "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                            .formatted(path("away"), 17 * MIB));
            upload.getOutputStream().write(new byte[MIB]);
            await().atMost(PATIENCE).until(() -> gateway.ledger().leased() > 16 * MIB);
            gateway.node().kill();
            upload.getOutputStream().write(new byte[16 * MIB]);
            String head = readHead(upload.getInputStream());
            assertThat(head).startsWith("HTTP/1.1 503").contains("Retry-After");
            HttpResponse<byte[]> refused =
                    gateway.post(
                            "/v1/objects/0200000000000000000000000000000f/mappings",
                            "{\"nonce\": \"" + nonce + "\"}");
            assertUnavailable(refused);
        } finally {
            gateway.node().restart();
            gateway.awaitReadiness(200);
        }
        // The node may have found it whole when it came back: 503 says that nobody knows.
        HttpResponse<byte[]> found = gateway.get(path("away"));
        if (found.statusCode() == 200) {
            assertThat(found.body()).isEqualTo(new byte[17 * MIB]);
        } else {
            assertProblem(found, 404, "object-not-found");
        }
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("a gateway that stops answers those who wait with 503 and Retry-After, at once")
    void stopsUnderWaits() throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> waits =
                List.of(
                        later(gateway.to(path("never") + "?wait=60s").GET()),
                        later(gateway.to(path("never") + "?wait=60s&view=info").GET()),
                        later(
                                gateway.to("/v1/objects:wait")
                                        .POST(
                                                BodyPublishers.ofString(
                                                        """
                                                        {"names": [{"namespace": "faults", "key": "never"}], "timeout": "60s"}\
                                                        """))));
        await().atMost(PATIENCE).until(() -> Blocking.running() >= waits.size());
        long begin = System.nanoTime();
        gateway.restart();
        for (CompletableFuture<HttpResponse<byte[]>> wait : waits) {
            assertUnavailable(wait.get(1, TimeUnit.SECONDS));
        }
        // The grace for calls under way alone is 30 s.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(25));
    }

    @Test
    @DisplayName("a node that stands still: 504 when the caller's time is over, and no harm done")
    void standsStill() throws Exception {
        assertThat(gateway.put(path("before"), new byte[] {1}).statusCode()).isEqualTo(201);
        gateway.node().signal("STOP");
        try {
            HttpResponse<byte[]> late =
                    gateway.put(path("still") + "?deadline=500ms", new byte[] {2});
            assertProblem(late, 504, "deadline-exceeded");
        } finally {
            gateway.node().signal("CONT");
        }
        gateway.awaitReadiness(200);
        // The late one may have been put all the same.
        assertThat(gateway.put(path("still"), new byte[] {2}).statusCode()).isIn(200, 201);
        assertThat(gateway.get(path("still")).body()).containsExactly(2);
    }
}
