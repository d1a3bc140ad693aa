package io.tokamak.gateway.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.BlockingClientCall;
import io.tokamak.client.NodeInfo;
import io.tokamak.gateway.GatewayApplication;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.ObjectName;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** A real node, a gateway in this process, and callers of it. */
final class GrpcGateway implements AutoCloseable {
    static final int MIB = 1 << 20;
    static final Duration PATIENCE = Duration.ofSeconds(90);
    static final String NAMESPACE = "it";

    /** What a client sends in one message. */
    private static final int PART_BYTES = MIB / 2;

    final NodeProcess node;
    final ManagedChannel channel;
    private final ConfigurableApplicationContext gateway;
    private final int port;

    /**
     * @param properties further ones, as {@code --name=value}
     */
    static GrpcGateway withNode(String... properties) throws IOException {
        NodeProcess node = new NodeProcess();
        boolean isStarted = false;
        try {
            GrpcGateway gateway = new GrpcGateway(node, properties);
            isStarted = true;
            return gateway;
        } finally {
            if (!isStarted) {
                node.close();
            }
        }
    }

    /** In front of a node that there is. */
    GrpcGateway(NodeProcess node, String... properties) {
        this.node = node;
        Map<String, String> all = new LinkedHashMap<>();
        for (String property :
                Stream.concat(
                                Stream.of(
                                        "--server.port=0",
                                        "--spring.grpc.server.port=0",
                                        "--tokamak.folder=" + node.folder(),
                                        // Longer than a node that is there takes on a busy machine.
                                        "--tokamak.node-timeout=20s"),
                                Stream.of(properties))
                        .toList()) {
            all.put(property.substring(0, property.indexOf('=')), property); // the last one counts
        }
        gateway =
                SpringApplication.run(
                        GatewayApplication.class, all.values().toArray(String[]::new));
        port = gateway.getBean(GrpcServerLifecycle.class).getPort();
        channel = connect();
        awaitServing();
    }

    int port() {
        return port;
    }

    int restPort() {
        return Objects.requireNonNull(
                        ((ReactiveWebServerApplicationContext) gateway).getWebServer())
                .getPort();
    }

    ManagedChannel connect() {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(8 * MIB)
                .build();
    }

    void awaitServing() {
        await().atMost(PATIENCE).until(this::health, ServingStatus.SERVING::equals);
    }

    ServingStatus health() {
        return HealthGrpc.newBlockingStub(channel)
                .check(
                        HealthCheckRequest.newBuilder()
                                .setService(ObjectStoreGrpc.SERVICE_NAME)
                                .build())
                .getStatus();
    }

    /** Its callers keep their connection. */
    void stopServing() {
        gateway.close();
    }

    /** Leaves the node. */
    void stopGateway() {
        channel.shutdownNow();
        gateway.close();
    }

    ObjectStoreGrpc.ObjectStoreBlockingV2Stub store() {
        return ObjectStoreGrpc.newBlockingV2Stub(channel)
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    // ---- puts and gets

    PutResponse put(String key, byte[] bytes) throws Exception {
        return put(PutSpec.newBuilder().setName(name(key)), bytes);
    }

    PutResponse put(PutSpec.Builder spec, byte[] bytes) throws Exception {
        return put(store(), spec, bytes);
    }

    static PutResponse put(
            ObjectStoreGrpc.ObjectStoreBlockingV2Stub store, PutSpec.Builder spec, byte[] bytes)
            throws Exception {
        BlockingClientCall<PutRequest, PutResponse> call = store.put();
        boolean isOpen = call.write(PutRequest.newBuilder().setSpec(spec).build());
        for (int at = 0; isOpen && at < bytes.length; at += PART_BYTES) {
            int length = Math.min(PART_BYTES, bytes.length - at);
            isOpen = call.write(data(bytes, at, length));
        }
        call.halfClose();
        return answer(call);
    }

    static PutRequest data(byte[] bytes, int offset, int length) {
        return PutRequest.newBuilder().setData(ByteString.copyFrom(bytes, offset, length)).build();
    }

    static PutResponse answer(BlockingClientCall<PutRequest, PutResponse> call) throws Exception {
        PutResponse response = call.read();
        assertThat(response).isNotNull();
        return response;
    }

    byte[] get(ObjectRef ref) throws Exception {
        return get(GetRequest.newBuilder().setObject(ref));
    }

    byte[] get(GetRequest.Builder request) throws Exception {
        BlockingClientCall<?, GetResponse> call = store().get(request.build());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean isFirst = true;
        for (GetResponse part = call.read(); part != null; part = call.read()) {
            assertThat(part.hasObject()).isEqualTo(isFirst);
            isFirst = false;
            part.getData().writeTo(bytes);
        }
        assertThat(isFirst).isFalse();
        return bytes.toByteArray();
    }

    static ObjectRef ref(String key) {
        return ObjectRef.newBuilder().setName(name(key)).build();
    }

    static ObjectRef id(String id) {
        return ObjectRef.newBuilder().setId(id).build();
    }

    static ObjectName name(String key) {
        return ObjectName.newBuilder().setNamespace(NAMESPACE).setKey(key).build();
    }

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static com.google.protobuf.Duration duration(Duration duration) {
        return Messages.duration(duration);
    }

    // ---- what is held

    NodeInfo info() {
        return gateway.getBean(NodeConnection.class).client().node();
    }

    long pinned() {
        return info().ledger().pinned();
    }

    /** But for the lanes that a client keeps for small objects. */
    void awaitNothingHeld() {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            NodeInfo.Ledger ledger = info().ledger();
                            assertThat(ledger.pinned()).isZero();
                            assertThat(ledger.leased()).isLessThan(MIB / 2);
                        });
    }

    // ---- errors

    /** Checks how a call fails, and returns the details. */
    static Status assertFails(Code code, String reason, Callable<?> call) throws Exception {
        Exception failure = null;
        try {
            call.call();
        } catch (io.grpc.StatusException | io.grpc.StatusRuntimeException e) {
            failure = e;
        }
        assertThat(failure).as("fails with %s", code).isNotNull();
        Status status = StatusProto.fromThrowable(failure);
        assertThat(status).isNotNull();
        assertThat(status.getCode()).as("%s", status).isEqualTo(code.value());
        ErrorInfo info = detail(status, ErrorInfo.class);
        assertThat(info.getReason()).as("%s", status).isEqualTo(reason);
        assertThat(info.getDomain()).isEqualTo("tokamak");
        assertThat(info.getMetadataMap()).containsKey("remedy");
        return status;
    }

    static Duration retryAfter(Status status) throws Exception {
        RetryInfo retry = detail(status, RetryInfo.class);
        return Messages.duration(retry.getRetryDelay());
    }

    static <T extends com.google.protobuf.Message> T detail(Status status, Class<T> type)
            throws InvalidProtocolBufferException {
        for (Any detail : status.getDetailsList()) {
            if (detail.is(type)) {
                return detail.unpack(type);
            }
        }
        throw new AssertionError("no " + type.getSimpleName() + " in " + status);
    }

    @Override
    public void close() throws IOException {
        channel.shutdownNow();
        gateway.close();
        node.close();
    }
}
