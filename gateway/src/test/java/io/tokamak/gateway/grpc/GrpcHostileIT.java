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
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.netty.channel.epoll.Epoll;
import io.netty.util.internal.PlatformDependent;
import io.tokamak.client.NodeInfo;
import io.tokamak.gateway.wire.Http2;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import io.tokamak.proto.v1.WaitRequest;
import io.tokamak.proto.v1.WatchRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Whatever comes on the port: the gateway serves others on, and holds nothing for it afterwards.
 */
class GrpcHostileIT {
    private static final long SEED = Long.getLong("seed", 20261126);
    private static final String GET = "/tokamak.v1.ObjectStore/Get";
    private static final String LIST = "/tokamak.v1.ObjectStore/List";
    private static final String PUT = "/tokamak.v1.ObjectStore/Put";

    private static GrpcGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway =
                GrpcGateway.withNode(
                        "--tokamak.uploads-max=64",
                        // Who is slow to read answers no ping, and is not what is cut off here.
                        "--spring.grpc.server.keepalive.time=10m");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    @AfterEach
    void othersAreServed() throws Exception {
        byte[] bytes = random(1000, 1);
        String id = gateway.put(PutSpec.newBuilder(), bytes).getObject().getId();
        assertThat(gateway.get(GrpcGateway.id(id))).isEqualTo(bytes);
        gateway.awaitNothingHeld();
    }

    @Test
    @DisplayName("random bytes, before and after the preface")
    void noise() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < 100; i++) {
            try (Http2 caller = new Http2(gateway.port())) {
                if (i % 2 == 0) {
                    caller.greet();
                }
                if (i % 4 == 0) {
                    caller.call(1, i % 8 == 0 ? GET : PUT);
                }
                byte[] bytes = new byte[random.nextInt(1, 40_000)];
                random.nextBytes(bytes);
                caller.write(bytes);
            } catch (IOException cutOff) {
                assertThat(cutOff).as("seed %d", SEED).isNotNull();
            }
        }
    }

    @Test
    @DisplayName("frames that break HTTP/2 end their connection")
    void brokenFrames() throws Exception {
        byte[] hpackIndexOutOfRange = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
        List<Malice> all =
                List.of(
                        caller -> caller.write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII)),
                        caller -> caller.greet().frame(Http2.SETTINGS, 0, 0, new byte[5]),
                        caller -> caller.greet().frame(Http2.SETTINGS, 0, 1, new byte[6]),
                        caller -> caller.greet().frame(Http2.DATA, 0, 0, new byte[10]),
                        caller -> caller.greet().frame(Http2.DATA, 0, 99, new byte[10]),
                        caller -> caller.greet().frame(Http2.HEADERS, 4, 2, new byte[0]),
                        caller -> caller.greet().frame(Http2.HEADERS, 4, 1, hpackIndexOutOfRange),
                        caller -> caller.greet().frame(Http2.CONTINUATION, 4, 1, new byte[1]),
                        caller -> caller.greet().frame(Http2.WINDOW_UPDATE, 0, 0, new byte[4]),
                        caller -> caller.greet().frame(Http2.RST_STREAM, 0, 0, new byte[4]),
                        caller -> caller.greet().frame(Http2.PING, 0, 0, new byte[3]),
                        caller -> caller.greet().frame(Http2.DATA, 0, 1, new byte[1 << 20]),
                        caller -> {
                            caller.greet();
                            caller.frame(Http2.HEADERS, 0, 1, new byte[0]);
                            for (int i = 0; i < 10_000; i++) { // a head without an end
                                caller.frame(Http2.CONTINUATION, 0, 1, new byte[100]);
                            }
                        },
                        caller -> {
                            caller.greet();
                            for (int i = 0; i < 1000; i++) {
                                caller.frame(Http2.PING, 0, 0, new byte[8]);
                            }
                        });
        for (int i = 0; i < all.size(); i++) {
            Malice malice = all.get(i);
            try (Http2 caller = new Http2(gateway.port())) {
                assertThatExceptionOfType(IOException.class)
                        .as("malice %d", i)
                        .isThrownBy(
                                () -> {
                                    malice.on(caller);
                                    while (true) {
                                        caller.read();
                                    }
                                });
            }
        }
    }

    private interface Malice {
        void on(Http2 caller) throws IOException;
    }

    @Test
    @DisplayName("whoever pings all the time is told to calm down")
    void pings() throws Exception {
        try (Http2 caller = new Http2(gateway.port()).greet()) {
            int ping = 9 + 8;
            ByteBuffer pings = ByteBuffer.allocate(5 * ping);
            for (int at = 0; at < pings.capacity(); at += ping) {
                pings.put(at + 2, (byte) 8).put(at + 3, (byte) Http2.PING);
            }
            caller.write(pings.array()); // at once: after the third, nobody reads any more
            byte[] reason = caller.read(Http2.GOAWAY).payload();
            assertThat(new String(reason, 8, reason.length - 8, US_ASCII))
                    .isEqualTo("too_many_pings");
        }
    }

    @Test
    @DisplayName("heads that are too long, methods that are not there, other content")
    void heads() throws Exception {
        try (Http2 caller = new Http2(gateway.port()).greet()) {
            byte[] headers = Http2.headers(GET, Map.of("x", "y".repeat(15_000)));
            caller.frame(Http2.HEADERS, Http2.END_HEADERS, 1, headers); // fits
            byte[] bomb = Http2.headers(GET, Map.of("x", "y".repeat(16_000), "z", "y".repeat(300)));
            caller.frame(Http2.HEADERS, 0, 3, Arrays.copyOf(bomb, Math.min(bomb.length, 16 << 10)));
            caller.frame(
                    Http2.CONTINUATION,
                    Http2.END_HEADERS,
                    3,
                    Arrays.copyOfRange(bomb, Math.min(bomb.length, 16 << 10), bomb.length));
            assertThat(answered(caller)).isEqualTo(3);
        }
        for (String path : List.of("/tokamak.v1.ObjectStore/Nothing", "/x", "nonsense", "")) {
            try (Http2 caller = new Http2(gateway.port()).greet()) {
                caller.call(1, path);
                assertThat(answered(caller)).isEqualTo(1);
            }
        }
    }

    /** The stream that was answered, or refused. */
    private static int answered(Http2 caller) throws IOException {
        Http2.Frame frame = caller.read();
        while (frame.type() != Http2.HEADERS && frame.type() != Http2.RST_STREAM) {
            frame = caller.read();
        }
        return frame.stream();
    }

    @Test
    @DisplayName("messages of random bytes are the caller's mistake, never ours")
    void randomMessages() throws Exception {
        Random random = new Random(SEED);
        Set<Code> fine =
                EnumSet.of(
                        Code.OK,
                        Code.INVALID_ARGUMENT,
                        Code.NOT_FOUND,
                        Code.FAILED_PRECONDITION,
                        Code.OUT_OF_RANGE,
                        Code.RESOURCE_EXHAUSTED);
        List<MethodDescriptor<?, ?>> methods =
                List.copyOf(ObjectStoreGrpc.getServiceDescriptor().getMethods());
        for (int i = 0; i < 2000; i++) {
            MethodDescriptor<?, ?> method = methods.get(random.nextInt(methods.size()));
            byte[] message = new byte[random.nextInt(60)];
            random.nextBytes(message);
            if (message.length > 1 && random.nextBoolean()) { // the first field, of some length
                message[0] = 10;
                message[1] = (byte) random.nextInt(message.length);
            }
            if (method.getBareMethodName().equals("Watch")) {
                continue; // has no end
            }
            assertThat(fine)
                    .as(
                            "%s of %s, seed %d",
                            method.getBareMethodName(), Arrays.toString(message), SEED)
                    .contains(callRaw(method, message).get(30, TimeUnit.SECONDS).getCode());
        }
    }

    /** Sends the bytes as a message, and returns how the call ended. */
    private static CompletableFuture<Status> callRaw(MethodDescriptor<?, ?> method, byte[] bytes) {
        CompletableFuture<Status> end = new CompletableFuture<>();
        MethodDescriptor<byte[], byte[]> raw = method.toBuilder(RAW, RAW).build();
        ClientCall<byte[], byte[]> call =
                gateway.channel.newCall(
                        raw, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(bytes);
        call.halfClose();
        return end;
    }

    private static final MethodDescriptor.Marshaller<byte[]> RAW =
            new MethodDescriptor.Marshaller<>() {
                @Override
                public InputStream stream(byte[] bytes) {
                    return new ByteArrayInputStream(bytes);
                }

                @Override
                public byte[] parse(InputStream stream) {
                    try {
                        return stream.readAllBytes();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };

    @Test
    void aMessageThatIsTooLongIsRefused() throws Exception {
        byte[] bytes = new byte[5 * MIB];
        MethodDescriptor<?, ?> put = ObjectStoreGrpc.getPutMethod();
        assertThat(callRaw(put, bytes).get(30, TimeUnit.SECONDS).getCode())
                .isEqualTo(Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void anObjectWithoutAnEndFillsThePoolAndIsGone() throws Exception {
        BlockingClientCall<PutRequest, PutResponse> call = gateway.store().put();
        call.write(
                PutRequest.newBuilder()
                        .setSpec(
                                PutSpec.newBuilder()
                                        .setName(name("endless"))
                                        .setRoomTimeout(duration(Duration.ofMillis(500))))
                        .build());
        byte[] part = random(MIB, 1);
        assertFails(
                Code.RESOURCE_EXHAUSTED,
                "out-of-memory",
                () -> {
                    for (int sent = 0; sent < 256 && call.write(data(part, 0, MIB)); sent++) {}
                    return call.read();
                });
        assertFails(
                Code.NOT_FOUND,
                "object-not-found",
                () ->
                        gateway.store()
                                .head(HeadRequest.newBuilder().setObject(ref("endless")).build()));
    }

    @Test
    @DisplayName("a reader that never reads holds one pin, and little of our memory")
    void neverReads() throws Exception {
        int readers = 200;
        gateway.put("unread", random(32 * MIB, 3));
        long before = PlatformDependent.usedDirectMemory();
        byte[] request = GetRequest.newBuilder().setObject(ref("unread")).build().toByteArray();
        List<Http2> callers = new ArrayList<>();
        try {
            for (int i = 0; i < readers; i++) {
                Http2 caller = new Http2(gateway.port(), 4 << 10).greet();
                callers.add(caller);
                caller.call(1, GET);
                caller.message(1, Http2.END_STREAM, request);
            }
            await().atMost(PATIENCE).until(() -> pins() == readers);
            assertThat(
                            gateway.get(
                                    GetRequest.newBuilder()
                                            .setObject(ref("unread"))
                                            .setLengthBytes(7)))
                    .hasSize(7);
            assertThat(PlatformDependent.usedDirectMemory() - before)
                    .isLessThan(readers * (400L << 10));
        } finally {
            for (Http2 caller : callers) {
                caller.close();
            }
        }
    }

    @Test
    @DisplayName("the kernel keeps little for a reader that never reads, whatever its window")
    void neverReadsThoughItMay() throws Exception {
        assumeThat(Epoll.isAvailable()).isTrue();
        gateway.put("unsent", random(32 * MIB, 7));
        try (Http2 caller = new Http2(gateway.port(), 4 << 10).greet()) {
            caller.call(1, GET);
            caller.message(
                    1,
                    Http2.END_STREAM,
                    GetRequest.newBuilder().setObject(ref("unsent")).build().toByteArray());
            await().atMost(PATIENCE)
                    .during(Duration.ofSeconds(1)) // it would be filled long before
                    .untilAsserted(
                            () ->
                                    assertThat(unsentBytes(caller.localPort()))
                                            .isBetween(128L << 10, 512L << 10));
        }
        gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("unsent")).build());
    }

    /** What lies in the gateway's socket for the caller with that port. */
    private static long unsentBytes(int callerPort) throws IOException {
        String ports = ".*:%04X [0-9A-F]+:%04X .*".formatted(gateway.port(), callerPort);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                if (line.matches(ports)) {
                    return Long.parseLong(
                            line.replaceAll(".* ([0-9A-F]{8}):[0-9A-F]{8} .*", "$1"), 16);
                }
            }
        }
        return 0;
    }

    @Test
    @DisplayName("a caller that asks for lists and reads none is kept a few of them at a time")
    void neverReadsLists() throws Exception {
        for (int i = 0; i < 300; i++) {
            gateway.put(
                    PutSpec.newBuilder()
                            .setName(name("list/" + i))
                            .putAttributes("long", "v".repeat(8000)),
                    new byte[1]);
        }
        byte[] request =
                ListRequest.newBuilder()
                        .setNamespace(GrpcGateway.NAMESPACE)
                        .setPrefix("list/")
                        .setLimit(1000)
                        .build()
                        .toByteArray();
        int lists = 40;
        int few = 4;
        Set<Integer> open = new HashSet<>();
        int ended = 0;
        try (Http2 caller = new Http2(gateway.port()).greet(0)) {
            for (int i = 0; i < lists; i++) {
                caller.call(2 * i + 1, LIST);
                caller.message(2 * i + 1, Http2.END_STREAM, request);
            }
            while (open.size() < few) {
                open.add(caller.read(Http2.HEADERS).stream());
            }
            for (int i = 0; i < 3 * few; i++) { // another caller's, as long as theirs
                gateway.store().list(ListRequest.parseFrom(request));
            }
            for (int stream : open) {
                caller.allow(stream, 4 * MIB);
            }
            while (ended < lists) { // a connection that says nothing for too long fails this
                Http2.Frame frame = caller.read();
                if (frame.type() != Http2.HEADERS) {
                    continue;
                }
                if ((frame.flags() & Http2.END_STREAM) != 0) {
                    ended++;
                    assertThat(open.remove(frame.stream())).isTrue();
                } else {
                    open.add(frame.stream());
                    assertThat(open).hasSizeLessThanOrEqualTo(few);
                    caller.allow(frame.stream(), 4 * MIB);
                }
            }
        }
    }

    @Test
    @DisplayName("a put that drips for too long is ended with upload-too-slow, and leaves nothing")
    void drips() throws Exception {
        GrpcGateway hasty = new GrpcGateway(gateway.node, "--tokamak.upload-time-total=1s");
        try {
            BlockingClientCall<PutRequest, PutResponse> call = hasty.store().put();
            call.write(
                    PutRequest.newBuilder()
                            .setSpec(PutSpec.newBuilder().setName(name("drips")).setSizeBytes(MIB))
                            .build());
            var status =
                    assertFails(
                            Code.DEADLINE_EXCEEDED,
                            "upload-too-slow",
                            () -> {
                                await().atMost(PATIENCE) // an empty message each time it looks
                                        .until(() -> !call.write(PutRequest.getDefaultInstance()));
                                return answer(call);
                            });
            ErrorInfo info = GrpcGateway.detail(status, ErrorInfo.class);
            assertThat(info.getMetadataOrThrow("timeoutMillis")).isEqualTo("1000");
        } finally {
            hasty.stopGateway();
        }
        assertFails(
                Code.NOT_FOUND,
                "object-not-found",
                () ->
                        gateway.store()
                                .head(HeadRequest.newBuilder().setObject(ref("drips")).build()));
    }

    private static int pins() {
        return gateway.info().sessions().stream().mapToInt(NodeInfo.Session::pins).sum();
    }

    @Test
    @DisplayName("callers that go away within a message, or within an object, leave nothing")
    void half() throws Exception {
        byte[] spec =
                PutRequest.newBuilder()
                        .setSpec(PutSpec.newBuilder().setName(name("half")).setSizeBytes(MIB))
                        .build()
                        .toByteArray();
        List<Http2> callers = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                Http2 caller = new Http2(gateway.port()).greet();
                callers.add(caller);
                caller.call(1, PUT);
                caller.message(1, 0, spec);
                byte[] half = {0, 0, 8, 0, 0, 18, -1, -1, 31, 1, 2, 3}; // of 512 KiB
                caller.data(1, 0, half);
            }
            await().atMost(PATIENCE).until(() -> gateway.info().ledger().leased() > 40L * MIB);
        } finally {
            for (Http2 caller : callers) {
                caller.close();
            }
        }
        gateway.awaitNothingHeld();
        assertFails(
                Code.NOT_FOUND,
                "object-not-found",
                () ->
                        gateway.store()
                                .head(HeadRequest.newBuilder().setObject(ref("half")).build()));
    }

    @Test
    @DisplayName("calls cancelled at any moment leave no pin and no lease")
    void cancelledAnywhere() throws Exception {
        Random random = new Random(SEED);
        byte[] part = random(MIB / 4, 4);
        gateway.put("kept", random(8 * MIB, 4));
        String nonce = Files.readString(gateway.node.folder().resolve("nonce"));
        var wait = duration(Duration.ofMinutes(1));
        for (int i = 0; i < 150; i++) {
            BlockingClientCall<?, ?> call =
                    switch (random.nextInt(7)) {
                        case 0 -> put(part, random.nextInt(6), random.nextBoolean());
                        case 1 ->
                                gateway.store()
                                        .get(
                                                GetRequest.newBuilder()
                                                        .setObject(ref("kept"))
                                                        .build());
                        case 2 ->
                                gateway.store()
                                        .get(
                                                GetRequest.newBuilder()
                                                        .setObject(ref("never"))
                                                        .setWait(wait)
                                                        .build());
                        case 3 ->
                                gateway.store()
                                        .map(
                                                MapRequest.newBuilder()
                                                        .setObject(ref("kept"))
                                                        .setNonce(nonce)
                                                        .build());
                        case 4 ->
                                gateway.store()
                                        .batchGet(
                                                BatchGetRequest.newBuilder()
                                                        .addObjects(ref("never"))
                                                        .setWait(wait)
                                                        .build());
                        case 5 -> gateway.store().watch(WatchRequest.getDefaultInstance());
                        default ->
                                gateway.store()
                                        .map(
                                                MapRequest.newBuilder()
                                                        .setObject(ref("never"))
                                                        .setNonce(nonce)
                                                        .setWait(wait)
                                                        .build());
                    };
            TimeUnit.MICROSECONDS.sleep(random.nextInt(3000)); // when, not until when
            call.cancel("at any moment", null);
        }
        gateway.awaitNothingHeld();
        gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("kept")).build());
    }

    private static BlockingClientCall<?, ?> put(byte[] part, int parts, boolean isAnnounced)
            throws Exception {
        BlockingClientCall<PutRequest, PutResponse> call = gateway.store().put();
        PutSpec.Builder spec = PutSpec.newBuilder();
        if (isAnnounced) {
            spec.setSizeBytes(8L * part.length);
        }
        call.write(PutRequest.newBuilder().setSpec(spec).build());
        for (int i = 0; i < parts; i++) {
            call.write(data(part, 0, part.length));
        }
        return call;
    }

    @Test
    @DisplayName("a deadline ends waits and mappings, as gRPC says")
    void deadlines() throws Exception {
        gateway.put("mapped", random(MIB, 5));
        String nonce = Files.readString(gateway.node.folder().resolve("nonce"));
        var brief = gateway.store().withDeadlineAfter(500, TimeUnit.MILLISECONDS);
        var minute = duration(Duration.ofMinutes(1));
        assertDeadline(
                () ->
                        brief.wait(
                                WaitRequest.newBuilder()
                                        .addObjects(ref("never"))
                                        .setTimeout(minute)
                                        .build()));
        var mapping = gateway.store().withDeadlineAfter(2, TimeUnit.SECONDS);
        assertDeadline(
                () -> {
                    var call =
                            mapping.map(
                                    MapRequest.newBuilder()
                                            .setObject(ref("mapped"))
                                            .setNonce(nonce)
                                            .build());
                    assertThat(call.read()).isNotNull();
                    return call.read();
                });
        gateway.awaitNothingHeld();
    }

    private static void assertDeadline(Step call) throws Exception {
        assertThatExceptionOfType(StatusException.class)
                .isThrownBy(call::run)
                .matches(e -> e.getStatus().getCode() == Code.DEADLINE_EXCEEDED);
    }

    private interface Step {
        @Nullable Object run() throws Exception;
    }

    @Test
    @DisplayName("a slow reader delays nobody else on its connection")
    void slowNeighbour() throws Exception {
        gateway.put("large", random(32 * MIB, 6));
        BlockingClientCall<?, GetResponse> slow =
                gateway.store().get(GetRequest.newBuilder().setObject(ref("large")).build());
        assertThat(slow.read()).isNotNull();
        gateway.put("quick", new byte[] {1});
        for (int i = 0; i < 100; i++) {
            assertThat(gateway.get(ref("quick"))).containsExactly(1);
        }
        slow.cancel("enough", null);
        gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("large")).build());
    }
}
