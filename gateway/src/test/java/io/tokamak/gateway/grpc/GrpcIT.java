package io.tokamak.gateway.grpc;

import static io.tokamak.gateway.grpc.GrpcGateway.MIB;
import static io.tokamak.gateway.grpc.GrpcGateway.NAMESPACE;
import static io.tokamak.gateway.grpc.GrpcGateway.PATIENCE;
import static io.tokamak.gateway.grpc.GrpcGateway.answer;
import static io.tokamak.gateway.grpc.GrpcGateway.assertFails;
import static io.tokamak.gateway.grpc.GrpcGateway.data;
import static io.tokamak.gateway.grpc.GrpcGateway.detail;
import static io.tokamak.gateway.grpc.GrpcGateway.duration;
import static io.tokamak.gateway.grpc.GrpcGateway.id;
import static io.tokamak.gateway.grpc.GrpcGateway.name;
import static io.tokamak.gateway.grpc.GrpcGateway.random;
import static io.tokamak.gateway.grpc.GrpcGateway.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import io.tokamak.gateway.node.Sha256;
import io.tokamak.gateway.objects.Call;
import io.tokamak.gateway.objects.PathVariable;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.DeleteResponse;
import io.tokamak.proto.v1.GetNodeRequest;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.GroupName;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.HeadResponse;
import io.tokamak.proto.v1.Lifetime;
import io.tokamak.proto.v1.ListNodesRequest;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.ListResponse;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import io.tokamak.proto.v1.Node;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectName;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.Pool;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import io.tokamak.proto.v1.WaitRequest;
import io.tokamak.proto.v1.WaitResponse;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import io.tokamak.proto.v1.WatchResponse.Kind;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call and every error of the proto, with a real node and over real sockets. */
class GrpcIT {
    private static final String ABSENT = "01" + "0".repeat(30);

    private static final Duration UPLOAD_TIMEOUT = Duration.ofSeconds(2);

    private static GrpcGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway =
                GrpcGateway.withNode(
                        "--tokamak.uploads-max=8",
                        "--tokamak.upload-timeout=" + UPLOAD_TIMEOUT,
                        "--tokamak.events.logged=200");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    @AfterEach
    void nothingIsHeld() {
        gateway.awaitNothingHeld();
    }

    private static Set<String> keys(ListResponse page) {
        Set<String> keys = new HashSet<>();
        page.getObjectsList().forEach(object -> keys.add(object.getName().getKey()));
        return keys;
    }

    @Nested
    class Put {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 255, 256, 65_535, 65_536, 65_537, 131_072, MIB, 5 * MIB + 3})
        void anObjectOfAnySizeComesBackAsItWent(int size) throws Exception {
            byte[] bytes = random(size, size);
            for (PutSpec.Builder spec :
                    List.of(PutSpec.newBuilder(), PutSpec.newBuilder().setSizeBytes(size))) {
                PutResponse response = gateway.put(spec, bytes);
                assertThat(response.getCreated()).isTrue();
                assertThat(response.getReplicas()).isEqualTo(1);
                assertThat(response.getObject().getSizeBytes()).isEqualTo(size);
                assertThat(gateway.get(id(response.getObject().getId()))).isEqualTo(bytes);
            }
        }

        @Test
        @DisplayName("more copies than there are nodes: the answer says how many there are")
        void replicas() throws Exception {
            PutResponse response = gateway.put(PutSpec.newBuilder().setReplicas(3), new byte[1]);
            assertThat(response.getCreated()).isTrue();
            assertThat(response.getReplicas()).isEqualTo(1);
        }

        @Test
        void whatWasSaidOfItComesBackToo() throws Exception {
            PutSpec.Builder spec =
                    PutSpec.newBuilder()
                            .setName(name("described"))
                            .setMediaType("text/plain; charset=utf-8")
                            .setContentEncoding("gzip")
                            .putAttributes("Colour", "grün")
                            .setLifetime(
                                    Lifetime.newBuilder()
                                            .setTtl(duration(Duration.ofHours(2)))
                                            .setIdle(duration(Duration.ofMinutes(5))))
                            .setGroup("g");
            ObjectInfo put = gateway.put(spec, new byte[] {1}).getObject();
            assertThat(put.getName()).isEqualTo(name("described"));
            assertThat(put.getMediaType()).isEqualTo("text/plain; charset=utf-8");
            assertThat(put.getContentEncoding()).isEqualTo("gzip");
            assertThat(put.getAttributesMap()).isEqualTo(Map.of("colour", "grün"));
            assertThat(put.getLifetime().getUntil().getSeconds() - put.getCreated().getSeconds())
                    .isBetween(7190L, 7200L);
            assertThat(put.getLifetime().getIdle()).isEqualTo(duration(Duration.ofMinutes(5)));
            assertThat(put.getGroup()).isEqualTo("g");
            assertThat(put.getGroupNamespace()).isEqualTo(NAMESPACE);
            assertThat(put.hasExpires()).isTrue();
            assertThat(put.getHome()).isNotEmpty();
            GetResponse first =
                    gateway.store()
                            .get(GetRequest.newBuilder().setObject(ref("described")).build())
                            .read();
            assertThat(first).isNotNull();
            assertThat(first.getObject())
                    .isEqualTo(put.toBuilder().clearExpires().clearHome().build());
        }

        @Test
        void theSameAgainIsNoSecondObject() throws Exception {
            byte[] bytes = random(100_000, 3);
            PutResponse first = gateway.put("twice", bytes);
            PutResponse second = gateway.put("twice", bytes);
            assertThat(second.getCreated()).isFalse();
            assertThat(second.getObject().getIncarnation())
                    .isEqualTo(first.getObject().getIncarnation());
            assertFails(
                    Code.ALREADY_EXISTS,
                    "object-exists",
                    () -> gateway.put("twice", random(100_000, 4)));
        }

        @Test
        @DisplayName("bytes that are not those of the digest, or of another number, leave nothing")
        void wrongBytes() throws Exception {
            byte[] bytes = random(200_000, 5);
            ByteString digest = ByteString.copyFrom(Sha256.begin().digest(bytes));
            PutSpec.Builder spec = PutSpec.newBuilder().setName(name("digest")).setSha256(digest);
            assertFails(
                    Code.DATA_LOSS, "digest-mismatch", () -> gateway.put(spec, random(200_000, 6)));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "size-mismatch",
                    () -> gateway.put(spec.clone().setSizeBytes(200_001), bytes));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "size-mismatch",
                    () -> gateway.put(spec.clone().setSizeBytes(199_999), bytes));
            assertFails(Code.NOT_FOUND, "object-not-found", () -> gateway.get(ref("digest")));
            assertThat(gateway.put(spec, bytes).getCreated()).isTrue();
        }

        @Test
        void whatIsLargerThanThePoolIsRefusedBeforeItComes() throws Exception {
            for (long size : new long[] {1L << 40, -1}) {
                BlockingClientCall<PutRequest, PutResponse> call = gateway.store().put();
                call.write(
                        PutRequest.newBuilder()
                                .setSpec(PutSpec.newBuilder().setSizeBytes(size))
                                .build());
                assertFails(Code.OUT_OF_RANGE, "too-large", () -> answer(call));
            }
        }

        @Test
        @DisplayName("no room is RESOURCE_EXHAUSTED by the caller's deadline, with numbers")
        void noRoom() throws Exception {
            int half = 140 * MIB; // of 256
            BlockingClientCall<PutRequest, PutResponse> holder = gateway.store().put();
            holder.write(
                    PutRequest.newBuilder()
                            .setSpec(PutSpec.newBuilder().setSizeBytes(half))
                            .build());
            await().atMost(PATIENCE).until(() -> gateway.info().ledger().leased() >= half);
            PutSpec.Builder spec =
                    PutSpec.newBuilder()
                            .setSizeBytes(half)
                            .setRoomTimeout(duration(Duration.ofMillis(300)));
            var status =
                    assertFails(
                            Code.RESOURCE_EXHAUSTED,
                            "out-of-memory",
                            () -> gateway.put(spec, new byte[0]));
            assertThat(GrpcGateway.retryAfter(status)).isPositive();
            assertThat(status.getMessage()).contains("140 MiB");
            holder.cancel("enough", null);
        }

        @Test
        void thereAreNeverTooManyAtOnce() throws Exception {
            List<BlockingClientCall<PutRequest, PutResponse>> open = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                BlockingClientCall<PutRequest, PutResponse> call = gateway.store().put();
                call.write(PutRequest.newBuilder().setSpec(PutSpec.getDefaultInstance()).build());
                open.add(call);
            }
            var status =
                    await().atMost(PATIENCE)
                            .ignoreExceptionsInstanceOf(AssertionError.class)
                            .until(
                                    () ->
                                            assertFails(
                                                    Code.RESOURCE_EXHAUSTED,
                                                    "quota-exceeded",
                                                    () ->
                                                            gateway.put(
                                                                    PutSpec.newBuilder(),
                                                                    new byte[1])),
                                    found -> true);
            assertThat(GrpcGateway.retryAfter(status)).isPositive();
            open.getFirst().cancel("room for another", null);
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(StatusException.class)
                    .until(() -> gateway.put(PutSpec.newBuilder(), new byte[1]).getCreated());
            for (var call : open) {
                call.cancel("enough", null);
            }
        }

        @Test
        void aCallerWhoPausesIsCutOff() throws Exception {
            Duration latest = UPLOAD_TIMEOUT.plus(UPLOAD_TIMEOUT.dividedBy(8));
            int attempts = 3; // a machine that stands still makes anything late
            List<Duration> pauses = new ArrayList<>();
            while (pauses.size() < attempts
                    && (pauses.isEmpty() || pauses.getLast().compareTo(latest) > 0)) {
                pauses.add(pauseUntilCutOff());
            }
            assertThat(pauses).allSatisfy(pause -> assertThat(pause).isGreaterThan(UPLOAD_TIMEOUT));
            assertThat(pauses.getLast()).isLessThanOrEqualTo(latest);
        }

        private Duration pauseUntilCutOff() throws Exception {
            BlockingClientCall<PutRequest, PutResponse> call = gateway.store().put();
            call.write(
                    PutRequest.newBuilder()
                            .setSpec(PutSpec.newBuilder().setSizeBytes(3 * MIB))
                            .build());
            long begun = System.nanoTime();
            call.write(data(random(MIB, 7), 0, MIB));
            var status = assertFails(Code.DEADLINE_EXCEEDED, "upload-timeout", () -> answer(call));
            assertThat(status.getMessage()).contains("after " + MIB);
            return Duration.ofNanos(System.nanoTime() - begun);
        }

        @Test
        void theSpecHasRules() throws Exception {
            Map<PutSpec.Builder, String> bad = new HashMap<>();
            bad.put(PutSpec.newBuilder().setName(ObjectName.getDefaultInstance()), "bad-name");
            bad.put(PutSpec.newBuilder().setName(name("a\0b")), "bad-name");
            bad.put(PutSpec.newBuilder().setName(name("x".repeat(1025))), "bad-name");
            bad.put(PutSpec.newBuilder().setMediaType("nonsense"), "bad-media-type");
            bad.put(PutSpec.newBuilder().putAttributes("a b", "c"), "bad-attribute");
            bad.put(PutSpec.newBuilder().putAttributes("a", "x".repeat(9000)), "bad-attribute");
            bad.put(PutSpec.newBuilder().setReplicas(17), "bad-parameter");
            bad.put(PutSpec.newBuilder().setReplicas(-1), "bad-parameter");
            bad.put(
                    PutSpec.newBuilder().setName(name("a")).setGroup("g").setGroupNamespace("b"),
                    "bad-parameter");
            bad.put(PutSpec.newBuilder().setSha256(ByteString.copyFromUtf8("x")), "bad-digest");
            bad.put(
                    PutSpec.newBuilder()
                            .setLifetime(
                                    Lifetime.newBuilder().setTtl(duration(Duration.ofSeconds(-1)))),
                    "bad-duration");
            bad.put(
                    PutSpec.newBuilder().setRoomTimeout(duration(Duration.ofMinutes(6))),
                    "bad-duration");
            bad.put(PutSpec.newBuilder().setContentEncoding("a b"), "bad-parameter");
            bad.put( // which are only in answers: passed over they would let it live on
                    PutSpec.newBuilder().setLifetime(Lifetime.newBuilder().setSession(1)),
                    "bad-parameter");
            bad.put(
                    PutSpec.newBuilder()
                            .setLifetime(
                                    Lifetime.newBuilder()
                                            .setTtl(duration(Duration.ofSeconds(9)))
                                            .setUntil(Messages.timestamp(Instant.EPOCH))),
                    "bad-parameter");
            for (var each : bad.entrySet()) {
                assertFails(
                        Code.INVALID_ARGUMENT,
                        each.getValue(),
                        () -> gateway.put(each.getKey(), new byte[1]));
            }
        }

        @Test
        void theSpecComesFirstAndOnce() throws Exception {
            BlockingClientCall<PutRequest, PutResponse> none = gateway.store().put();
            none.write(data(new byte[1], 0, 1));
            assertFails(Code.INVALID_ARGUMENT, "bad-parameter", () -> answer(none));
            BlockingClientCall<PutRequest, PutResponse> empty = gateway.store().put();
            empty.halfClose();
            assertFails(Code.INVALID_ARGUMENT, "bad-parameter", () -> answer(empty));
            BlockingClientCall<PutRequest, PutResponse> two = gateway.store().put();
            PutRequest spec = PutRequest.newBuilder().setSpec(PutSpec.getDefaultInstance()).build();
            two.write(spec);
            two.write(spec);
            assertFails(Code.INVALID_ARGUMENT, "bad-parameter", () -> answer(two));
        }

        @Test
        void compressedMessagesAreTakenToo() throws Exception {
            byte[] bytes = new byte[300_000];
            PutResponse response =
                    GrpcGateway.put(
                            gateway.store().withCompression("gzip"),
                            PutSpec.newBuilder().setName(name("gzip")),
                            bytes);
            assertThat(gateway.get(id(response.getObject().getId()))).isEqualTo(bytes);
        }
    }

    @Nested
    class Get {
        @ParameterizedTest
        @CsvSource({
            "0, 0, 0, 300000",
            "0, 1, 0, 1",
            "299999, 0, 299999, 300000",
            "300000, 0, 300000, 300000",
            "131071, 131074, 131071, 262145",
            "10, 9999999, 10, 300000",
            "5, -1, 5, 300000"
        })
        void aPart(long offset, long length, int from, int to) throws Exception {
            byte[] bytes = random(300_000, 8);
            gateway.put("parts", bytes);
            byte[] part =
                    gateway.get(
                            GetRequest.newBuilder()
                                    .setObject(ref("parts"))
                                    .setOffsetBytes(offset)
                                    .setLengthBytes(length));
            assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(bytes, from, to));
        }

        @ParameterizedTest
        @ValueSource(longs = {4, Long.MAX_VALUE, -1})
        void anOffsetBehindTheEndIsOutOfRange(long offset) throws Exception {
            gateway.put("short", new byte[3]);
            assertFails(
                    Code.OUT_OF_RANGE,
                    "range-not-satisfiable",
                    () ->
                            gateway.get(
                                    GetRequest.newBuilder()
                                            .setObject(ref("short"))
                                            .setOffsetBytes(offset)));
        }

        @Test
        @DisplayName("a get that goes on notices that the name has another object")
        void anotherIncarnation() throws Exception {
            long incarnation = gateway.put("again", new byte[3]).getObject().getIncarnation();
            GetRequest.Builder resumed =
                    GetRequest.newBuilder()
                            .setObject(ref("again"))
                            .setOffsetBytes(1)
                            .setIncarnation(incarnation);
            assertThat(gateway.get(resumed)).hasSize(2);
            gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("again")).build());
            gateway.put("again", new byte[3]);
            assertFails(Code.ABORTED, "object-changed", () -> gateway.get(resumed));
        }

        @Test
        void oneThatIsNotThere() throws Exception {
            assertFails(Code.NOT_FOUND, "object-not-found", () -> gateway.get(id(ABSENT)));
            assertFails(Code.NOT_FOUND, "object-not-found", () -> gateway.get(ref("never")));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.get(ObjectRef.getDefaultInstance()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-duration",
                    () ->
                            gateway.get(
                                    GetRequest.newBuilder()
                                            .setObject(ref("never"))
                                            .setWait(duration(Duration.ofSeconds(301)))));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "0", "zz000000000000000000000000000000", "0100000000000000"})
        void anIdIsHexDigits(String id) throws Exception {
            assertFails(Code.INVALID_ARGUMENT, "bad-id", () -> gateway.get(id(id)));
        }

        @Test
        void waitsForWhatIsToCome() throws Exception {
            CompletableFuture<byte[]> waiting =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return gateway.get(
                                            GetRequest.newBuilder()
                                                    .setObject(ref("later"))
                                                    .setWait(duration(Duration.ofSeconds(60))));
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            assertThat(waiting).isNotDone();
            gateway.put("later", new byte[] {9});
            assertThat(waiting.get(10, TimeUnit.SECONDS)).containsExactly(9);
        }

        @Test
        @DisplayName("I38: what a slow reader gets never changes, though it was deleted meanwhile")
        void slowReader() throws Exception {
            byte[] bytes = random(32 * MIB, 9);
            gateway.put("slow", bytes);
            BlockingClientCall<?, GetResponse> call =
                    gateway.store().get(GetRequest.newBuilder().setObject(ref("slow")).build());
            GetResponse first = call.read();
            assertThat(first).isNotNull();
            gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("slow")).build());
            for (int i = 0; i < 8; i++) { // through all that is free
                PutSpec.Builder spec = PutSpec.newBuilder().setSizeBytes(32 * MIB);
                String noise = gateway.put(spec, random(32 * MIB, i)).getObject().getId();
                gateway.store().delete(DeleteRequest.newBuilder().addObjects(id(noise)).build());
            }
            assertThat(gateway.pinned()).isBetween(32L * MIB, 33L * MIB);
            ByteString.Output rest = ByteString.newOutput(bytes.length);
            for (GetResponse part = first; part != null; part = call.read()) {
                part.getData().writeTo(rest);
            }
            assertThat(rest.toByteString().equals(ByteString.copyFrom(bytes))).isTrue();
        }
    }

    @Nested
    class BatchGet {
        private static List<BatchGetResponse.Item> items(BatchGetRequest.Builder request)
                throws Exception {
            BlockingClientCall<?, BatchGetResponse> call =
                    gateway.store().batchGet(request.build());
            BatchGetResponse.Item[] items = new BatchGetResponse.Item[request.getObjectsCount()];
            for (BatchGetResponse part = call.read(); part != null; part = call.read()) {
                assertThat(part.getItemsList()).isNotEmpty();
                for (BatchGetResponse.Item item : part.getItemsList()) {
                    assertThat(items[item.getIndex()]).isNull();
                    items[item.getIndex()] = item;
                }
            }
            return List.of(items);
        }

        @Test
        void manyAreGivenOnceEach() throws Exception {
            BatchGetRequest.Builder request = BatchGetRequest.newBuilder();
            List<byte[]> expected = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                byte[] bytes = random(i * 7 % 3000, i);
                expected.add(bytes);
                ObjectInfo put =
                        i % 2 == 0
                                ? gateway.put("batch/" + i, bytes).getObject()
                                : gateway.put(PutSpec.newBuilder(), bytes).getObject();
                request.addObjects(i % 2 == 0 ? ref("batch/" + i) : id(put.getId()));
            }
            List<BatchGetResponse.Item> items = items(request);
            for (int i = 0; i < 500; i++) {
                assertThat(items.get(i).hasData()).isTrue();
                assertThat(items.get(i).getData().toByteArray()).isEqualTo(expected.get(i));
                assertThat(items.get(i).hasObject()).isFalse();
            }
        }

        @Test
        void whatIsMissingOrTooLargeIsSaid() throws Exception {
            gateway.put("small", new byte[] {1, 2});
            gateway.put("largest", random(MIB, 1));
            gateway.put("too-large", random(MIB + 1, 1));
            gateway.put("empty", new byte[0]);
            List<BatchGetResponse.Item> items =
                    items(
                            BatchGetRequest.newBuilder()
                                    .setWithInfo(true)
                                    .addObjects(ref("too-large"))
                                    .addObjects(ref("absent"))
                                    .addObjects(id(ABSENT))
                                    .addObjects(ref("small"))
                                    .addObjects(ref("largest"))
                                    .addObjects(ref("largest"))
                                    .addObjects(ref("empty")));
            assertThat(items.get(0).getTooLargeBytes()).isEqualTo(MIB + 1);
            assertThat(items.get(1).getMissing()).isTrue();
            assertThat(items.get(2).getMissing()).isTrue();
            assertThat(items.get(3).getData().toByteArray()).containsExactly(1, 2);
            assertThat(items.get(3).getObject().getName()).isEqualTo(name("small"));
            assertThat(items.get(4).getData().size()).isEqualTo(MIB);
            assertThat(items.get(5).getData().size()).isEqualTo(MIB);
            assertThat(items.get(6).hasData()).isTrue();
            assertThat(items.get(6).getData().isEmpty()).isTrue();
        }

        @Test
        void waitsForAll() throws Exception {
            CompletableFuture<List<BatchGetResponse.Item>> waiting =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return items(
                                            BatchGetRequest.newBuilder()
                                                    .addObjects(ref("soon/1"))
                                                    .addObjects(ref("soon/2"))
                                                    .setWait(duration(Duration.ofSeconds(60))));
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            gateway.put("soon/1", new byte[] {1});
            assertThat(waiting).isNotDone();
            gateway.put("soon/2", new byte[] {2});
            assertThat(waiting.get(10, TimeUnit.SECONDS))
                    .extracting(item -> (int) item.getData().byteAt(0))
                    .containsExactly(1, 2);
        }

        @Test
        void hasLimits() throws Exception {
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> items(BatchGetRequest.newBuilder()));
            BatchGetRequest.Builder many = BatchGetRequest.newBuilder();
            for (int i = 0; i <= 10_000; i++) {
                many.addObjects(id(ABSENT));
            }
            assertFails(Code.INVALID_ARGUMENT, "bad-parameter", () -> items(many));
        }
    }

    @Nested
    class OneAnswer {
        @Test
        void aDescriptionTellsWhoHoldsIt() throws Exception {
            gateway.put("held", random(8 * MIB, 2));
            HeadRequest head = HeadRequest.newBuilder().setObject(ref("held")).build();
            assertThat(gateway.store().head(head).getObject().getPinsList()).isEmpty();
            BlockingClientCall<?, GetResponse> reader =
                    gateway.store().get(GetRequest.newBuilder().setObject(ref("held")).build());
            assertThat(reader.read()).isNotNull();
            assertThat(gateway.store().head(head).getObject().getPins(0).getCount()).isEqualTo(1);
            reader.cancel("enough", null);
            assertFails(
                    Code.NOT_FOUND,
                    "object-not-found",
                    () ->
                            gateway.store()
                                    .head(HeadRequest.newBuilder().setObject(ref("no")).build()));
        }

        @Test
        void aDescriptionWaitsToo() throws Exception {
            CompletableFuture<HeadResponse> waiting =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return gateway.store()
                                            .head(
                                                    HeadRequest.newBuilder()
                                                            .setObject(ref("head/later"))
                                                            .setWait(
                                                                    duration(Duration.ofMinutes(1)))
                                                            .build());
                                } catch (StatusException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            gateway.put("head/later", new byte[5]);
            assertThat(waiting.get(10, TimeUnit.SECONDS).getObject().getSizeBytes()).isEqualTo(5);
        }

        @Test
        void deletionsSayWhatWasThere() throws Exception {
            String anonymous = gateway.put(PutSpec.newBuilder(), new byte[1]).getObject().getId();
            gateway.put("gone", new byte[1]);
            DeleteRequest request =
                    DeleteRequest.newBuilder()
                            .addObjects(ref("gone"))
                            .addObjects(id(ABSENT))
                            .addObjects(id(anonymous))
                            .build();
            DeleteResponse first = gateway.store().delete(request);
            assertThat(first.getDeleted()).isEqualTo(2);
            assertThat(first.getWereThereList()).containsExactly(true, false, true);
            assertThat(gateway.store().delete(request).getDeleted()).isZero();
            assertFails(Code.NOT_FOUND, "object-not-found", () -> gateway.get(ref("gone")));
        }

        @Test
        void oneIncarnationIsDeleted() throws Exception {
            long first = gateway.put("stays", new byte[1]).getObject().getIncarnation();
            gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("stays")).build());
            long second = gateway.put("stays", new byte[2]).getObject().getIncarnation();
            DeleteRequest.Builder request =
                    DeleteRequest.newBuilder().addObjects(ref("stays")).setIncarnation(first);
            DeleteResponse changed = gateway.store().delete(request.build());
            assertThat(changed.getDeleted()).isZero();
            assertThat(changed.getWereThereList()).containsExactly(false);
            assertThat(gateway.get(ref("stays"))).hasSize(2);
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.store().delete(request.clone().addObjects(id(ABSENT)).build()));
            DeleteResponse gone = gateway.store().delete(request.setIncarnation(second).build());
            assertThat(gone.getDeleted()).isEqualTo(1);
            assertThat(gone.getWereThereList()).containsExactly(true);
            assertFails(Code.NOT_FOUND, "object-not-found", () -> gateway.get(ref("stays")));
        }

        @Test
        void aGroupIsDeletedAsOne() throws Exception {
            for (int i = 0; i < 3; i++) {
                gateway.put(
                        PutSpec.newBuilder().setName(name("grouped/" + i)).setGroup("all"),
                        new byte[1]);
            }
            gateway.put(
                    PutSpec.newBuilder().setGroup("all").setGroupNamespace(NAMESPACE), new byte[1]);
            ListRequest listed =
                    ListRequest.newBuilder().setNamespace(NAMESPACE).setGroup("all").build();
            assertThat(gateway.store().list(listed).getObjectsCount()).isEqualTo(3);
            GroupName group =
                    GroupName.newBuilder().setNamespace(NAMESPACE).setGroup("all").build();
            DeleteRequest request = DeleteRequest.newBuilder().setGroup(group).build();
            assertThat(gateway.store().delete(request).getDeleted()).isEqualTo(4);
            assertThat(gateway.store().delete(request).getDeleted()).isZero();
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () ->
                            gateway.store()
                                    .delete(request.toBuilder().addObjects(id(ABSENT)).build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.store().delete(DeleteRequest.getDefaultInstance()));
        }

        @Test
        @DisplayName("a page has 100 objects when nothing is said")
        void pageOfDefaultLength() throws Exception {
            for (int i = 0; i < 101; i++) {
                gateway.put(PutSpec.newBuilder().setName(name("hundred/" + i)), new byte[1]);
            }
            ListRequest request =
                    ListRequest.newBuilder().setNamespace(NAMESPACE).setPrefix("hundred/").build();
            ListResponse page = gateway.store().list(request);
            assertThat(page.getObjectsCount()).isEqualTo(100);
            ListResponse last =
                    gateway.store().list(request.toBuilder().setCursor(page.getCursor()).build());
            assertThat(last.getObjectsCount()).isEqualTo(1);
            assertThat(last.getCursor()).isEmpty();
        }

        @Test
        @DisplayName("pages give every object once, also when one would be too long for a message")
        void pages() throws Exception {
            String longValue = "v".repeat(8000);
            for (int i = 0; i < 600; i++) {
                gateway.put(
                        PutSpec.newBuilder()
                                .setName(name("page/%03d".formatted(i)))
                                .putAttributes("long", longValue),
                        new byte[1]);
            }
            ListRequest.Builder request =
                    ListRequest.newBuilder()
                            .setNamespace(NAMESPACE)
                            .setPrefix("page/")
                            .setLimit(1000);
            Set<String> seen = new HashSet<>();
            String cursor = "";
            int pages = 0;
            do {
                ListResponse page = gateway.store().list(request.setCursor(cursor).build());
                assertThat(page.getSerializedSize()).isLessThanOrEqualTo(2 * MIB);
                Set<String> keys = keys(page);
                assertThat(seen).doesNotContainAnyElementsOf(keys);
                seen.addAll(keys);
                cursor = page.getCursor();
                pages++;
            } while (!cursor.isEmpty());
            assertThat(seen).hasSize(600);
            assertThat(pages).isGreaterThan(1);
        }

        @Test
        void listsHaveRules() throws Exception {
            ListRequest.Builder request = ListRequest.newBuilder();
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-limit",
                    () -> gateway.store().list(request.clone().setLimit(1001).build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-limit",
                    () -> gateway.store().list(request.clone().setLimit(-1).build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.store().list(request.clone().setPrefix("x").build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-name",
                    () -> gateway.store().list(request.clone().setNamespace("A B").build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-media-type",
                    () -> gateway.store().list(request.clone().setMediaType("nonsense").build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-cursor",
                    () -> gateway.store().list(request.clone().setCursor("nonsense").build()));
        }

        @Test
        void waitsAnswerWithWhatIsReady() throws Exception {
            gateway.put("wait/1", new byte[1]);
            WaitRequest.Builder request =
                    WaitRequest.newBuilder()
                            .addObjects(ref("wait/2"))
                            .addObjects(ref("wait/1"))
                            .addObjects(ref("wait/1"));
            WaitResponse now = gateway.store().wait(request.build());
            assertThat(now.getReadyList()).containsExactly(ref("wait/1"), ref("wait/1"));
            assertThat(now.getPendingList()).containsExactly(ref("wait/2"));
            WaitRequest one =
                    request.clone().setCount(1).setTimeout(duration(Duration.ofMinutes(5))).build();
            assertThat(gateway.store().wait(one).getReadyCount()).isEqualTo(2);
            WaitResponse late =
                    gateway.store()
                            .wait(request.setTimeout(duration(Duration.ofMillis(50))).build());
            assertThat(late.getPendingCount()).isEqualTo(1);
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.store().wait(request.setCount(3).build()));
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () -> gateway.store().wait(WaitRequest.getDefaultInstance()));
        }

        @Test
        void nodesDescribeThemselves() throws Exception {
            var nodes = NodesGrpc.newBlockingV2Stub(gateway.channel);
            Node only = nodes.listNodes(ListNodesRequest.getDefaultInstance()).getNodes(0);
            assertThat(only.getFolder()).isEmpty();
            Node local =
                    nodes.getNode(GetNodeRequest.newBuilder().setId("local").build()).getNode();
            assertThat(local.getId()).isEqualTo(only.getId());
            assertThat(local.getFolder()).isEqualTo(gateway.node.folder().toString());
            Pool pool = local.getPool();
            assertThat(
                            pool.getLive()
                                    + pool.getFree()
                                    + pool.getLeased()
                                    + pool.getCondemned()
                                    + pool.getWithheld())
                    .isEqualTo(pool.getCapacity());
            assertFails(
                    Code.NOT_FOUND,
                    "node-not-found",
                    () -> nodes.getNode(GetNodeRequest.newBuilder().setId("x").build()));
        }
    }

    @Nested
    class Watch {
        private static BlockingClientCall<?, WatchResponse> watch(WatchRequest.Builder request)
                throws Exception {
            BlockingClientCall<?, WatchResponse> call = gateway.store().watch(request.build());
            assertThat(next(call).getKind()).isEqualTo(Kind.KIND_SUBSCRIBED);
            return call;
        }

        private static WatchResponse next(BlockingClientCall<?, WatchResponse> call)
                throws Exception {
            WatchResponse event = call.read();
            assertThat(event).isNotNull();
            return event;
        }

        private static WatchRequest.Builder below(String prefix) {
            return WatchRequest.newBuilder().setNamespace(NAMESPACE).setPrefix(prefix);
        }

        private static void delete(String key) throws Exception {
            gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref(key)).build());
        }

        @Test
        void whatHappensIsHeardOfInOrder() throws Exception {
            BlockingClientCall<?, WatchResponse> call = watch(below("watch/"));
            gateway.put("unwatched", new byte[1]);
            gateway.put("watch/1", new byte[5]);
            gateway.put("watch/2", new byte[6]);
            delete("watch/1");
            WatchResponse first = next(call);
            assertThat(first.getKind()).isEqualTo(Kind.KIND_SEALED);
            assertThat(first.getName()).isEqualTo(name("watch/1"));
            assertThat(first.getSizeBytes()).isEqualTo(5);
            assertThat(first.getMediaType()).isEqualTo("application/octet-stream");
            assertThat(next(call).getName()).isEqualTo(name("watch/2"));
            WatchResponse last = next(call);
            assertThat(last.getKind()).isEqualTo(Kind.KIND_DELETED);
            assertThat(last.getName()).isEqualTo(name("watch/1"));
            call.cancel("heard", null);
        }

        @Test
        void goesOnBehindTheLastEventSeen() throws Exception {
            BlockingClientCall<?, WatchResponse> call = watch(below("resumed/"));
            gateway.put("resumed/1", new byte[1]);
            String seen = next(call).getSequence();
            call.cancel("heard", null);
            gateway.put("resumed/2", new byte[1]);
            BlockingClientCall<?, WatchResponse> again = watch(below("resumed/").setAfter(seen));
            assertThat(next(again).getName()).isEqualTo(name("resumed/2"));
            again.cancel("heard", null);
            BlockingClientCall<?, WatchResponse> ancient = watch(below("resumed/").setAfter("1"));
            assertThat(next(ancient).getKind()).isEqualTo(Kind.KIND_GAP);
            ancient.cancel("heard", null);
        }

        @Test
        @DisplayName("a listener that does not read misses events, and is told so")
        void slow() throws Exception {
            BlockingClientCall<?, WatchResponse> call = watch(below("many/"));
            String longKey = "many/" + "x".repeat(1000);
            for (int i = 0; i < 1200; i++) { // more than fit the log and the way to the caller
                gateway.put(longKey, new byte[1]);
                delete(longKey);
            }
            boolean isMissed = false;
            gateway.put("many/last", new byte[1]);
            for (WatchResponse event = next(call);
                    !event.getName().getKey().equals("many/last");
                    event = next(call)) {
                isMissed |= event.getKind() == Kind.KIND_GAP;
            }
            assertThat(isMissed).isTrue();
            call.cancel("heard", null);
        }

        @Test
        void hasRules() throws Exception {
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-cursor",
                    () -> gateway.store().watch(below("x").setAfter("nonsense").build()).read());
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-parameter",
                    () ->
                            gateway.store()
                                    .watch(WatchRequest.newBuilder().setPrefix("x").build())
                                    .read());
            assertFails(
                    Code.INVALID_ARGUMENT,
                    "bad-name",
                    () ->
                            gateway.store()
                                    .watch(WatchRequest.newBuilder().setNamespace("A").build())
                                    .read());
        }
    }

    @Nested
    class Mapped {
        private static String nonce() throws Exception {
            return Files.readString(gateway.node.folder().resolve("nonce"));
        }

        private static MapRequest request(String key, String nonce) {
            return MapRequest.newBuilder().setObject(ref(key)).setNonce(nonce).build();
        }

        @Test
        @DisplayName(
                "whoever has read the nonce finds the bytes in place, as long as the stream is"
                        + " open")
        void inPlace() throws Exception {
            byte[] bytes = random(2 * MIB, 11);
            gateway.put("mapped", bytes);
            BlockingClientCall<?, MapResponse> call =
                    gateway.store().map(request("mapped", nonce()));
            MapResponse place = call.read();
            assertThat(place).isNotNull();
            assertThat(place.getLengthBytes()).isEqualTo(bytes.length);
            assertThat(place.getObject().getName()).isEqualTo(name("mapped"));
            gateway.store().delete(DeleteRequest.newBuilder().addObjects(ref("mapped")).build());
            for (int i = 0; i < 4; i++) {
                gateway.put(
                        PutSpec.newBuilder().setName(name("over/" + i)).setSizeBytes(20 * MIB),
                        random(20 * MIB, i));
                gateway.store()
                        .delete(DeleteRequest.newBuilder().addObjects(ref("over/" + i)).build());
            }
            ByteBuffer read = ByteBuffer.allocate(bytes.length);
            Path file = Path.of(place.getFolder(), place.getFile());
            try (FileChannel pool = FileChannel.open(file)) {
                pool.read(read, place.getOffsetBytes());
            }
            assertThat(read.array()).isEqualTo(bytes);
            assertThat(gateway.pinned()).isBetween(2L * MIB, 3L * MIB);
            call.cancel("read", null);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "0", "00000000000000000000000000000000"})
        void aNonceThatWasGuessed(String nonce) throws Exception {
            gateway.put("guarded", new byte[1]);
            var status =
                    assertFails(
                            Code.FAILED_PRECONDITION,
                            "not-co-located",
                            () -> gateway.store().map(request("guarded", nonce)).read());
            assertThat(status.getMessage()).doesNotContain(nonce());
            assertThat(detail(status, ErrorInfo.class).getMetadataMap())
                    .containsEntry("reason", "nonce differs")
                    .containsEntry("folder", gateway.node.folder().toString());
        }

        @Test
        void oneThatIsNotThere() throws Exception {
            assertFails(
                    Code.NOT_FOUND,
                    "object-not-found",
                    () -> gateway.store().map(request("unmapped", nonce())).read());
        }
    }

    @Nested
    class Tokens {
        private static final HttpClient HTTP =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private static final Metadata.Key<String> AUTHORIZATION =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

        private static ClientInterceptor sending(String... authorizations) {
            Metadata headers = new Metadata();
            for (String authorization : authorizations) {
                headers.put(AUTHORIZATION, authorization);
            }
            return MetadataUtils.newAttachHeadersInterceptor(headers);
        }

        @Test
        @DisplayName("with tokens configured nobody without one learns anything but health")
        void areChecked() throws Exception {
            GrpcGateway closed = new GrpcGateway(gateway.node, "--tokamak.security.tokens=one,two");
            try {
                ListRequest list = ListRequest.getDefaultInstance();
                assertFails(
                        Code.UNAUTHENTICATED, "unauthenticated", () -> closed.store().list(list));
                assertFails(
                        Code.UNAUTHENTICATED,
                        "unauthenticated",
                        () -> closed.put(PutSpec.newBuilder(), new byte[1]));
                for (String wrong : List.of("Bearer three", "Bearer ", "Basic one", "one")) {
                    assertFails(
                            Code.UNAUTHENTICATED,
                            "unauthenticated",
                            () -> closed.store().withInterceptors(sending(wrong)).list(list));
                }
                for (String other : List.of("Bearer one", "Bearer three")) {
                    for (String[] both :
                            List.of(
                                    new String[] {"Bearer one", other},
                                    new String[] {other, "Bearer one"})) {
                        assertFails(
                                Code.UNAUTHENTICATED,
                                "unauthenticated",
                                () -> closed.store().withInterceptors(sending(both)).list(list));
                        assertThat(rest(closed.restPort(), "GET", "/v1/nodes", both))
                                .isEqualTo(401);
                    }
                }
                for (String right : List.of("Bearer one", "bearer two")) {
                    closed.store().withInterceptors(sending(right)).list(list);
                }
                BlockingClientCall<ServerReflectionRequest, ServerReflectionResponse> reflection =
                        ServerReflectionGrpc.newBlockingV2Stub(closed.channel)
                                .serverReflectionInfo();
                assertFails(Code.UNAUTHENTICATED, "unauthenticated", reflection::read);
                everyCallOfRest(closed.restPort());
            } finally {
                closed.stopGateway();
            }
        }

        private static void everyCallOfRest(int port) throws Exception {
            assertThat(rest(port, "GET", "/v1/nodes", "Bearer one")).isEqualTo(200);
            assertThat(rest(port, "GET", "/actuator/health")).isEqualTo(200);
            for (Call call : Call.values()) {
                String path = call.path();
                for (PathVariable variable : call.variables()) {
                    path = path.replace("{" + variable.text() + "}", variable.example());
                }
                for (String wrong : List.of("", "Bearer three")) {
                    assertThat(rest(port, call.method().name(), path, wrong))
                            .as("%s with '%s'", call, wrong)
                            .isEqualTo(401);
                }
            }
            for (String path : List.of("/", "/actuator/prometheus", "/v1/nothing")) {
                assertThat(rest(port, "GET", path)).as(path).isEqualTo(401);
            }
        }

        private static int rest(int port, String method, String path, String... authorizations)
                throws Exception {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .method(method, HttpRequest.BodyPublishers.noBody());
            for (String authorization : authorizations) {
                request.header("Authorization", authorization);
            }
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    @Nested
    class Wire {
        @Test
        void reflectionTellsOfAllServices() throws Exception {
            BlockingClientCall<ServerReflectionRequest, ServerReflectionResponse> call =
                    ServerReflectionGrpc.newBlockingV2Stub(gateway.channel).serverReflectionInfo();
            call.write(ServerReflectionRequest.newBuilder().setListServices("").build());
            ServerReflectionResponse services = call.read();
            assertThat(services).isNotNull();
            assertThat(services.getListServicesResponse().getServiceList())
                    .extracting(service -> service.getName())
                    .contains(
                            "tokamak.v1.ObjectStore", "tokamak.v1.Nodes", "grpc.health.v1.Health");
            call.write(
                    ServerReflectionRequest.newBuilder()
                            .setFileContainingSymbol("tokamak.v1.ObjectStore.Put")
                            .build());
            ServerReflectionResponse file = call.read();
            assertThat(file).isNotNull();
            assertThat(file.hasFileDescriptorResponse()).isTrue();
            call.halfClose();
        }
    }
}
