package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.objects.EventStream.Event;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Server-sent events of a real node, over real sockets. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EventsIT {
    private static final int LOGGED = 500;
    private static RestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway =
                new RestGateway(
                        "--tokamak.node-timeout=2s",
                        "--tokamak.events.logged=" + LOGGED,
                        "--tokamak.events.heartbeat=200ms");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    private static EventStream listen(String query, String... headers) throws Exception {
        HttpResponse<InputStream> response = gateway.open("/v1/events" + query, headers);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Content-Type")).startsWith("text/event-stream");
        TableContract.checkStream(Call.GET_EVENTS, response);
        return new EventStream(response);
    }

    private static void put(String namespaceAndKey, String... headers) throws Exception {
        String[] parts = namespaceAndKey.split("/", 2);
        HttpResponse<byte[]> response =
                gateway.put(
                        "/v1/namespaces/%s/objects/%s".formatted(parts[0], parts[1]),
                        new byte[] {1, 2, 3},
                        headers);
        assertThat(response.statusCode()).isEqualTo(201);
    }

    private static void delete(String namespaceAndKey) throws Exception {
        String[] parts = namespaceAndKey.split("/", 2);
        assertThat(
                        gateway.delete("/v1/namespaces/%s/objects/%s".formatted(parts[0], parts[1]))
                                .statusCode())
                .isEqualTo(204);
    }

    @Test
    void tellsOfWhatIsSealedAndDeleted() throws Exception {
        try (EventStream events = listen("?namespace=ev&prefix=a%2F")) {
            put("ev/b/other");
            put("other/a/1");
            put("ev/a/1", "Content-Type", "text/plain");
            delete("ev/a/1");
            Event sealed = events.next();
            assertThat(sealed.kind()).isEqualTo("sealed");
            assertThat(sealed.text("namespace")).isEqualTo("ev");
            assertThat(sealed.text("key")).isEqualTo("a/1");
            assertThat(sealed.text("mediaType")).isEqualTo("text/plain");
            assertThat(sealed.data().get("size").asInt()).isEqualTo(3);
            assertThat(sealed.text("id")).matches("[0-9a-f]{32}");
            assertThat(Instant.parse(sealed.text("time"))).isBeforeOrEqualTo(Instant.now());
            Event deleted = events.next();
            assertThat(deleted.kind()).isEqualTo("deleted");
            assertThat(deleted.text("id")).isEqualTo(sealed.text("id"));
            assertThat(Long.parseLong(deleted.id())).isGreaterThan(Long.parseLong(sealed.id()));
        }
    }

    @Test
    void tellsOfWhatExpiresAndOfObjectsWithoutAName() throws Exception {
        try (EventStream events = listen("")) {
            String id = header(gateway.post("/v1/objects?ttl=300ms", "soon gone"), "Tokamak-Id");
            assertThat(events.next(e -> e.text("id").equals(id)).kind()).isEqualTo("sealed");
            Event expired = events.next(e -> e.text("id").equals(id));
            assertThat(expired.kind()).isEqualTo("expired");
            assertThat(expired.text("namespace")).isEmpty();
        }
    }

    @Test
    void goesOnBehindTheLastEventThatWasSeen() throws Exception {
        String last;
        try (EventStream events = listen("?namespace=resume")) {
            put("resume/1");
            put("resume/2");
            last = events.next().id();
        }
        put("resume/3");
        try (EventStream events = listen("?namespace=resume", "Last-Event-ID", last)) {
            assertThat(events.next().text("key")).isEqualTo("2");
            assertThat(events.next().text("key")).isEqualTo("3");
        }
    }

    @Test
    void saysThatItLives() throws Exception {
        try (EventStream events = listen("?namespace=quiet")) {
            assertThat(events.nextComment()).isEqualTo("listening");
            assertThat(events.nextComment()).isEqualTo("alive");
            assertThat(events.nextComment()).isEqualTo("alive");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "?prefix=a, , bad-parameter",
        "?namespace=UPPER, , bad-name",
        "?names=a, , unknown-parameter",
        "'', x, bad-cursor",
        "'', -5, bad-cursor",
        "'', 99999999999999999999, bad-cursor",
    })
    void refused(String query, String last, String code) throws Exception {
        assertProblem(
                last == null
                        ? gateway.get("/v1/events" + query)
                        : gateway.get("/v1/events" + query, "Last-Event-ID", last),
                400,
                code);
    }

    @Test
    @DisplayName("a reader that takes nothing gets a gap, and the gateway keeps nothing for it")
    void slowReader() throws Exception {
        TokamakClient client = gateway.context().getBean(NodeConnection.class).client();
        try (Socket slow = gateway.connect();
                EventStream swift = listen("")) {
            write(slow, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
            InputStream in = slow.getInputStream();
            assertThat(readHead(in)).startsWith("HTTP/1.1 200");
            String last = "";
            for (int i = 0; i < 60; i++) { // some 10 MB of events: more than sockets hold
                for (int n = 0; n < LOGGED; n++) {
                    last = client.put(new byte[1], PutOptions.DEFAULTS).id().toString();
                }
                String awaited = last;
                swift.next(e -> e.text("id").equals(awaited) || e.kind().equals("gap"));
            }
            StringBuilder seen = new StringBuilder();
            byte[] part = new byte[64 << 10];
            while (seen.indexOf("event: gap") < 0) {
                int length = in.read(part);
                assertThat(length).isPositive();
                seen.delete(0, Math.max(0, seen.length() - 100));
                seen.append(new String(part, 0, length, StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void aListenerThatGoesIsForgotten() throws Exception {
        try (EventStream events = listen("?namespace=gone")) {
            assertThat(events.nextComment()).isEqualTo("listening");
        }
        var streams = gateway.context().getBean(io.tokamak.gateway.events.Events.class);
        await().atMost(PATIENCE).until(() -> streams.listeners() == 0);
    }

    @Test
    @Order(1_000)
    @DisplayName(
            "a node that dies and comes back is down, then up, and what happens then is heard of")
    void nodeDies() throws Exception {
        try (EventStream events = listen("")) {
            put("death/1");
            events.next("sealed");
            gateway.node().kill();
            Event down = events.next("node-down");
            assertThat(down.text("node")).isNotEmpty();
            gateway.node().restart();
            assertThat(events.next("node-up").text("node")).isEqualTo(down.text("node"));
            put("death/2");
            events.next(e -> e.text("key").equals("2"));
        }
    }

    @Test
    @Order(1_001)
    @DisplayName("a gateway that stops ends its streams; the next one says that there is a gap")
    void gatewayStops() throws Exception {
        String last;
        try (EventStream events = listen("?namespace=stop")) {
            put("stop/1");
            last = events.next().id();
            long start = System.nanoTime();
            gateway.restart();
            assertThat(events.next().kind()).isEqualTo("end");
            assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
        }
        try (EventStream events = listen("?namespace=stop", "Last-Event-ID", last)) {
            assertThat(events.next().kind()).isEqualTo("gap");
            put("stop/2");
            Event sealed = events.next("sealed");
            assertThat(sealed.text("key")).isEqualTo("2");
            assertThat(Long.parseLong(sealed.id())).isGreaterThan(Long.parseLong(last));
        }
    }
}
