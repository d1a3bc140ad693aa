package io.tokamak.gateway.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.layout.Folder;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A mapping")
class MappingAcrossDeathsIT {
    private static final int MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static NodeProcess node;
    private static GatewayProcess gateway;
    private static Http http;

    @BeforeAll
    static void start() throws IOException {
        node = new NodeProcess();
        gateway = new GatewayProcess(node.folder());
        http = new Http(gateway.uri());
        awaitReady();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        node.close();
    }

    private static void awaitReady() {
        await().atMost(PATIENCE).until(http::isReady);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static String nonce() throws IOException {
        return Files.readString(node.folder().resolve("nonce"));
    }

    private static void awaitNonceOtherThan(String old) {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> !nonce().equals(old));
    }

    @Test
    @DisplayName("holds while the node is dead, and is over once it was started anew")
    void nodeRestarted() throws Exception {
        byte[] bytes = bytes(MIB);
        String object = http.put(bytes);
        String nonce = nonce();
        try (Mapper releasedEarly = new Mapper(gateway.uri(), object, "10m");
                Mapper renewed = new Mapper(gateway.uri(), object, "10m");
                Mapper released = new Mapper(gateway.uri(), object, "10m")) {
            assertThat(releasedEarly.answer()).isEqualTo("201");
            assertThat(renewed.answer()).isEqualTo("201");
            assertThat(released.answer()).isEqualTo("201");

            node.kill();
            assertThat(released.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(releasedEarly.ask("release")).isEqualTo("200");

            node.restart();
            awaitNonceOtherThan(nonce);
            assertThat(renewed.ask("renew")).isEqualTo("410");
            assertThat(released.ask("release")).isEqualTo("410");
            awaitReady();
        }
        Http.Answer stale = http.post(object + "/mappings", "{\"nonce\": \"%s\"}".formatted(nonce));
        assertThat(stale.status()).isEqualTo(409);
        assertThat(stale.field("reason")).isEqualTo("nonce differs");
        try (Mapper again = new Mapper(gateway.uri(), object, "10m")) {
            assertThat(again.answer()).isEqualTo("201");
            assertThat(again.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(again.ask("release")).isEqualTo("200");
        }
        await().atMost(PATIENCE).until(() -> http.pinned() == 0);
    }

    @Test
    @DisplayName(
            "is over when the node was started with other contents; the old bytes stay where they"
                    + " were mapped")
    void storeDiscarded() throws Exception {
        byte[] bytes = bytes(MIB + 1);
        String nonce = nonce();
        try (Mapper mapper = new Mapper(gateway.uri(), http.put(bytes), "10m")) {
            assertThat(mapper.answer()).isEqualTo("201");
            node.kill();
            node.restart("--tokamak.discard=true");
            awaitNonceOtherThan(nonce);
            awaitReady();
            String other = http.put(bytes(MIB));
            assertThat(mapper.ask("read")).isEqualTo(Mapper.crc(bytes));
            assertThat(mapper.ask("release")).isEqualTo("410");
            try (Mapper again = new Mapper(gateway.uri(), other, "10m")) {
                assertThat(again.answer()).isEqualTo("201");
                assertThat(again.ask("read")).isEqualTo(Mapper.crc(bytes(MIB)));
                assertThat(again.ask("release")).isEqualTo("200");
            }
        }
    }

    @Test
    @DisplayName(
            "I12: of a gateway that was killed is free within a second, and unknown to the next")
    void gatewayKilled() throws Exception {
        byte[] bytes = bytes(4 * MIB);
        try (Mapper mapper = new Mapper(gateway.uri(), http.put(bytes), "10m");
                TokamakClient client =
                        TokamakClient.connect(
                                ConnectOptions.defaults().withFolder(node.folder()))) {
            assertThat(mapper.answer()).isEqualTo("201");
            assertThat(client.node().ledger().pinned()).isGreaterThanOrEqualTo(bytes.length);
            gateway.kill();
            await().atMost(Duration.ofSeconds(1))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> client.node().ledger().pinned() == 0);
            assertThat(mapper.ask("release")).isEqualTo("0");
            gateway.restart();
            awaitReady();
            assertThat(mapper.ask("renew")).isEqualTo("410");
            assertThat(mapper.ask("release")).isEqualTo("410");
        }
    }

    @Test
    @DisplayName(
            "I12, I19: and an upload, of a gateway that was killed leave nothing behind: the room"
                    + " is back, and the name is free")
    void gatewayKilledInAnUpload() throws Exception {
        int announced = 17 * MIB;
        byte[] bytes = bytes(announced);
        ObjectName name = new ObjectName("uploads", "cut");
        try (TokamakClient client =
                        TokamakClient.connect(ConnectOptions.defaults().withFolder(node.folder()));
                Socket upload =
                        new Socket(InetAddress.getLoopbackAddress(), gateway.uri().getPort())) {
            long before = client.node().ledger().leased();
            String head =
                    "PUT /v1/namespaces/%s/objects/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
                            .formatted(name.namespace(), name.key(), announced);
            upload.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            upload.getOutputStream().write(bytes, 0, 8 * MIB); // all but what sockets hold is read
            await().atMost(PATIENCE)
                    .until(() -> client.node().ledger().leased() - before > 16 * MIB);
            gateway.kill();
            await().atMost(Duration.ofSeconds(1))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> client.node().ledger().leased() <= before);
            assertThat(client.head(name)).isNull();
            assertThat(client.put(bytes, PutOptions.named(name)).created()).isTrue();
            assertThat(client.read(name, Deadline.NONE)).isEqualTo(bytes);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(
                                                    StoreChecker.check(
                                                                    new Folder(node.folder()),
                                                                    StoreChecker.Mode.STRICT)
                                                            .findings(Severity.WARNING))
                                            .isEmpty());
        } finally {
            gateway.restart();
            awaitReady();
        }
    }

    @Test
    @DisplayName(
            "ends with a gateway that is stopped in good order, and keeps it from stopping no"
                    + " longer than a request would")
    void gatewayStopped() throws Exception {
        try (Mapper mapper = new Mapper(gateway.uri(), http.put(bytes(MIB)), "10m")) {
            assertThat(mapper.answer()).isEqualTo("201");
            gateway.close();
            gateway.restart();
            awaitReady();
            assertThat(http.pinned()).isZero();
            assertThat(mapper.ask("release")).isEqualTo("410");
        }
    }
}
