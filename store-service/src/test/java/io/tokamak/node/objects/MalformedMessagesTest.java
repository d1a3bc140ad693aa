package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.io.ByteStreams;
import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.tokamak.layout.StoreFile;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import io.tokamak.proto.local.v1.DescribeRequest;
import io.tokamak.proto.local.v1.LeaseRequest;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.LocalGrpc;
import io.tokamak.proto.local.v1.ResolveRequest;
import io.tokamak.proto.local.v1.ReturnRequest;
import io.tokamak.proto.local.v1.StatusRequest;
import io.tokamak.session.Control;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One node for all of them: it is to go on after each. */
@DisplayName("A message that breaks a rule")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class MalformedMessagesTest {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final String SETTINGS = "000000040000000000";
    private static final byte[] NO_PROTOBUF = {(byte) 0xFF, (byte) 0xFF};

    private final StoreFixture fixture = StoreFixture.open().served();
    private final LaneClient other = fixture.attach();
    private final Control control = new Control(fixture.files());
    private long before;

    @BeforeEach
    void count() {
        before = fixture.malformedCount();
    }

    @AfterAll
    void close() {
        control.close();
        other.close();
        fixture.close();
    }

    /** Counted once, and nobody else was harmed. */
    private void assertCounted() {
        Eventually.holds("counted", () -> fixture.malformedCount() > before);
        byte[] payload = TestBytes.of(100);
        assertThat(other.read(other.putSeen(payload))).isEqualTo(payload);
        assertThat(fixture.status().counters().fencedSessions()).isZero();
        assertThat(fixture.malformedCount()).isEqualTo(before + 1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @DisplayName("of HTTP/2 ends its connection and is counted")
    void frames(String what, byte[] bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(fixture.files().control()));
            channel.write(ByteBuffer.wrap(bytes));
            ByteBuffer said = ByteBuffer.allocate(4_096);
            while (channel.read(said.clear()) >= 0) {} // until the node has hung up
        }
        assertCounted();
    }

    static Stream<Arguments> frames() {
        byte[] noise = new byte[1_000];
        Arrays.fill(noise, (byte) 0xA5);
        return Stream.of(
                Arguments.of("noise", noise),
                Arguments.of(
                        "data of no stream", http2("000001" + "00" + "00" + "00000000" + "00")),
                Arguments.of("headers that are none", http2("000003010400000001" + "FFFFFF")),
                Arguments.of("a frame that is too long", http2("FFFFFF000000000001")));
    }

    private static byte[] http2(String frames) {
        byte[] begin = PREFACE.getBytes(StandardCharsets.US_ASCII);
        byte[] rest = HexFormat.of().parseHex(SETTINGS + frames);
        return ByteBuffer.allocate(begin.length + rest.length).put(begin).put(rest).array();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @DisplayName("of gRPC ends its call and is counted")
    void calls(String what, String method, byte[] message) {
        LocalGrpc.LocalStub stub = control.events();
        assertThatThrownBy(
                        () ->
                                ClientCalls.blockingUnaryCall(
                                        stub.getChannel(),
                                        raw(method),
                                        stub.getCallOptions()
                                                .withDeadlineAfter(20, TimeUnit.SECONDS),
                                        message))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e ->
                                assertThat(e.getStatus().getCode())
                                        .isNotIn(
                                                Status.Code.OK,
                                                Status.Code.DEADLINE_EXCEEDED,
                                                Status.Code.UNAVAILABLE));
        assertCounted();
    }

    static Stream<Arguments> calls() {
        ByteString shortId = ByteString.copyFrom(new byte[15]);
        return Stream.of(
                Arguments.of("no protobuf", "Resolve", NO_PROTOBUF),
                Arguments.of("no such method", "Nonsense", new byte[0]),
                Arguments.of("longer than any may be", "Delete", new byte[(8 << 20) + 1]),
                Arguments.of(
                        "an id of 15 bytes",
                        "Describe",
                        DescribeRequest.newBuilder().setId(shortId).build().toByteArray()),
                Arguments.of(
                        "a time-out below zero",
                        "Resolve",
                        ResolveRequest.newBuilder().setTimeoutMillis(-1).build().toByteArray()),
                Arguments.of(
                        "a cursor that is none",
                        "List",
                        ListRequest.newBuilder().setLimit(1).setCursor("!").build().toByteArray()),
                Arguments.of(
                        "too many pinned objects",
                        "Status",
                        StatusRequest.newBuilder().setPinnedMax(1_001).build().toByteArray()));
    }

    private static MethodDescriptor<byte[], byte[]> raw(String method) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("tokamak.local.v1.Local/" + method)
                .setRequestMarshaller(new Raw())
                .setResponseMarshaller(new Raw())
                .build();
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return ByteStreams.toByteArray(stream);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    @DisplayName("of a session's own, a lane that it cannot have, is counted")
    void lanes() {
        Offered session = new Offered();
        session.say(hello());
        Eventually.holds("offered", () -> session.name != null);
        assertThatThrownBy(
                        () ->
                                control.stream()
                                        .return_(
                                                ReturnRequest.newBuilder()
                                                        .setSession(session.name())
                                                        .addLanes(1_000)
                                                        .build()))
                .hasMessageContaining("no lane 1000");
        assertCounted();
        count();
        assertThatThrownBy(
                        () ->
                                control.stream()
                                        .lease(
                                                LeaseRequest.newBuilder()
                                                        .setSession(session.name())
                                                        .setKind(LeaseRequest.Kind.KIND_SHARED)
                                                        .setSizeBytes(-1)
                                                        .build()))
                .hasMessageContaining("-1 bytes");
        assertCounted();
        session.requests.onCompleted();
    }

    @Test
    @DisplayName("of an attachment, out of turn, ends it and is counted")
    void outOfTurn() {
        Offered detaching = new Offered();
        detaching.say(
                AttachRequest.newBuilder()
                        .setDetach(AttachRequest.Detach.getDefaultInstance())
                        .build());
        assertThat(detaching.failure()).hasMessageContaining("detach out of turn");
        assertCounted();
    }

    @Test
    @DisplayName("that says ready without the lock ends the attachment and is counted")
    void readyWithoutTheLock() {
        Offered unlocked = new Offered();
        unlocked.say(hello());
        Eventually.holds("offered", () -> unlocked.name != null);
        unlocked.say(
                AttachRequest.newBuilder()
                        .setReady(AttachRequest.Ready.getDefaultInstance())
                        .build());
        assertThat(unlocked.failure()).hasMessageContaining("the lock of the session's file");
        assertCounted();
    }

    private static AttachRequest hello() {
        return AttachRequest.newBuilder()
                .setHello(AttachRequest.Hello.newBuilder().setLayout(StoreFile.LAYOUT))
                .build();
    }

    /** A client that goes no further in attaching than it is told. */
    private final class Offered implements StreamObserver<AttachResponse> {
        private final StreamObserver<AttachRequest> requests = control.events().attach(this);
        private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private volatile @Nullable String name;

        String name() {
            return Objects.requireNonNull(name);
        }

        void say(AttachRequest request) {
            requests.onNext(request);
        }

        Throwable failure() {
            return failure.orTimeout(20, TimeUnit.SECONDS).join();
        }

        @Override
        public void onNext(AttachResponse response) {
            name = response.getOffer().getSession();
        }

        @Override
        public void onError(Throwable error) {
            failure.complete(error);
        }

        @Override
        public void onCompleted() {
            failure.complete(new AssertionError("completed"));
        }
    }
}
