package io.tokamak.gateway.grpc;

import static io.tokamak.gateway.grpc.GrpcGateway.MIB;
import static io.tokamak.gateway.grpc.GrpcGateway.PATIENCE;
import static io.tokamak.gateway.grpc.GrpcGateway.answer;
import static io.tokamak.gateway.grpc.GrpcGateway.assertFails;
import static io.tokamak.gateway.grpc.GrpcGateway.data;
import static io.tokamak.gateway.grpc.GrpcGateway.duration;
import static io.tokamak.gateway.grpc.GrpcGateway.name;
import static io.tokamak.gateway.grpc.GrpcGateway.random;
import static io.tokamak.gateway.grpc.GrpcGateway.ref;
import static io.tokamak.gateway.grpc.GrpcGateway.retryAfter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.BlockingClientCall;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.ListNodesRequest;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import io.tokamak.proto.v1.WaitRequest;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import io.tokamak.proto.v1.WatchResponse.Kind;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Nodes that die and gateways that stop under open calls. */
class GrpcFaultsIT {
    /** Each test leaves it running. */
    private static NodeProcess node;

    private GrpcGateway gateway;

    @BeforeAll
    static void startNode() throws Exception {
        node = new NodeProcess();
    }

    @AfterAll
    static void stopNode() throws Exception {
        node.close();
    }

    @BeforeEach
    void start() {
        gateway =
                new GrpcGateway(
                        node,
                        "--spring.grpc.server.keepalive.time=2s",
                        "--spring.grpc.server.keepalive.timeout=500ms",
                        "--tokamak.node-timeout=1s");
    }

    @AfterEach
    void stop() {
        gateway.stopGateway();
    }

    private static void assertUnavailable(Callable<?> call) throws Exception {
        Status status = assertFails(Code.UNAVAILABLE, "unavailable", call);
        assertThat(retryAfter(status)).isPositive();
    }

    private BlockingClientCall<?, MapResponse> map(String key) throws Exception {
        return gateway.store()
                .map(
                        MapRequest.newBuilder()
                                .setObject(ref(key))
                                .setNonce(Files.readString(gateway.node.folder().resolve("nonce")))
                                .build());
    }

    private BlockingClientCall<?, WatchResponse> watch() throws Exception {
        BlockingClientCall<?, WatchResponse> call =
                gateway.store().watch(WatchRequest.getDefaultInstance());
        assertThat(kind(call)).isEqualTo(Kind.KIND_SUBSCRIBED);
        return call;
    }

    private static Kind kind(BlockingClientCall<?, WatchResponse> call) throws Exception {
        WatchResponse event = call.read();
        assertThat(event).isNotNull();
        return event.getKind();
    }

    private void awaitInVain(WaitRequest wait) throws Exception {
        assertUnavailable(() -> gateway.store().wait(wait));
    }

    @Test
    @DisplayName(
            "while the node is away calls say when to repeat them; readers read on; all comes back"
                    + " by itself")
    void nodeDies() throws Exception {
        byte[] bytes = random(16 * MIB, 1);
        gateway.put("kept", bytes);
        BlockingClientCall<?, MapResponse> mapped = map("kept");
        assertThat(mapped.read()).isNotNull();
        BlockingClientCall<?, WatchResponse> watched = watch();
        BlockingClientCall<?, GetResponse> reading =
                gateway.store().get(GetRequest.newBuilder().setObject(ref("kept")).build());
        GetResponse first = reading.read();
        assertThat(first).isNotNull();
        BlockingClientCall<PutRequest, PutResponse> putting = gateway.store().put();
        putting.write(
                PutRequest.newBuilder()
                        .setSpec(
                                PutSpec.newBuilder()
                                        .setName(name("half"))
                                        .setRoomTimeout(duration(Duration.ofSeconds(1))))
                        .build());
        putting.write(data(bytes, 0, MIB / 2));
        await().atMost(PATIENCE).until(() -> gateway.info().ledger().leased() >= MIB / 2);
        WaitRequest wait =
                WaitRequest.newBuilder()
                        .addObjects(ref("awaited"))
                        .setTimeout(duration(Duration.ofMinutes(2)))
                        .build();
        CompletableFuture<Void> waiting =
                CompletableFuture.runAsync(
                        () -> assertThatNoException().isThrownBy(() -> awaitInVain(wait)));

        gateway.node.kill();
        await().atMost(PATIENCE).until(gateway::health, ServingStatus.NOT_SERVING::equals);

        waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        putting.halfClose();
        Status unanswered = assertFails(Code.UNAVAILABLE, "unavailable", () -> answer(putting));
        assertThat(unanswered.getMessage()).contains("may still take place");
        assertThat(retryAfter(unanswered)).isPositive();
        assertUnavailable(
                () ->
                        gateway.store()
                                .head(HeadRequest.newBuilder().setObject(ref("kept")).build()));
        assertUnavailable(() -> gateway.store().list(ListRequest.getDefaultInstance()));
        assertUnavailable(() -> gateway.get(ref("absent")));
        assertUnavailable(
                () -> {
                    BlockingClientCall<?, BatchGetResponse> batch =
                            gateway.store()
                                    .batchGet(
                                            BatchGetRequest.newBuilder()
                                                    .addObjects(ref("absent"))
                                                    .build());
                    return batch.read();
                });
        assertUnavailable(
                () ->
                        NodesGrpc.newBlockingV2Stub(gateway.channel)
                                .listNodes(ListNodesRequest.getDefaultInstance()));
        long received = first.getData().size();
        for (GetResponse part = reading.read(); part != null; part = reading.read()) {
            received += part.getData().size();
        }
        assertThat(received).isEqualTo(bytes.length);
        assertThat(gateway.get(ref("kept"))).isEqualTo(bytes);

        gateway.node.restart();
        gateway.awaitServing();
        assertUnavailable(mapped::read);
        assertThat(gateway.get(ref("kept"))).isEqualTo(bytes);
        assertThat(List.of(kind(watched), kind(watched), kind(watched)))
                .startsWith(Kind.KIND_NODE_DOWN)
                .containsExactlyInAnyOrder(Kind.KIND_NODE_DOWN, Kind.KIND_NODE_UP, Kind.KIND_GAP);
        await().atMost(PATIENCE) // of which nobody was told that it took place
                .ignoreExceptions()
                .until(() -> gateway.get(ref("half")).length == MIB / 2);
        gateway.put("after", bytes);
        String sealed = "";
        while (!sealed.equals("after")) { // the half one may have been the first
            WatchResponse event = watched.read();
            assertThat(event).isNotNull();
            assertThat(event.getKind()).isEqualTo(Kind.KIND_SEALED);
            sealed = event.getName().getKey();
        }
        watched.cancel("heard", null);
        BlockingClientCall<?, MapResponse> again = map("kept");
        assertThat(again.read()).isNotNull();
        again.cancel("seen", null);
        gateway.awaitNothingHeld();
    }

    @Test
    @DisplayName("a caller whose host is gone holds its pin no longer than a ping takes")
    void hostOfTheCallerDies() throws Exception {
        gateway.put("pinned", random(16 * MIB, 3));
        byte[] request =
                MapRequest.newBuilder()
                        .setObject(ref("pinned"))
                        .setNonce(Files.readString(gateway.node.folder().resolve("nonce")))
                        .build()
                        .toByteArray();
        try (Http2 caller = new Http2(gateway.port()).greet()) {
            caller.call(1, "/tokamak.v1.ObjectStore/Map");
            caller.message(1, Http2.END_STREAM, request);
            await().atMost(PATIENCE).until(() -> gateway.pinned() > 0);
            gateway.awaitNothingHeld(); // no packet says that it is gone: it answers no ping
        }
    }

    @Test
    @DisplayName(
            "a gateway that stops ends what would never end, and lets the rest come to its end")
    void gatewayStops() throws Exception {
        byte[] bytes = random(16 * MIB, 2);
        gateway.put("streamed", bytes);
        BlockingClientCall<?, MapResponse> mapped = map("streamed");
        assertThat(mapped.read()).isNotNull();
        BlockingClientCall<?, WatchResponse> watched = watch();
        BlockingClientCall<?, GetResponse> reading =
                gateway.store().get(GetRequest.newBuilder().setObject(ref("streamed")).build());
        GetResponse first = reading.read();
        assertThat(first).isNotNull();
        CompletableFuture<Void> stopping = CompletableFuture.runAsync(gateway::stopServing);
        assertUnavailable(mapped::read);
        assertUnavailable(watched::read);
        long received = first.getData().size();
        for (GetResponse part = reading.read(); part != null; part = reading.read()) {
            received += part.getData().size();
        }
        assertThat(received).isEqualTo(bytes.length);
        stopping.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
