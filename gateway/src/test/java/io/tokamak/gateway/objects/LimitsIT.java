package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.ObjectName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a caller may take, each limit with its own answer; over real sockets. */
class LimitsIT {
    private static RestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway =
                new RestGateway(
                        "--tokamak.uploads-max=3",
                        "--tokamak.upload-timeout=1s",
                        "--tokamak.upload-time-total=2s",
                        "--tokamak.download-timeout=2s",
                        "--server.netty.idle-timeout=1s");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    private static String path(String key) {
        return "/v1/namespaces/limits/objects/" + key;
    }

    private static Socket upload(String key, String framing) throws IOException {
        Socket socket = gateway.connect();
        write(
                socket,
                "PUT %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n".formatted(path(key), framing));
        return socket;
    }

    /** What the connection says until it ends. */
    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }

    private static JsonNode problem(String answer) {
        return json(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    @Test
    @DisplayName("one upload too many is 429 with the limit, and fits when another has ended")
    void uploadsAtOnce() throws Exception {
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                open.add(upload("many-" + i, "Content-Length: " + 17 * MIB));
            }
            // The room of each is there: each has its place.
            await().atMost(PATIENCE).until(() -> gateway.ledger().leased() > 50 * MIB);
            HttpResponse<byte[]> refused = gateway.put(path("many"), new byte[1]);
            assertProblem(refused, 429, "quota-exceeded");
            assertThat(header(refused, "Retry-After")).isEqualTo("1");
            assertThat(json(refused).get("limit").asInt()).isEqualTo(3);
            assertThat(json(refused).get("remedy").asString()).contains("tokamak.uploads-max");
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        await().atMost(PATIENCE)
                .until(() -> gateway.put(path("many"), new byte[1]).statusCode() == 201);
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("long waits count as uploads until they are read; short ones do not")
    void longWaitsAtOnce() throws Exception {
        // As often as a busy machine lets one of them time out before the last has come.
        await().atMost(PATIENCE).until(() -> statusesOfLongWaits(4).contains("429"));
        assertThat(gateway.post("/v1/objects:wait", "{\"ids\": []}").statusCode()).isEqualTo(200);
        assertThat(statusesOfLongWaits(3)).containsOnly("408");
    }

    /** Of so many at once, whose bodies end half-way. */
    private static List<String> statusesOfLongWaits(int count) throws IOException {
        List<Socket> open = new ArrayList<>();
        List<String> statuses = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                open.add(gateway.connect());
                write(open.getLast(), waiting(3 * MIB) + "{" + " ".repeat(MIB));
            }
            for (Socket socket : open) {
                statuses.add(readHead(socket.getInputStream()).split(" ", 3)[1]);
            }
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        return statuses;
    }

    private static String waiting(int length) {
        return """
        POST /v1/objects:wait HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/json\r
        Content-Length: %d\r
        \r
        """
                .formatted(length);
    }

    @Test
    @DisplayName("a body without a byte for the time-out is 408 upload-timeout, and leaves nothing")
    void stalls() throws Exception {
        try (Socket socket = upload("stalls", "Content-Length: 1000000")) {
            write(socket, "abc");
            String answer = rest(socket);
            assertThat(answer).startsWith("HTTP/1.1 408").containsIgnoringCase("connection: close");
            assertThat(problem(answer).get("code").asString()).isEqualTo("upload-timeout");
            assertThat(problem(answer).get("received").asInt()).isEqualTo(3);
            assertThat(problem(answer).get("timeoutMillis").asInt()).isEqualTo(1000);
        }
        assertProblem(gateway.get(path("stalls")), 404, "object-not-found");
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("a body that drips for too long is 408 upload-too-slow, and leaves nothing")
    void drips() throws Exception {
        for (String framing :
                new String[] {"Content-Length: 1000000", "Transfer-Encoding: chunked"}) {
            try (Socket socket = upload("drips", framing)) {
                socket.setSoTimeout(100); // a byte each time that nothing was answered
                InputStream in = socket.getInputStream();
                int first = -2;
                for (int sent = 0; first == -2 && sent < 1000; sent++) {
                    write(socket, framing.endsWith("chunked") ? "1\r\nx\r\n" : "x");
                    try {
                        first = in.read();
                    } catch (java.net.SocketTimeoutException nothingYet) {
                        assertThat(sent).isLessThan(900);
                    }
                }
                socket.setSoTimeout((int) PATIENCE.toMillis());
                String answer = (char) first + rest(socket);
                assertThat(answer).startsWith("HTTP/1.1 408");
                assertThat(problem(answer).get("code").asString()).isEqualTo("upload-too-slow");
                assertThat(problem(answer).get("received").asInt()).isBetween(5, 100);
                assertThat(problem(answer).get("remedy").asString())
                        .contains("tokamak.upload-time-total");
            }
        }
        assertProblem(gateway.get(path("drips")), 404, "object-not-found");
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("a reader that takes nothing is cut off, and its pin ends; a slow one is not")
    void readers() throws Exception {
        byte[] bytes = random(60 * MIB, 5);
        store("read", bytes);
        try (Socket stalled = gateway.connect();
                Socket slow = gateway.connect()) {
            for (Socket socket : List.of(stalled, slow)) {
                write(socket, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path("read")));
            }
            InputStream in = slow.getInputStream();
            assertThat(readHead(in)).startsWith("HTTP/1.1 200");
            byte[] read = new byte[bytes.length];
            int length = 0;
            MeterRegistry metrics = gateway.context().getBean(MeterRegistry.class);
            double before = metrics.counter("tokamak.gateway.readers.cut").count();
            long end = System.nanoTime() + PATIENCE.toNanos();
            // Some bytes now and then, for as long as it takes until the other one is cut off.
            while (metrics.counter("tokamak.gateway.readers.cut").count() == before) {
                assertThat(System.nanoTime()).isLessThan(end);
                length += in.readNBytes(read, length, MIB / 2);
                await().pollDelay(Duration.ofMillis(50)).until(() -> true);
            }
            assertThat(gateway.ledger().pinned()).isPositive();
            in.readNBytes(read, length, bytes.length - length);
            assertThat(read).isEqualTo(bytes);
            await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
            assertThat(metrics.counter("tokamak.gateway.readers.cut").count())
                    .isEqualTo(before + 1);
            assertThat(bytesUntilTheEnd(stalled)).isLessThan(bytes.length);
        }
    }

    @Test
    @DisplayName("the kernel keeps less than 512 KiB for a reader that takes nothing")
    void unsent() throws Exception {
        store("unsent", random(24 * MIB, 6));
        try (Socket stalled = gateway.connect()) {
            write(stalled, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path("unsent")));
            await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() > 0);
            LongAccumulator most = new LongAccumulator(Math::max, 0);
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .until(
                            () -> {
                                most.accumulate(
                                        sendQueue(stalled.getPort(), stalled.getLocalPort()));
                                return gateway.ledger().pinned() == 0; // it was cut off
                            });
            assertThat(most.get()).isBetween(1L, 512L << 10);
        }
    }

    /** Bytes that a connection's other end has written and that are not acknowledged. */
    private static long sendQueue(int from, int to) throws IOException {
        // proc_pid_net(5): local address and port, the other's, state, queue to be sent, ...
        Pattern line =
                Pattern.compile(
                        " \\d+: \\w+:%04X \\w+:%04X \\w\\w (\\w{8}):.*".formatted(from, to));
        long bytes = 0;
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String row : Files.readAllLines(Path.of(table))) {
                Matcher found = line.matcher(row);
                if (found.find()) {
                    bytes += Long.parseLong(found.group(1), 16);
                }
            }
        }
        return bytes;
    }

    @Test
    @DisplayName("so it is over HTTP/2, where the other calls of the connection go on")
    void readersOfStreams() throws Exception {
        byte[] bytes = random(2 * MIB, 6);
        store("streamed", bytes);
        MeterRegistry metrics = gateway.context().getBean(MeterRegistry.class);
        double before = metrics.counter("tokamak.gateway.readers.cut").count();
        int stalled = 1;
        int slow = 3;
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (Http2 connection = new Http2(gateway.port()).greet(64 << 10)) {
            connection.get(stalled, path("streamed"));
            connection.get(slow, path("streamed"));
            boolean isCut = false;
            boolean isEnded = false;
            int taken = 0;
            while (!isCut || !isEnded) { // a connection that says nothing for too long fails this
                Http2.Frame frame = connection.read();
                if (frame.stream() == stalled) {
                    assertThat(frame.flags() & Http2.END_STREAM).isZero();
                    if (frame.type() == Http2.RST_STREAM) {
                        isCut = true;
                        connection.allow(slow, bytes.length);
                    }
                } else if (frame.stream() == slow && frame.type() == Http2.DATA) {
                    read.writeBytes(frame.payload());
                    isEnded = (frame.flags() & Http2.END_STREAM) != 0;
                    taken += frame.payload().length;
                    if (!isCut && !isEnded && taken >= 32 << 10) {
                        await().pollDelay(java.time.Duration.ofMillis(200)).until(() -> true);
                        connection.allow(slow, taken);
                        taken = 0;
                    }
                } else {
                    assertThat(frame.type()).isNotEqualTo(Http2.GOAWAY);
                }
            }
        }
        assertThat(read.toByteArray()).isEqualTo(bytes);
        assertThat(metrics.counter("tokamak.gateway.readers.cut").count()).isEqualTo(before + 1);
        await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
    }

    @Test
    @DisplayName("a list has 2 MiB of metadata at most, and its reader is cut off like any other")
    void readersOfLists() throws Exception {
        int count = 1000;
        Attributes attributes = Attributes.of(Map.of("long", "v".repeat(8000)));
        for (int i = 0; i < count; i++) {
            client().put(
                            new byte[1],
                            PutOptions.named(new ObjectName("listed", "key-" + i))
                                    .withAttributes(attributes));
        }
        String path = "/v1/objects?namespace=listed&limit=" + count;
        Set<String> keys = new HashSet<>();
        String next = path;
        while (!next.isEmpty()) {
            HttpResponse<byte[]> page = gateway.get(next);
            assertThat(page.body().length).isLessThan(5 * MIB / 2);
            json(page).get("objects").forEach(object -> keys.add(object.get("key").asString()));
            JsonNode cursor = json(page).get("cursor");
            next = cursor.isNull() ? "" : path + "&cursor=" + cursor.asString();
        }
        assertThat(keys).hasSize(count);
        MeterRegistry metrics = gateway.context().getBean(MeterRegistry.class);
        double before = metrics.counter("tokamak.gateway.readers.cut").count();
        int readers = 20;
        List<Socket> stalled = new ArrayList<>();
        try (Http2 stream = new Http2(gateway.port()).greet(0)) {
            for (int i = 0; i < readers; i++) {
                stalled.add(gateway.connect());
                write(
                        stalled.getLast(),
                        "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
            }
            stream.get(1, path);
            assertThat(gateway.get(path).statusCode()).isEqualTo(200);
            assertThat(stream.read(Http2.RST_STREAM).stream()).isEqualTo(1);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(
                                                    metrics.counter("tokamak.gateway.readers.cut")
                                                            .count())
                                            .isEqualTo(before + readers + 1));
            for (Socket socket : stalled) {
                assertThat(bytesUntilTheEnd(socket)).isLessThan(2 * MIB);
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }

    /** Without an upload: a busy machine may take longer than one may last here. */
    private static void store(String key, byte[] bytes) {
        client().put(bytes, PutOptions.named(new ObjectName("limits", key)));
    }

    private static TokamakClient client() {
        return gateway.context().getBean(NodeConnection.class).client();
    }

    private static long bytesUntilTheEnd(Socket socket) throws IOException {
        long count = 0;
        byte[] part = new byte[MIB];
        try {
            for (int n = socket.getInputStream().read(part);
                    n >= 0;
                    n = socket.getInputStream().read(part)) {
                count += n;
            }
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return count;
    }

    @Test
    @DisplayName("headers and first lines that are too long are 431 and 414, with the limit")
    void heads() throws Exception {
        try (Socket socket = gateway.connect()) {
            write(
                    socket,
                    "GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\nA: %s\r\n\r\n"
                            .formatted("a".repeat(33 << 10)));
            String answer = untilReset(socket);
            assertThat(answer).startsWith("HTTP/1.1 431").contains("application/problem+json");
            assertThat(problem(answer).get("code").asString()).isEqualTo("head-too-large");
            assertThat(problem(answer).get("limit").asInt()).isEqualTo(32 << 10);
        }
        try (Socket socket = gateway.connect()) {
            write(
                    socket,
                    "GET /v1/%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .formatted("a".repeat(17 << 10)));
            String answer = untilReset(socket);
            assertThat(answer).startsWith("HTTP/1.1 414");
            assertThat(problem(answer).get("code").asString()).isEqualTo("path-too-long");
            assertThat(problem(answer).get("limit").asInt()).isEqualTo(16 << 10);
        }
        assertThat(gateway.get("/v1/nodes").statusCode()).isEqualTo(200);
    }

    /** The server closes while bytes of the request still come. */
    private static String untilReset(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        String head = readHead(in);
        StringBuilder body = new StringBuilder();
        try {
            for (int c = in.read(); c >= 0; c = in.read()) {
                body.append((char) c);
            }
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return head + body;
    }

    @Test
    void aConnectionThatAsksForNothingIsClosed() throws Exception {
        try (Socket fresh = gateway.connect();
                Socket used = gateway.connect()) {
            write(
                    used,
                    "HEAD /v1/objects/%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .formatted("0".repeat(32)));
            assertThat(readHead(used.getInputStream())).startsWith("HTTP/1.1 404");
            assertThat(used.getInputStream().read()).isEqualTo(-1);
            assertThat(fresh.getInputStream().read()).isEqualTo(-1);
        }
    }
}
