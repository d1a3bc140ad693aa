package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.text;
import static io.tokamak.gateway.objects.RestGateway.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.objects.QuotaExceeded;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** Of HTTP/2, in bytes, where nothing else was said. */
    private static final int WINDOW = 65_535;

    /** Of a body, in a frame. */
    private static final int PART = 16 << 10;

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

    @ParameterizedTest
    @ValueSource(strings = {"/v1/objects", "/v1/objects:wait", "/nowhere", "/v1/nodes"})
    @DisplayName(
            "a length over HTTP/2 that is not the body's is refused, and the connection goes on")
    void wrongLength(String path) throws Exception {
        int[][] lengthsAndSent = {
            {3, 10},
            {10, 3},
            {3, 0},
            {3, 60_000},
            {59_999, 60_000},
            {300_000, 100_000},
            {100_000, 300_000},
        };
        try (Http2 caller = new Http2(gateway.port()).greet()) {
            AtomicInteger window = new AtomicInteger(WINDOW);
            int stream = 1;
            for (int[] lengthAndSent : lengthsAndSent) {
                begin(caller, stream, path, lengthAndSent[0]);
                String end = end(caller, stream, lengthAndSent[1], window);
                assertThat(end)
                        .as("%d bytes, %d sent", lengthAndSent[0], lengthAndSent[1])
                        .matches("reset|.*\"status\":4.*");
                stream += 2;
                begin(caller, stream, "/v1/objects", 300_000);
                assertThat(end(caller, stream, 300_000, window)).startsWith("{\"id\":");
                stream += 2;
            }
        }
        assertNothingHeld();
    }

    private static void begin(Http2 caller, int stream, String path, int length)
            throws IOException {
        caller.frame(
                Http2.HEADERS,
                Http2.END_HEADERS,
                stream,
                Http2.headers(path, Map.of("content-length", "" + length)));
    }

    /**
     * Sends so many bytes, as the gateway takes them.
     *
     * @param window bytes that the connection may send
     * @return the body of the answer, or reset
     */
    private static String end(Http2 caller, int stream, int length, AtomicInteger window)
            throws IOException {
        StringBuilder answer = new StringBuilder();
        int left = length;
        int streamWindow = WINDOW;
        boolean isOver = false;
        for (boolean isSent = false; !isOver; ) {
            int part = Math.min(Math.min(left, PART), Math.min(streamWindow, window.get()));
            if (!isSent && (part > 0 || left == 0)) {
                left -= part;
                streamWindow -= part;
                window.addAndGet(-part);
                isSent = left == 0;
                caller.frame(Http2.DATA, isSent ? Http2.END_STREAM : 0, stream, new byte[part]);
                continue;
            }
            Http2.Frame frame = caller.read();
            boolean isOurs = frame.stream() == stream;
            switch (frame.type()) {
                case Http2.WINDOW_UPDATE -> {
                    int more = ByteBuffer.wrap(frame.payload()).getInt();
                    if (isOurs) {
                        streamWindow += more;
                    } else if (frame.stream() == 0) {
                        window.addAndGet(more);
                    }
                }
                case Http2.HEADERS, Http2.DATA -> {
                    if (isOurs && frame.type() == Http2.DATA) {
                        answer.append(new String(frame.payload(), UTF_8));
                    }
                    isOver = isOurs && (frame.flags() & Http2.END_STREAM) != 0;
                }
                case Http2.RST_STREAM -> isOver = isOurs;
                default -> {}
            }
        }
        return answer.isEmpty() ? "reset" : answer.toString();
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
                "PUT %s HTTP/1.1\r\n"
                        + "Host:\r\n"
                        + "Content-Length: 9000000\r\n"
                        + "Expect: 100-continue\r\n\r\n",
                "PUT %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                "PUT %s HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "PUT %s HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            })
    @DisplayName("an upload that ends at any point before its end leaves nothing")
    @SuppressWarnings("StringConcatToTextBlock") // the ends of lines are the protocol's
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
                "GET /v1/namespaces/gone/objects/never?view=info&wait=5m HTTP/1.1\r\nHost:\r\n\r\n",
                "HEAD /v1/namespaces/gone/objects/never?wait=5m HTTP/1.1\r\nHost:\r\n\r\n",
                "POST /v1/objects:wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 46\r\n\r\n"
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
    @DisplayName(
            "a mapping whose caller is gone before it is made is given up, long before its ttl")
    void mappings() throws Exception {
        Gauge standing =
                gateway.context()
                        .getBean(MeterRegistry.class)
                        .get("tokamak.gateway.mappings")
                        .gauge();
        Path folder = gateway.node().folder();
        String body =
                "{\"nonce\": \"%s\", \"ttl\": \"1h\"}"
                        .formatted(Files.readString(folder.resolve("nonce")).strip());
        List<Socket> callers = new ArrayList<>();
        try (TokamakClient writer =
                TokamakClient.connect(new ConnectOptions(folder, "writer", PATIENCE))) {
            writer.put(new byte[1], PutOptions.DEFAULTS);
            long openFiles = openFiles();
            gateway.node().signal("STOP");
            try {
                // Not in the index yet: who maps it asks the node.
                Stored stored = writer.put(new byte[] {2}, PutOptions.DEFAULTS);
                for (int i = 0; i < 50; i++) {
                    Socket caller = gateway.connect();
                    caller.setSoLinger(true, 0);
                    write(
                            caller,
                            "POST /v1/objects/%s/mappings HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                                    .formatted(stored.id(), body.length(), body));
                    callers.add(caller);
                }
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> Blocking.running() >= 50);
                for (Socket caller : callers) {
                    caller.close();
                }
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> openFiles() <= openFiles + 5);
            } finally {
                gateway.node().signal("CONT");
            }
        }
        await().atMost(PATIENCE).until(() -> Blocking.running() == 0);
        assertThat(standing.value()).isZero();
        assertNothingPinned();
    }

    private static long openFiles() {
        return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
                .getOpenFileDescriptorCount();
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
