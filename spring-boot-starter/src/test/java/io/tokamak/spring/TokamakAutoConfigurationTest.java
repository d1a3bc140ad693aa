package io.tokamak.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.NodeDown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.task.AsyncTaskExecutor;

@ExtendWith(OutputCaptureExtension.class)
@DisplayName("The auto-configured client")
class TokamakAutoConfigurationTest {
    private static TestNode node;
    private static TokamakClient observer;

    private static ApplicationContextRunner program;

    @BeforeAll
    static void start() {
        node = new TestNode();
        observer = node.client();
        program =
                new ApplicationContextRunner()
                        .withConfiguration(AutoConfigurations.of(TokamakAutoConfiguration.class))
                        .withPropertyValues(node.property());
    }

    @AfterAll
    static void stop() throws IOException {
        observer.close();
        node.close();
    }

    @Test
    @DisplayName("reads in place what it puts into the node of its folder")
    void puts() {
        program.run(
                context -> {
                    TokamakClient client = context.getBean(TokamakClient.class);
                    Stored stored = client.put(new byte[] {1, 2, 3}, PutOptions.DEFAULTS);
                    assertThat(client.locality().zeroCopy()).isTrue();
                    assertThat(observer.read(stored.id(), Deadline.NONE)).containsExactly(1, 2, 3);
                });
    }

    @Test
    @DisplayName("is called what the program is called, and leaves the node with the context")
    void nameAndEnd() {
        program.withPropertyValues("spring.application.name=shop")
                .run(
                        _ ->
                                await().untilAsserted(
                                                () ->
                                                        assertThat(TestNode.programs(observer))
                                                                .contains("shop")));
        await().untilAsserted(() -> assertThat(TestNode.programs(observer)).isEmpty());
    }

    @Test
    @DisplayName("shortens a program's long name to what a node takes, and keeps characters whole")
    void longName() {
        program.withPropertyValues("spring.application.name=" + "grün".repeat(20))
                .run(
                        context ->
                                assertThat(context.getBean(ConnectOptions.class).name())
                                        .isEqualTo("grün".repeat(9) + "gr"));
    }

    @Test
    @DisplayName("is set up by properties")
    void properties() {
        program.withPropertyValues(
                        "tokamak.client.name=till",
                        "tokamak.client.timeout=3s",
                        "tokamak.client.zero-copy=false")
                .run(
                        context ->
                                assertThat(context.getBean(ConnectOptions.class))
                                        .isEqualTo(
                                                ConnectOptions.defaults()
                                                        .withFolder(node.folder())
                                                        .withName("till")
                                                        .withTimeout(Duration.ofSeconds(3))
                                                        .withZeroCopy(false)));
    }

    @Test
    @DisplayName("connects while the program starts, if it is told to")
    void atStart() {
        program.withPropertyValues("tokamak.client.connect=at-start", "tokamak.client.name=early")
                .run(
                        context -> {
                            assertThat(context.getBean(TokamakClient.class))
                                    .isNotInstanceOf(ConnectingClient.class);
                            assertThat(TestNode.programs(observer)).contains("early");
                        });
    }

    @Test
    @DisplayName("says while nobody answers what to do, and finds a node that starts later")
    void nodeComesLater(CapturedOutput output) throws IOException {
        try (TestNode late = new TestNode()) {
            late.stop();
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(TokamakAutoConfiguration.class))
                    .withPropertyValues(late.property(), "tokamak.client.timeout=500ms")
                    .run(
                            context -> {
                                TokamakClient client = context.getBean(TokamakClient.class);
                                assertThat(
                                                client.tryPut(
                                                        ByteBuffer.allocate(1),
                                                        PutOptions.DEFAULTS))
                                        .isNull();
                                assertThatThrownBy(
                                                () -> client.put(new byte[1], PutOptions.DEFAULTS))
                                        .isInstanceOf(NodeDown.class);
                                await().untilAsserted(
                                                () ->
                                                        assertThat(output)
                                                                .contains(
                                                                        "No Tokamak node answered")
                                                                .contains("start a node there"));
                                late.restart();
                                await().ignoreExceptionsInstanceOf(NodeDown.class)
                                        .until(
                                                () ->
                                                        client.put(new byte[1], PutOptions.DEFAULTS)
                                                                .created());
                            });
        }
    }

    @Test
    @DisplayName("is refused after its end, connected or not")
    void closed() {
        ConnectingClient never = new ConnectingClient(node::client);
        never.close();
        assertThatThrownBy(never::node).isInstanceOf(InvalidState.class);
        ConnectingClient used = new ConnectingClient(node::client);
        assertThat(used.node().state()).isEqualTo("UP");
        used.close();
        assertThatThrownBy(() -> used.put(new byte[1], PutOptions.DEFAULTS))
                .isInstanceOf(InvalidState.class);
    }

    @Test
    @DisplayName("is refused two places at once")
    void twoPlaces() {
        program.withPropertyValues("tokamak.client.url=tokamak://127.0.0.1:1")
                .run(
                        context ->
                                assertThat(context)
                                        .getFailure()
                                        .hasRootCauseInstanceOf(
                                                MutuallyExclusiveConfigurationPropertiesException
                                                        .class));
    }

    @Test
    @DisplayName("is not there when it is not wanted, or when the program has its own")
    void backsOff() {
        program.withPropertyValues("tokamak.client.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(TokamakClient.class));
        program.withUserConfiguration(OwnClient.class)
                .run(
                        context ->
                                assertThat(context)
                                        .hasBean("own")
                                        .hasSingleBean(TokamakClient.class));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnClient {
        @Bean
        TokamakClient own() {
            return node.client();
        }
    }

    @Test
    @DisplayName("stays until the program's tasks have ended")
    void gracefulShutdown() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        CompletableFuture<Stored> put = new CompletableFuture<>();
        program.withConfiguration(AutoConfigurations.of(TaskExecutionAutoConfiguration.class))
                .run(
                        context -> {
                            TokamakClient client = context.getBean(TokamakClient.class);
                            context.getBean(AsyncTaskExecutor.class)
                                    .execute(
                                            () -> {
                                                begun.countDown();
                                                put.completeAsync(
                                                        () -> {
                                                            awaitUninterruptibly(closing);
                                                            return client.put(
                                                                    new byte[] {7},
                                                                    PutOptions.DEFAULTS);
                                                        },
                                                        Runnable::run);
                                            });
                            begun.await();
                            context.addApplicationListener(
                                    event -> {
                                        if (event instanceof ContextClosedEvent) {
                                            closing.countDown();
                                        }
                                    });
                        });
        Stored stored = put.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(observer.read(stored.id(), Deadline.NONE)).containsExactly(7);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean isInterrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
