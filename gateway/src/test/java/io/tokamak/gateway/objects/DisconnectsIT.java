package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.text;
import static io.tokamak.gateway.objects.RestGateway.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.objects.QuotaExceeded;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Callers who go away at every stage, and callers who want the same. */
@ExtendWith({SharedGateway.class, OutputCaptureExtension.class})
class DisconnectsIT {
    private static final int UPLOADS_MAX = 256;

    private final RestGateway gateway;

    DisconnectsIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    @AfterEach
    void noneOfItIsAFault(CapturedOutput output) {
        assertThat(output.getOut()).doesNotContain(" ERROR ");
    }

    @Test
    @DisplayName("a request that breaks HTTP/2 is told to its caller, and is no fault of ours")
    void brokenStream() throws Exception {
        try (Http2 caller = new Http2(gateway.port())) {
            caller.greet();
            caller.frame(
                    Http2.HEADERS,
                    Http2.END_HEADERS,
                    1,
                    Http2.headers("/v1/objects", Map.of("content-length", "-1")));
            assertThat(caller.read(Http2.RST_STREAM).stream()).isEqualTo(1);
        }
    }

    private static String path(String key) {
        return "/v1/namespaces/gone/objects/" + key;
    }

    private void assertNothingPinned() {
        await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
    }

    /**
     * All places for uploads can be taken, no memory is lent, and nothing is pinned. Not to be
     * asked after the put of a small object: its lane is kept for ten seconds.
     */
    private void assertNothingHeld() {
        gateway.assertNothingLeased();
        assertNothingPinned();
        UploadSlots slots = gateway.context().getBean(UploadSlots.class);
        await().atMost(PATIENCE)
                .ignoreException(QuotaExceeded.class)
                .untilAsserted(
                        () -> {
                            List<UploadSlots.Slot> taken = new ArrayList<>();
                            try {
                                for (int i = 0; i < UPLOADS_MAX; i++) {
                                    taken.add(slots.take());
                                }
                            } finally {
                                taken.forEach(UploadSlots.Slot::close);
                            }
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "PUT",
                "PUT %s HTTP/1.1\r\n",
                "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n",
                "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n",
                "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\nabc",
                "PUT %s HTTP/1.1\r\nContent-Length: 20000000\r\nExpect: 100-continue\r\n\r\n",
                "PUT %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                "PUT %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "PUT %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            })
    @DisplayName("an upload that ends at any point before its end leaves nothing")
    void uploads(String sent) throws Exception {
        for (int i = 0; i < 20; i++) {
            try (Socket socket = gateway.connect()) {
                write(socket, sent.formatted(path("upload")));
                if (i % 2 == 0) {
                    socket.setSoLinger(true, 0); // a reset, not an end
                }
            }
        }
        assertNothingHeld();
        assertProblem(gateway.get(path("upload")), 404, "object-not-found");
    }

    @Test
    @DisplayName("an upload that is complete is stored whole or not at all, read or not")
    void unheardAnswers() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (Socket socket = gateway.connect()) {
                write(
                        socket,
                        "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
                                .formatted(path("whole-" + i)));
            }
        }
        assertNothingHeld();
        for (int i = 0; i < 50; i++) {
            HttpResponse<byte[]> found = gateway.get(path("whole-" + i));
            if (found.statusCode() == 200) {
                assertThat(text(found)).isEqualTo("abc");
            } else {
                assertProblem(found, 404, "object-not-found");
            }
        }
    }

    @Test
    @DisplayName("a download that nobody reads to its end holds nothing any more")
    void downloads() throws Exception {
        assertThat(gateway.put(path("download"), random(24 * MIB, 1)).statusCode()).isEqualTo(201);
        for (int i = 0; i < 20; i++) {
            try (Socket socket = gateway.connect()) {
                write(
                        socket,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path("download")));
                if (i % 2 == 0) {
                    assertThat(readHead(socket.getInputStream())).startsWith("HTTP/1.1 200");
                }
                if (i % 4 == 0) {
                    socket.getInputStream().readNBytes(MIB);
                    socket.setSoLinger(true, 0);
                }
            }
        }
        assertNothingHeld();
        assertThat(gateway.delete(path("download")).statusCode()).isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/namespaces/gone/objects/never?wait=5m HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /v1/namespaces/gone/objects/never?wait=5m&view=info HTTP/1.1\r\n\r\n",
                "HEAD /v1/namespaces/gone/objects/never?wait=5m HTTP/1.1\r\n\r\n",
                "POST /v1/objects:wait HTTP/1.1\r\nContent-Length: 46\r\n\r\n"
                        + "{\"names\": [{\"key\": \"never\"}], \"timeout\": \"5m\"}",
                "POST /v1/objects:wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 46\r\n\r\n{",
                "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
            })
    @DisplayName("waits and watches end with their callers: however many come and go, all fit")
    void waits(String request) throws Exception {
        for (int round = 0; round < 6; round++) {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Socket socket = gateway.connect();
                write(socket, request);
                sockets.add(socket);
            }
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        assertThat(gateway.put(path("quick"), new byte[] {1}).statusCode()).isIn(200, 201);
        assertThat(gateway.get(path("quick")).statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> Blocking.running() == 0);
        assertNothingPinned();
    }

    @Test
    @DisplayName("two writers race for one name 1,000 times: exactly one 201 each")
    void races() throws Exception {
        List<HttpClient> writers = List.of(client(), client());
        int together = 25; // names, at a time
        for (int round = 0; round < 1000; round += together) {
            List<List<CompletableFuture<HttpResponse<byte[]>>>> races = new ArrayList<>();
            for (int i = 0; i < together; i++) {
                List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
                for (int writer = 0; writer < 2; writer++) {
                    HttpRequest put =
                            gateway.to(path("race-" + (round + i)))
                                    .PUT(BodyPublishers.ofString("writer " + writer))
                                    .build();
                    answers.add(writers.get(writer).sendAsync(put, BodyHandlers.ofByteArray()));
                }
                races.add(answers);
            }
            for (int i = 0; i < together; i++) {
                List<Integer> statuses = new ArrayList<>();
                for (CompletableFuture<HttpResponse<byte[]>> answer : races.get(i)) {
                    statuses.add(answer.get().statusCode());
                }
                String path = path("race-" + (round + i));
                assertThat(statuses).as(path).containsExactlyInAnyOrder(201, 409);
                if (i == 0) {
                    assertThat(text(gateway.get(path)))
                            .isEqualTo("writer " + statuses.indexOf(201));
                }
            }
        }
        assertNothingPinned();
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
