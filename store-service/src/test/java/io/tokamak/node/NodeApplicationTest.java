package io.tokamak.node;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.node.objects.Store;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A whole node, as its operators see it. */
@DisplayName("A node")
@SpringBootTest(
        useMainMethod = SpringBootTest.UseMainMethod.ALWAYS,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(120)
class NodeApplicationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MIB = 1 << 20;
    private static final PutOptions HASTY = PutOptions.DEFAULTS.withTimeout(Duration.ZERO);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static final Path PARENT = newParent();

    @LocalServerPort private int port;
    @Autowired private Store store;

    private static Path newParent() {
        try {
            return Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("tokamak.folder", NodeApplicationTest::folder);
        registry.add("management.endpoint.health.show-components", () -> "always");
        registry.add("tokamak.pool.size", () -> "32MB");
        registry.add("tokamak.cluster.port", () -> 12_000 + ProcessHandle.current().pid() % 20_000);
        registry.add("tokamak.cluster.name", PARENT::toString);
    }

    @AfterAll
    static void delete() throws IOException {
        try (Stream<Path> all = Files.walk(PARENT)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static Path folder() {
        return PARENT.resolve("n");
    }

    private static TokamakClient connect() {
        return TokamakClient.connect(
                ConnectOptions.defaults().withFolder(folder()).withName("a reader"));
    }

    private HttpResponse<String> get(String path) {
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Values by name and tags, as Prometheus reads them. */
    private Map<String, Double> meters() {
        Map<String, Double> meters = new HashMap<>();
        get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("tokamak_"))
                .forEach(
                        line -> {
                            int space = line.lastIndexOf(' ');
                            meters.put(
                                    line.substring(0, space),
                                    Double.parseDouble(line.substring(space + 1)));
                        });
        return meters;
    }

    private static double value(Map<String, Double> meters, String meter) {
        Double value = meters.get(meter);
        assertThat(value).as("%s of %s", meter, meters.keySet()).isNotNull();
        return Objects.requireNonNull(value);
    }

    private static double sum(Map<String, Double> meters, String prefix) {
        return meters.entrySet().stream()
                .filter(meter -> meter.getKey().startsWith(prefix))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    @Test
    @DisplayName("counts what happens to its objects, bytes, pins and sessions")
    void counts() throws Exception {
        Map<String, Double> before = meters();
        double capacity = value(before, "tokamak_pool_capacity_bytes");
        assertThat(before)
                .containsEntry("tokamak_pins", 0.0)
                .containsEntry("tokamak_pins_oldest_age_seconds", 0.0)
                .containsEntry("tokamak_pool_undrained_bytes", 0.0);
        try (TokamakClient client = connect()) {
            ObjectId held = client.put(new byte[MIB], PutOptions.DEFAULTS).id();
            ObjectId named =
                    client.put(new byte[100], PutOptions.named(new ObjectName("meters", "one")))
                            .id();
            ObjectId gone = client.put(new byte[100], PutOptions.DEFAULTS).id();
            assertThat(client.delete(gone)).isTrue();
            assertThatThrownBy(() -> client.get(gone, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
            List<ObjectId> fill = new ArrayList<>();
            assertThatThrownBy(
                            () -> {
                                while (true) {
                                    fill.add(client.put(new byte[4 * MIB], HASTY).id());
                                }
                            })
                    .isInstanceOf(OutOfMemory.class);
            client.deleteAll(fill);
            try (ObjectView view = client.get(held, Deadline.NONE)) {
                assertThat(client.read(named, Deadline.NONE)).hasSize(100);
                client.getAll(List.of(held, named), Deadline.NONE).close();
                Thread.ofVirtual().start(() -> client.get(named, Deadline.NONE).close()).join();

                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(grown(before, "tokamak_gets_total")).isEqualTo(5));
                Map<String, Double> meters = meters();
                assertThat(meters)
                        .containsEntry("tokamak_pool_capacity_bytes", capacity)
                        .containsEntry("tokamak_pins", 1.0)
                        .containsEntry("tokamak_sessions", 1.0)
                        .containsEntry("tokamak_objects", value(before, "tokamak_objects") + 2);
                assertThat(sum(meters, "tokamak_pool_bytes{state=")).isEqualTo(capacity);
                assertThat(meters.get("tokamak_pool_bytes{state=\"in_use\"}"))
                        .isBetween((double) MIB, 1.1 * MIB);
                assertThat(meters.get("tokamak_pool_pinned_bytes")).isBetween(1.0 * MIB, 1.1 * MIB);
                double age = value(meters, "tokamak_pins_oldest_age_seconds");
                await().atMost(PATIENCE)
                        .until(() -> value(meters(), "tokamak_pins_oldest_age_seconds") > age);
                assertThat(view.sizeBytes()).isEqualTo(MIB);
            }
            assertThat(grown(before, "tokamak_puts_total")).isEqualTo(3 + fill.size());
            assertThat(grown(before, "tokamak_put_bytes_total"))
                    .isEqualTo(MIB + 200 + fill.size() * 4.0 * MIB);
            assertThat(grown(before, "tokamak_deletes_total")).isEqualTo(1 + fill.size());
            assertThat(grown(before, "tokamak_misses_total")).isEqualTo(1);
            assertThat(grown(before, "tokamak_allocation_failures_total")).isEqualTo(1);
        }
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(meters())
                                        .containsEntry("tokamak_pins", 0.0)
                                        .containsEntry("tokamak_sessions", 0.0));
        assertThat(grown(before, "tokamak_gets_total")).as("that of who has left").isEqualTo(5);
    }

    private double grown(Map<String, Double> before, String counter) {
        return value(meters(), counter) - value(before, counter);
    }

    @Test
    @DisplayName("tells how long named puts, turns and calls take, as histograms")
    void latencies() {
        try (TokamakClient client = connect()) {
            client.put(new byte[1], PutOptions.named(new ObjectName("latencies", "one")));
            assertThat(client.contains(ObjectId.anonymous(1, 1, 1))).isFalse();
        }
        for (String timer :
                List.of(
                        "tokamak_named_puts_seconds%s",
                        "tokamak_turns_seconds%s",
                        "tokamak_local_calls_seconds%s{method=\"Resolve\",outcome=\"OK\"}")) {
            Map<String, Double> meters = meters();
            double count = value(meters, timer.formatted("_count"));
            assertThat(count).as(timer).isPositive();
            assertThat(meters.get(timer.formatted("_sum"))).as(timer).isPositive();
            String all =
                    timer.contains("{")
                            ? timer.formatted("_bucket").replace("}", ",le=\"+Inf\"}")
                            : timer.formatted("_bucket") + "{le=\"+Inf\"}";
            assertThat(meters).containsEntry(all, count);
            assertThat(meters.get(all.replace("+Inf", "0.001"))).as(timer).isBetween(0.0, count);
        }
    }

    @Test
    @DisplayName("has touched its pool after a while, and says how far it is")
    void touched() {
        await().atMost(PATIENCE)
                .until(() -> value(meters(), "tokamak_pool_touched_bytes") == 32.0 * MIB);
    }

    @Test
    @DisplayName("counts messages that break a rule, and sessions that it fences")
    void offences() throws IOException {
        Map<String, Double> before = meters();
        try (SocketChannel socket =
                SocketChannel.open(UnixDomainSocketAddress.of(folder().resolve("control")))) {
            socket.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII)));
            await().atMost(PATIENCE)
                    .until(() -> grown(before, "tokamak_local_malformed_total") > 0);
        }
        Set<String> others = sessions();
        try (TokamakClient client = connect()) {
            assertThat(client.peek(ObjectId.anonymous(1, 1, 1))).isFalse();
            Set<String> own = sessions();
            own.removeAll(others);
            assertThat(own).hasSize(1);
            store.fence(own.iterator().next(), "a test").join();
            await().atMost(PATIENCE)
                    .until(() -> grown(before, "tokamak_sessions_fenced_total") == 1);
        }
    }

    private static Set<String> sessions() throws IOException {
        try (Stream<Path> files = Files.list(folder().resolve("sessions"))) {
            return files.map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }

    @Test
    @Order(Integer.MAX_VALUE - 1) // no node comes back from this
    @DisplayName("is ready as long as clients find its files")
    void readiness() throws IOException {
        assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200);
        Files.delete(folder().resolve("pool"));
        assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(503);
        assertThat(get("/actuator/health").statusCode()).isEqualTo(503);
        assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(Integer.MAX_VALUE) // nor from this
    @DisplayName("is neither ready nor live without its owner thread")
    void liveness() {
        assertThat(get("/actuator/health/readiness").body())
                .contains("\"owner\":{\"status\":\"UP\"}");
        var _ =
                store.setListener(
                        null,
                        () -> {
                            throw new AssertionError("of the test");
                        });
        await().atMost(PATIENCE).until(() -> store.failure() != null);
        assertThat(get("/actuator/health/readiness").body())
                .contains("\"owner\":{\"status\":\"DOWN\"}");
        assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(503);
    }
}
