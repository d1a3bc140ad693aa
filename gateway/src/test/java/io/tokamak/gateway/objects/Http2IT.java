package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** HTTP/2 without TLS: by upgrade, as the JDK's client begins, and by prior knowledge. */
@ExtendWith(SharedGateway.class)
@DisplayName("HTTP/2")
class Http2IT {
    private final RestGateway gateway;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

    Http2IT(RestGateway gateway) {
        this.gateway = gateway;
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
    }

    private static String path(String key) {
        return "/v1/namespaces/h2/objects/" + key;
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder asked) throws Exception {
        HttpRequest request = asked.build();
        HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
        TableContract.check(request, response);
        return response;
    }

    /** The first request of a client, which asks for the upgrade. */
    private void upgrade() throws Exception {
        assertThat(send(gateway.to("/v1/nodes").GET()).version())
                .isEqualTo(HttpClient.Version.HTTP_2);
    }

    @Test
    @DisplayName("a first request with a body is served, before anything is upgraded")
    void putFirst() throws Exception {
        byte[] bytes = random(3 * MIB, 1);
        for (Framing body : Framing.values()) {
            try (HttpClient fresh =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
                HttpResponse<byte[]> created =
                        fresh.send(
                                gateway.to(path("first-" + body)).PUT(body.of(bytes)).build(),
                                BodyHandlers.ofByteArray());
                assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
                HttpResponse<byte[]> found =
                        fresh.send(
                                gateway.to(path("first-" + body)).build(),
                                BodyHandlers.ofByteArray());
                assertThat(found.body()).isEqualTo(bytes);
            }
        }
    }

    private enum Framing {
        LENGTH,
        CHUNKS;

        HttpRequest.BodyPublisher of(byte[] bytes) {
            return this == LENGTH
                    ? BodyPublishers.ofByteArray(bytes)
                    : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
        }
    }

    @Test
    @DisplayName("the calls are what they are over HTTP/1.1")
    void calls() throws Exception {
        upgrade();
        byte[] bytes = random(40 * MIB, 2);
        HttpResponse<byte[]> created =
                send(
                        gateway.to(
                                        path("calls"),
                                        "Tokamak-Attr-a",
                                        "b",
                                        "Content-Type",
                                        "text/plain")
                                .PUT(BodyPublishers.ofByteArray(bytes)));
        assertThat(created.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        HttpResponse<byte[]> found = send(gateway.to(path("calls")).GET());
        assertThat(found.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(found.body()).isEqualTo(bytes);
        assertThat(found.headers().firstValue("tokamak-attr-a")).hasValue("b");
        assertThat(found.headers().firstValue("content-type")).hasValue("text/plain");
        assertThat(send(gateway.to(path("calls"), "Range", "bytes=5-6").GET()).body())
                .isEqualTo(Arrays.copyOfRange(bytes, 5, 7));
        HttpResponse<byte[]> head =
                send(gateway.to(path("calls")).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.headers().firstValueAsLong("content-length")).hasValue(40 * MIB);
        HttpResponse<byte[]> unknown = send(gateway.to(path("calls") + "?colour=red").GET());
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(json(unknown).get("code").asString()).isEqualTo("unknown-parameter");
        assertThat(send(gateway.to(path("calls")).DELETE()).statusCode()).isEqualTo(204);
        assertThat(send(gateway.to(path("calls")).GET()).statusCode()).isEqualTo(404);
    }

    @Test
    @DisplayName("many calls share a connection, and a wait holds up none of them")
    void manyAtOnce() throws Exception {
        upgrade();
        CompletableFuture<HttpResponse<byte[]>> wait =
                client.sendAsync(
                        gateway.to(path("later") + "?wait=1m").build(), BodyHandlers.ofByteArray());
        List<CompletableFuture<HttpResponse<byte[]>>> puts = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            puts.add(
                    client.sendAsync(
                            gateway.to(path("many-" + i))
                                    .PUT(BodyPublishers.ofString("number " + i))
                                    .build(),
                            BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < puts.size(); i++) {
            assertThat(puts.get(i).get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode())
                    .isEqualTo(201);
            assertThat(text(send(gateway.to(path("many-" + i)).GET()))).isEqualTo("number " + i);
        }
        assertThat(wait).isNotDone();
        assertThat(send(gateway.to(path("later")).PUT(BodyPublishers.ofString("now"))).statusCode())
                .isEqualTo(201);
        assertThat(text(wait.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))).isEqualTo("now");
    }

    @Test
    @DisplayName("a stream that is given up ends its pin, and an upload that is, leaves nothing")
    void resets() throws Exception {
        upgrade();
        assertThat(
                        send(gateway.to(path("large"))
                                        .PUT(BodyPublishers.ofByteArray(random(40 * MIB, 3))))
                                .statusCode())
                .isEqualTo(201);
        HttpResponse<InputStream> open =
                client.send(gateway.to(path("large")).build(), BodyHandlers.ofInputStream());
        assertThat(open.body().readNBytes(MIB)).hasSize(MIB);
        assertThat(gateway.ledger().pinned()).isPositive();
        open.body().close();
        await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
        CompletableFuture<HttpResponse<byte[]>> upload =
                client.sendAsync(
                        gateway.to(path("given-up"))
                                .PUT(BodyPublishers.ofInputStream(Endless::new))
                                .build(),
                        BodyHandlers.ofByteArray());
        await().atMost(PATIENCE).until(() -> gateway.ledger().leased() > 4 * MIB);
        upload.cancel(true);
        gateway.assertNothingLeased();
        assertThat(send(gateway.to(path("given-up")).GET()).statusCode()).isEqualTo(404);
    }

    /** Bytes for as long as they are read, at most some MB a second. */
    private static final class Endless extends InputStream {
        private int count;

        @Override
        public int read() {
            return 'x';
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            if (++count > 600) { // enough to be seen, less than the pool
                await().atMost(PATIENCE)
                        .pollDelay(java.time.Duration.ofMillis(50))
                        .until(() -> true);
            }
            return length;
        }
    }

    @Test
    @DisplayName("prior knowledge works, as curl has it")
    void priorKnowledge() throws Exception {
        Process version = new ProcessBuilder("curl", "--version").start();
        String features =
                new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeThat(features).as("curl without HTTP/2").contains("HTTP2");
        String url = gateway.to(path("curl")).build().uri().toString();
        for (String how : List.of("--http2-prior-knowledge", "--http2")) {
            assertThat(curl(how, "-X", "DELETE", url)).startsWith("2 ");
            // With a body there is no upgrade; it is served all the same.
            assertThat(curl(how, "--data-binary", "curl", "-X", "PUT", url)).endsWith(" 201");
            assertThat(curl(how, url)).isEqualTo("2 200");
            assertThat(text(gateway.get(path("curl")))).isEqualTo("curl");
            assertThat(curl(how, "-H", "Host: evil.example", url)).isEqualTo("2 421");
        }
    }

    /** The protocol's version and the status. */
    private static String curl(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "curl",
                                "-s",
                                "-o",
                                "/dev/null",
                                "-w",
                                "%{http_version} %{http_code}"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(answer).isZero();
        return answer;
    }
}
