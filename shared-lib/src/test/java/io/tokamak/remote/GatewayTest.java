package io.tokamak.remote;

import static io.tokamak.remote.ScriptedGateway.answering;
import static io.tokamak.remote.ScriptedGateway.away;
import static io.tokamak.remote.ScriptedGateway.failing;
import static io.tokamak.remote.ScriptedGateway.part;
import static io.tokamak.remote.ScriptedGateway.refused;
import static io.tokamak.remote.ScriptedGateway.silent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.HeadResponse;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectName;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("Calls to a gateway")
@Timeout(30)
class GatewayTest {
    private static final Duration TIMEOUT = Duration.ofMillis(1500);
    private static final int SIZE = 300_000;

    private static final ObjectInfo INFO =
            ObjectInfo.newBuilder()
                    .setId(ObjectId.anonymous(1, 2, 3).toString())
                    .setIncarnation(7)
                    .setSizeBytes(SIZE)
                    .build();

    private static final ObjectRef OBJECT = ObjectRef.newBuilder().setId(INFO.getId()).build();

    private static final HeadRequest HEAD = HeadRequest.newBuilder().setObject(OBJECT).build();
    private static final HeadResponse THERE = HeadResponse.newBuilder().setObject(INFO).build();
    private static final PutResponse PUT = PutResponse.newBuilder().setObject(INFO).build();

    private static final PutSpec ANONYMOUS = PutSpec.getDefaultInstance();
    private static final PutSpec NAMED =
            PutSpec.newBuilder()
                    .setName(ObjectName.newBuilder().setNamespace("n").setKey("k"))
                    .build();

    private final ScriptedGateway server = ScriptedGateway.start();
    private final Gateway gateway = new Gateway(server.address(), "secret", "test", TIMEOUT);

    /** Each place that a get asked for. */
    private final List<MemorySegment> places = new ArrayList<>();

    @AfterEach
    void close() {
        gateway.close();
        server.close();
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private MemorySegment place(ObjectInfo info) {
        MemorySegment place = Arena.ofAuto().allocate(Math.max(1, info.getSizeBytes()));
        places.add(place);
        return place;
    }

    private ObjectInfo get() {
        return gateway.get(OBJECT, Deadline.NONE, this::place);
    }

    private void assertReceived(byte[] expected) {
        assertThat(places.getLast().asSlice(0, expected.length).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(expected);
    }

    private HeadResponse head() {
        return gateway.call(ObjectStoreGrpc.getHeadMethod(), HEAD);
    }

    private static Duration since(long beginNanos) {
        return Duration.ofNanos(System.nanoTime() - beginNanos);
    }

    @Nested
    @DisplayName("that are safe to repeat")
    class Repeated {
        @Test
        @DisplayName("are made again while the node is away")
        void again() {
            server.heads.add(failing(away()));
            server.heads.add(failing(away()));
            server.heads.add(answering(THERE));
            assertThat(head()).isEqualTo(THERE);
            assertThat(server.headCount).hasValue(3);
        }

        @Test
        @DisplayName("are made again no sooner than the gateway asked for")
        void retryInfo() {
            server.heads.add(failing(away(Duration.ofMillis(400))));
            server.heads.add(answering(THERE));
            long begin = System.nanoTime();
            assertThat(head()).isEqualTo(THERE);
            assertThat(since(begin)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
        }

        @Test
        @DisplayName("end at once when the gateway asks for more time than there is")
        void tooLate() {
            server.heads.add(failing(away(Duration.ofSeconds(20))));
            long begin = System.nanoTime();
            assertThatThrownBy(GatewayTest.this::head)
                    .isInstanceOfSatisfying(
                            NodeDown.class,
                            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(20)));
            assertThat(since(begin)).isLessThan(TIMEOUT);
        }

        @Test
        @DisplayName("end with NodeDown when nobody came back, after a few tries")
        void nobody() {
            for (int i = 0; i < 1000; i++) {
                server.heads.add(failing(away()));
            }
            long begin = System.nanoTime();
            assertThatThrownBy(GatewayTest.this::head).isInstanceOf(NodeDown.class);
            assertThat(since(begin)).isBetween(TIMEOUT.minusMillis(50), TIMEOUT.plusSeconds(5));
            assertThat(server.headCount.get()).isBetween(4, 30);
        }

        @Test
        @DisplayName("find a gateway that is started only after the first try")
        void startedLater() throws Exception {
            server.cut();
            CompletableFuture<HeadResponse> answer =
                    CompletableFuture.supplyAsync(GatewayTest.this::head);
            assertThatThrownBy(() -> answer.get(200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            server.heads.add(answering(THERE));
            server.restart();
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(THERE);
        }

        @Test
        @DisplayName("are not made again when that cannot help")
        void useless() {
            server.heads.add(failing(refused(Status.Code.INVALID_ARGUMENT, "bad-id")));
            assertThatThrownBy(GatewayTest.this::head)
                    .isInstanceOfSatisfying(
                            InvalidRequest.class, e -> assertThat(e.code()).isEqualTo("bad-id"));
            assertThat(server.headCount).hasValue(1);
        }

        @Test
        @DisplayName("carry the token")
        void token() {
            server.heads.add(answering(THERE));
            head();
            assertThat(server.authorizations).containsOnly("Bearer secret");
        }
    }

    @Nested
    @DisplayName("that get an object")
    class Getting {
        private final byte[] payload = bytes(SIZE, 1);

        @Test
        @DisplayName("go on where the stream broke, with the incarnation, wherever that was")
        void resumed() {
            long seed = System.nanoTime();
            Random random = new Random(seed);
            for (int round = 0; round < 20; round++) {
                server.getRequests.clear();
                places.clear();
                int[] ends = random.ints(5, 0, SIZE).sorted().toArray();
                int messageBytes = 1 + random.nextInt(100_000);
                for (int end : ends) {
                    server.gets.add(part(INFO, payload, end, messageBytes));
                }
                server.gets.add(part(INFO, payload, SIZE, messageBytes));

                assertThat(get()).as("seed %d", seed).isEqualTo(INFO);
                assertReceived(payload);
                assertThat(places).hasSize(1);
                for (int i = 0; i <= ends.length; i++) {
                    GetRequest request = server.getRequests.get(i);
                    assertThat(request.getOffsetBytes()).isEqualTo(i == 0 ? 0 : ends[i - 1]);
                    assertThat(request.getIncarnation()).isEqualTo(i == 0 ? 0 : 7);
                }
            }
        }

        @Test
        @DisplayName("go on when the connection was lost")
        void reconnected() {
            server.gets.add(
                    (_, answers) -> {
                        part(INFO, payload, SIZE - 1, 10_000)
                                .run(GetRequest.getDefaultInstance(), withoutEnd(answers));
                        await().until(() -> places.size() == 1);
                        Thread.ofPlatform()
                                .start(
                                        () -> {
                                            server.cut();
                                            server.restart();
                                        });
                    });
            server.gets.add(part(INFO, payload, SIZE, 10_000));
            assertThat(get()).isEqualTo(INFO);
            assertReceived(payload);
            assertThat(server.getRequests).hasSize(2);
            assertThat(server.getRequests.get(1).getOffsetBytes()).isBetween(1L, SIZE - 1L);
        }

        private static <A> StreamObserver<A> withoutEnd(StreamObserver<A> answers) {
            return new StreamObserver<>() {
                @Override
                public void onNext(A answer) {
                    answers.onNext(answer);
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
            };
        }

        @Test
        @DisplayName("begin anew when the name has another object meanwhile")
        void changed() {
            byte[] other = bytes(1000, 2);
            ObjectInfo otherInfo = INFO.toBuilder().setIncarnation(8).setSizeBytes(1000).build();
            server.gets.add(part(INFO, payload, 100, 1000));
            server.gets.add(failing(refused(Status.Code.ABORTED, "object-changed")));
            server.gets.add(part(otherInfo, other, 1000, 1000));
            assertThat(get()).isEqualTo(otherInfo);
            assertReceived(other);
            assertThat(places).hasSize(2);
            assertThat(server.getRequests.get(2).getIncarnation()).isZero();
        }

        @Test
        @DisplayName("end with what is said when the rest is gone")
        void deleted() {
            server.gets.add(part(INFO, payload, 100, 1000));
            server.gets.add(failing(refused(Status.Code.NOT_FOUND, "object-not-found")));
            assertThatThrownBy(GatewayTest.this::get).isInstanceOf(ObjectNotFound.class);
        }

        @Test
        @DisplayName("take a stream that ends too early for one that broke")
        void tooShort() {
            server.gets.add(
                    (_, answers) -> {
                        part(INFO, payload, 100, 1000)
                                .run(GetRequest.getDefaultInstance(), withoutEnd(answers));
                        answers.onCompleted();
                    });
            server.gets.add(part(INFO, payload, SIZE, 50_000));
            get();
            assertReceived(payload);
        }

        @Test
        @DisplayName("refuse more bytes than the object has")
        void tooLong() {
            server.gets.add(part(INFO.toBuilder().setSizeBytes(1000).build(), payload, SIZE, 1500));
            assertThatThrownBy(GatewayTest.this::get).isInstanceOf(CorruptObject.class);
            await().until(() -> server.cancelCount.get() > 0);
        }

        @Test
        @DisplayName("end when nothing comes for too long, and free the other side")
        void stalled() {
            server.gets.add(
                    (_, answers) ->
                            part(INFO, payload, 100, 1000)
                                    .run(GetRequest.getDefaultInstance(), withoutEnd(answers)));
            assertThatThrownBy(GatewayTest.this::get)
                    .isInstanceOf(DeadlineExceeded.class)
                    .hasMessageContaining("100 of 300000 bytes");
            await().until(() -> server.cancelCount.get() > 0);
        }

        @Test
        @DisplayName(
                "end when their thread is interrupted, which it stays, and free the other side")
        void interrupted() throws Exception {
            server.gets.add(silent());
            AtomicReference<Boolean> stays = new AtomicReference<>();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread thread =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            get();
                                        } catch (RuntimeException e) {
                                            thrown.set(e);
                                        }
                                        stays.set(Thread.currentThread().isInterrupted());
                                    });
            await().until(() -> !server.getRequests.isEmpty());
            thread.interrupt();
            assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
            assertThat(thrown.get()).isInstanceOf(DeadlineExceeded.class);
            assertThat(stays.get()).isTrue();
            await().until(() -> server.cancelCount.get() > 0);
        }

        @Test
        @DisplayName("ask again when the caller waits longer than a gateway does")
        void longWait() {
            server.gets.add(failing(refused(Status.Code.NOT_FOUND, "object-not-found")));
            server.gets.add(part(INFO, payload, SIZE, 100_000));
            gateway.get(OBJECT, Deadline.after(Duration.ofMinutes(7)), GatewayTest.this::place);
            assertReceived(payload);
            assertThat(server.getRequests.get(0).getWait().getSeconds()).isEqualTo(300);
        }
    }

    @Nested
    @DisplayName("that put an object")
    class Putting {
        private final MemorySegment payload = MemorySegment.ofArray(bytes(3 << 20, 3));

        private PutResponse put(PutSpec spec) {
            return gateway.put(spec, payload, Deadline.after(TIMEOUT), Duration.ZERO);
        }

        @Test
        @DisplayName("are made again when named: the same bytes are the same object")
        void named() {
            server.puts.add(failing(away()));
            server.puts.add(answering(PUT));
            assertThat(put(NAMED)).isEqualTo(PUT);
            assertThat(server.putCount).hasValue(2);
        }

        @Test
        @DisplayName("are never made again when anonymous and not answered")
        void unanswered() {
            server.puts.add(failing(away()));
            server.puts.add(answering(PUT));
            assertThatThrownBy(() -> put(ANONYMOUS))
                    .isInstanceOf(NodeDown.class)
                    .hasMessageContaining("may have taken place");
            assertThat(server.putCount).hasValue(1);
        }

        @Test
        @DisplayName("are made again when anonymous and broken before their end: nothing was kept")
        void broken() {
            server.putMessagesMax = 1;
            server.puts.add(
                    (_, answers) -> {
                        server.putMessagesMax = Integer.MAX_VALUE;
                        answers.onError(away());
                    });
            server.puts.add(answering(PUT));
            MemorySegment large = Arena.ofAuto().allocate(48 << 20);
            assertThat(gateway.put(ANONYMOUS, large, Deadline.after(TIMEOUT), Duration.ZERO))
                    .isEqualTo(PUT);
            assertThat(server.putCount).hasValue(2);
        }

        @Test
        @DisplayName("end with what the gateway says amid the bytes")
        void refusedAmid() {
            server.putMessagesMax = 1;
            server.puts.add(failing(refused(Status.Code.RESOURCE_EXHAUSTED, "quota-exceeded")));
            assertThatThrownBy(() -> put(ANONYMOUS)).isInstanceOf(QuotaExceeded.class);
        }

        @Test
        @DisplayName("end when the gateway is silent at the end")
        void silence() {
            server.puts.add(silent());
            assertThatThrownBy(() -> put(NAMED)).isInstanceOf(DeadlineExceeded.class);
            await().until(() -> server.cancelCount.get() > 0);
        }

        @Test
        @DisplayName("leave nothing at the gateway when they are given up")
        void givenUp() {
            try (Upload upload =
                    gateway.upload(ANONYMOUS, Deadline.after(TIMEOUT), Duration.ZERO)) {
                upload.write(payload);
            }
            await().until(() -> server.cancelCount.get() > 0);
            assertThat(server.puts).isEmpty();
        }
    }

    @Test
    @DisplayName("to nobody end with NodeDown within the timeout")
    void nobody() {
        server.cut();
        long begin = System.nanoTime();
        assertThatThrownBy(this::head).isInstanceOf(NodeDown.class);
        assertThatThrownBy(this::get).isInstanceOf(NodeDown.class);
        assertThatThrownBy(
                        () ->
                                gateway.upload(
                                        ANONYMOUS, Deadline.after(TIMEOUT), Duration.ofSeconds(1)))
                .isInstanceOf(NodeDown.class);
        assertThat(since(begin)).isLessThan(TIMEOUT.multipliedBy(4));
    }

    @Test
    @DisplayName(
            "to a silent one end with DeadlineExceeded at the timeout, and free the other side")
    void silence() {
        server.heads.add(silent());
        long begin = System.nanoTime();
        assertThatThrownBy(this::head).isInstanceOf(DeadlineExceeded.class);
        assertThat(since(begin)).isBetween(TIMEOUT.minusMillis(50), TIMEOUT.plusSeconds(5));
        await().until(() -> server.cancelCount.get() > 0);
    }
}
