package io.tokamak.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.spring.TestNode;
import io.tokamak.spring.TokamakAutoConfiguration;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class ActuateTest {
    private static final ObjectName NAME = new ObjectName("tests", "measured");

    private TestNode node;
    private ApplicationContextRunner program;

    @BeforeEach
    void start() {
        node = new TestNode();
        program =
                new ApplicationContextRunner()
                        .withConfiguration(
                                AutoConfigurations.of(
                                        TokamakAutoConfiguration.class,
                                        TokamakHealthAutoConfiguration.class,
                                        TokamakMetricsAutoConfiguration.class))
                        .withPropertyValues(node.property());
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @Test
    @DisplayName("health says which node, how it is reached, and how full it is")
    void up() {
        program.run(
                context -> {
                    context.getBean(TokamakClient.class)
                            .put(new byte[5000], PutOptions.named(NAME));
                    Health health = health(context.getBean(HealthIndicator.class));
                    assertThat(health.getStatus()).isEqualTo(Status.UP);
                    assertThat(health.getDetails())
                            .containsEntry("state", "UP")
                            .containsEntry("zeroCopy", true)
                            .containsEntry(
                                    "capacity",
                                    context.getBean(TokamakClient.class).node().ledger().capacity())
                            .containsEntry("objects", 1L)
                            .containsKeys("node", "free", "pinned");
                    assertThat(health.getDetails())
                            .extractingByKey("inUse", InstanceOfAssertFactories.LONG)
                            .isGreaterThan(5000);
                    assertThat(health.getDetails())
                            .extractingByKey("locality", InstanceOfAssertFactories.STRING)
                            .contains(node.folder().toString());
                });
    }

    private static Health health(HealthIndicator indicator) {
        return Objects.requireNonNull(indicator.health());
    }

    @Test
    @DisplayName("health is down soon when the node is, and up again when it is back")
    void down() {
        program.withPropertyValues("tokamak.client.timeout=20s")
                .run(
                        context -> {
                            HealthIndicator indicator = context.getBean(HealthIndicator.class);
                            assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
                            node.stop();
                            long begun = System.nanoTime();
                            Health health = health(indicator);
                            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
                            assertThat(health.getDetails()).containsKey("error");
                            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                                    .isLessThan(Duration.ofSeconds(10));
                            node.restart();
                            await().atMost(Duration.ofSeconds(30))
                                    .until(() -> health(indicator).getStatus().equals(Status.UP));
                        });
    }

    @Test
    @DisplayName("health can be left out")
    void noHealth() {
        program.withPropertyValues("management.health.tokamak.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    @DisplayName("puts, gets, misses, bytes and errors are counted and timed")
    void measured() {
        program.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(
                        context -> {
                            TokamakClient client = context.getBean(TokamakClient.class);
                            MeterRegistry registry = context.getBean(MeterRegistry.class);
                            client.put(new byte[100], PutOptions.named(NAME));
                            client.put(ByteBuffer.allocate(100), PutOptions.named(NAME));
                            assertThatThrownBy(
                                            () -> client.put(new byte[1], PutOptions.named(NAME)))
                                    .isInstanceOf(ObjectExists.class);
                            try (ObjectWriter writer = client.create(50, PutOptions.DEFAULTS)) {
                                writer.seal();
                            }
                            try (ObjectView view = client.get(NAME, Deadline.NONE)) {
                                assertThat(view.sizeBytes()).isEqualTo(100);
                            }
                            assertThat(client.read(NAME, Deadline.NONE)).hasSize(100);
                            ObjectName nobody = new ObjectName("tests", "nobody");
                            assertThat(client.getIfPresent(nobody)).isNull();
                            assertThatThrownBy(() -> client.get(nobody, Deadline.NONE))
                                    .isInstanceOf(ObjectNotFound.class);
                            assertThat(client.delete(NAME)).isTrue();
                            assertThat(client.delete(NAME)).isFalse();

                            assertThat(calls(registry, "put", "created")).isEqualTo(2);
                            assertThat(calls(registry, "put", "existing")).isEqualTo(1);
                            assertThat(calls(registry, "put", "object-exists")).isEqualTo(1);
                            assertThat(bytes(registry, "put")).isEqualTo(250);
                            assertThat(calls(registry, "get", "found")).isEqualTo(2);
                            assertThat(calls(registry, "get", "miss")).isEqualTo(1);
                            assertThat(bytes(registry, "get")).isEqualTo(200);
                            assertThat(calls(registry, "delete", "deleted")).isEqualTo(1);
                            assertThat(calls(registry, "delete", "miss")).isEqualTo(1);
                            assertThat(
                                            registry.get("tokamak.client.put")
                                                    .tag("outcome", "created")
                                                    .timer()
                                                    .totalTime(TimeUnit.NANOSECONDS))
                                    .isPositive();
                        });
    }

    private static long calls(MeterRegistry registry, String kind, String outcome) {
        return registry.get("tokamak.client." + kind).tag("outcome", outcome).timer().count();
    }

    private static double bytes(MeterRegistry registry, String kind) {
        return registry.get("tokamak.client." + kind + ".bytes").counter().count();
    }

    @Test
    @DisplayName("nothing stands before the client without a registry, or when measuring is off")
    void notMeasured() {
        program.run(
                context ->
                        assertThat(context.getBean(TokamakClient.class))
                                .isNotInstanceOf(MeasuredClient.class));
        program.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withPropertyValues("tokamak.client.metrics.enabled=false")
                .run(
                        context ->
                                assertThat(context.getBean(TokamakClient.class))
                                        .isNotInstanceOf(MeasuredClient.class));
    }
}
