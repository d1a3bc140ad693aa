package io.tokamak.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ObjectEvent;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WatchQuery;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.Unauthenticated;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a remote client makes of a node and a gateway that go and come. */
@DisplayName("A remote client")
@Timeout(180)
class RemoteFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String TOKEN = "a-token-that-is-long-enough-0123456789";

    /** Each test leaves both as it found them, or another of the same kind. */
    private static NodeProcess node;

    private static RunningGateway gateway;

    private TokamakClient client;

    @BeforeAll
    static void start() throws IOException {
        node = new NodeProcess();
        gateway = startGateway(0);
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        node.close();
    }

    @BeforeEach
    void connect() {
        client = TokamakClient.connect(gateway.options().withTimeout(PATIENCE).withZeroCopy(false));
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    /** It stops soon, whoever still waits. */
    private static RunningGateway startGateway(int port) {
        return new RunningGateway(
                node.folder(), port, "--spring.grpc.server.shutdown.grace-period=1s");
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static void restartGateway() {
        int port = gateway.port();
        gateway.close();
        gateway = startGateway(port);
    }

    @Test
    @DisplayName("waits for a node that was killed, and finds its objects again")
    void nodeRestart() throws Exception {
        ObjectId id = client.put(bytes(5 << 20), PutOptions.DEFAULTS).id();
        try (ObjectView view = client.get(id, Deadline.NONE)) {
            node.kill();
            assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(5 << 20));
            CompletableFuture<ObjectId> put =
                    CompletableFuture.supplyAsync(
                            () ->
                                    client.put(
                                                    bytes(100),
                                                    PutOptions.named(new ObjectName("t", "late"))
                                                            .withTimeout(PATIENCE))
                                            .id());
            node.restart();
            ObjectId late = put.get(90, TimeUnit.SECONDS);
            assertThat(client.read(late, Deadline.after(PATIENCE))).isEqualTo(bytes(100));
            assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(5 << 20));
        }
    }

    @Test
    @DisplayName("says so when it is led to the port of REST")
    void wrongPort() {
        assertThatThrownBy(
                        () ->
                                TokamakClient.connect(
                                                gateway.options()
                                                        .withTimeout(PATIENCE)
                                                        .withUrl(
                                                                "tokamak://127.0.0.1:"
                                                                        + gateway.restPort()))
                                        .close())
                .isInstanceOfSatisfying(
                        InvalidRequest.class,
                        refused ->
                                assertThat(refused.remedy())
                                        .contains("REST")
                                        .contains("gRPC, 9090"));
    }

    @Test
    @DisplayName("goes on after a restart of the gateway, also with what it waits for")
    void gatewayRestart() throws Exception {
        ObjectName name = new ObjectName("t", "n");
        ObjectId id = client.put(bytes(1 << 20), PutOptions.DEFAULTS).id();
        CompletableFuture<byte[]> read =
                CompletableFuture.supplyAsync(() -> client.read(name, Deadline.after(PATIENCE)));
        restartGateway();
        assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(1 << 20));
        client.put(bytes(7), PutOptions.named(name));
        assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(bytes(7));
    }

    @Test
    @DisplayName("hears of events again after a restart of the gateway, and that it missed some")
    void subscription() throws Exception {
        Queue<ObjectEvent> events = new ConcurrentLinkedQueue<>();
        try (AutoCloseable watching = client.watch(WatchQuery.ALL, events::add)) {
            assertThat(watching).isNotNull();
            restartGateway();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> {
                                client.put(bytes(8), PutOptions.DEFAULTS);
                                assertThat(events)
                                        .extracting(ObjectEvent::kind)
                                        .contains(ObjectEvent.Kind.GAP, ObjectEvent.Kind.SEALED);
                            });
        }
    }

    @Test
    @DisplayName("goes on with a get whose gateway went away amid it")
    void resumed() throws Exception {
        byte[] payload = bytes(64 << 20);
        ObjectId id = client.put(payload, PutOptions.DEFAULTS).id();
        CompletableFuture<Boolean> got =
                CompletableFuture.supplyAsync(
                        () -> {
                            boolean same = true;
                            for (int i = 0; i < 20; i++) {
                                try (ObjectView view = client.get(id, Deadline.NONE)) {
                                    same &=
                                            view.segment().mismatch(MemorySegment.ofArray(payload))
                                                    < 0;
                                }
                            }
                            return same;
                        });
        restartGateway();
        assertThat(got.get(120, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @DisplayName("says NodeDown when the node does not come back by its timeout")
    void nodeDown() throws Exception {
        ObjectId id = client.put(bytes(10), PutOptions.DEFAULTS).id();
        node.kill();
        try (TokamakClient hasty =
                TokamakClient.connect(
                        gateway.options().withTimeout(Duration.ofSeconds(3)).withZeroCopy(false))) {
            assertThat(hasty).isNull();
        } catch (NodeDown expected) {
            assertThat(expected.detail()).contains("tokamak://127.0.0.1:" + gateway.port());
        }
        node.restart();
        assertThat(client.read(id, Deadline.after(PATIENCE))).isEqualTo(bytes(10));
    }

    @Test
    @DisplayName("ends a wait when its thread is interrupted, and the thread stays so")
    void interrupted() throws Exception {
        CompletableFuture<Boolean> stays = new CompletableFuture<>();
        Thread waiting =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        client.read(
                                                new ObjectName("t", "never"),
                                                Deadline.after(PATIENCE));
                                        stays.complete(false);
                                    } catch (DeadlineExceeded e) {
                                        stays.complete(Thread.currentThread().isInterrupted());
                                    }
                                });
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        waiting.interrupt();
        assertThat(stays.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @DisplayName("frees the memory of an object with the last of its views")
    void memory() throws IOException {
        ObjectId id = client.put(bytes(64 << 20), PutOptions.DEFAULTS).id();
        client.get(id, Deadline.NONE).close();
        long before = residentBytesBesideTheHeap();
        for (int i = 0; i < 20; i++) {
            try (ObjectView view = client.get(id, Deadline.NONE);
                    ObjectView other = view.dup();
                    ObjectView shared = view.share()) {
                assertThat(other.getByte(1)).isEqualTo(shared.getByte(1));
            }
        }
        assertThat(residentBytesBesideTheHeap() - before).isLessThan(400L << 20);
    }

    /** The heap grows and shrinks as the collector sees fit, for all that runs in this process. */
    private static long residentBytesBesideTheHeap() throws IOException {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return residentBytes() - memory.getHeapMemoryUsage().getCommitted();
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .sum();
    }

    @Test
    @DisplayName("sends its token, and says what is missing when it has none")
    void token() {
        try (RunningGateway guarded =
                new RunningGateway(node.folder(), 0, "--tokamak.security.tokens=" + TOKEN)) {
            assertThatThrownBy(() -> TokamakClient.connect(guarded.options()))
                    .isInstanceOf(Unauthenticated.class);
            try (TokamakClient known =
                    TokamakClient.connect(
                            guarded.options()
                                    .withToken(TOKEN)
                                    .withTimeout(PATIENCE)
                                    .withZeroCopy(false))) {
                ObjectId id = known.put(bytes(3), PutOptions.DEFAULTS).id();
                assertThat(known.read(id, Deadline.NONE)).isEqualTo(bytes(3));
            }
        }
    }
}
