package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import java.io.InputStream;
import java.net.Socket;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** Who holds an object's bytes, and what of that is seen over REST. */
@ExtendWith(SharedGateway.class)
class PinsIT {
    private final RestGateway gateway;

    PinsIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    @AfterEach
    void nothingIsHeld() {
        await().atMost(PATIENCE).until(() -> gateway.ledger().pinned() == 0);
    }

    private static String path(String key) {
        return "/v1/namespaces/pins/objects/" + key;
    }

    private void put(String key, byte[] bytes) throws Exception {
        assertThat(gateway.put(path(key), bytes).statusCode()).isEqualTo(201);
    }

    private void delete(String key) throws Exception {
        assertThat(gateway.delete(path(key)).statusCode()).isEqualTo(204);
    }

    @Test
    @DisplayName("a description says who holds the bytes; a deleted object has none, held or not")
    void described() throws Exception {
        put("held", new byte[] {1});
        Instant before = Instant.now();
        try (TokamakClient reader =
                        TokamakClient.connect(
                                new ConnectOptions(gateway.node().folder(), "reader", PATIENCE));
                ObjectView view = reader.get(new ObjectName("pins", "held"), Deadline.NONE)) {
            JsonNode pins = json(gateway.get(path("held") + "?view=info")).get("pins");
            assertThat(pins.size()).isEqualTo(1);
            JsonNode pin = pins.get(0);
            assertThat(pin.propertyNames())
                    .containsExactly("session", "process", "language", "name", "since", "count");
            assertThat(pin.get("process").asLong()).isEqualTo(ProcessHandle.current().pid());
            assertThat(pin.get("language").asString()).isEqualTo("java");
            assertThat(pin.get("name").asString()).isEqualTo("reader");
            assertThat(Instant.parse(pin.get("since").asString()))
                    .isBetween(before.minusSeconds(1), Instant.now().plusSeconds(1));
            assertThat(pin.get("count").asInt()).isEqualTo(1);
            delete("held");
            assertProblem(gateway.get(path("held") + "?view=info"), 404, "object-not-found");
            assertProblem(gateway.get(path("held")), 404, "object-not-found");
            assertThat(gateway.ledger().pinned()).isPositive();
            assertThat(view.byteBuffer().get(0)).isEqualTo((byte) 1);
        }
    }

    private int pinsOfTheGateway() {
        return gateway.context().getBean(NodeConnection.class).client().node().sessions().stream()
                .mapToInt(NodeInfo.Session::pins)
                .sum();
    }

    @Test
    @DisplayName("a slow reader holds one pin, however long it takes")
    void slowReaders() throws Exception {
        byte[] bytes = random(48 * MIB, 1);
        put("slow", bytes);
        byte[] read = new byte[bytes.length];
        try (Socket first = gateway.connect();
                Socket second = gateway.connect()) {
            for (Socket socket : new Socket[] {first, second}) {
                write(socket, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path("slow")));
                assertThat(readHead(socket.getInputStream())).startsWith("HTTP/1.1 200");
            }
            InputStream in = first.getInputStream();
            for (int at = 0; at < 8; at++) {
                assertThat(in.readNBytes(read, at * MIB, MIB)).isEqualTo(MIB);
                assertThat(pinsOfTheGateway()).isEqualTo(2);
            }
            in.readNBytes(read, 8 * MIB, read.length - 8 * MIB);
            assertThat(read).isEqualTo(bytes);
            await().atMost(PATIENCE).until(() -> pinsOfTheGateway() == 1);
        }
        delete("slow");
    }

    @Test
    @DisplayName("I38: a slow reader over HTTP/2 gets the right bytes, whatever becomes of them")
    void slowReaderOverHttp2() throws Exception {
        byte[] bytes = random(48 * MIB, 2);
        put("h2", bytes);
        byte[] read = new byte[bytes.length];
        try (Http2 http2 = new Http2(gateway.port()).greet(MIB)) {
            http2.get(1, path("h2"));
            int at = 0;
            while (at < MIB) {
                byte[] part = http2.read(Http2.DATA).payload();
                System.arraycopy(part, 0, read, at, part.length);
                at += part.length;
            }
            delete("h2");
            byte[] noise = new byte[60 * MIB];
            for (int i = 0; i < 8; i++) { // three times what is free
                Arrays.fill(noise, (byte) i);
                put("over", noise);
                delete("over");
            }
            assertThat(pinsOfTheGateway()).isEqualTo(1);
            http2.allow(1, bytes.length);
            while (at < bytes.length) {
                byte[] part = http2.read(Http2.DATA).payload();
                System.arraycopy(part, 0, read, at, part.length);
                at += part.length;
            }
        }
        assertThat(read).isEqualTo(bytes);
    }
}
