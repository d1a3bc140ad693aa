package io.tokamak.client;

import static io.tokamak.remote.ScriptedGateway.away;
import static io.tokamak.remote.ScriptedGateway.failing;
import static io.tokamak.remote.ScriptedGateway.part;
import static io.tokamak.remote.ScriptedGateway.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.BatchGetResponse.Item;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import io.tokamak.remote.ScriptedGateway;
import io.tokamak.remote.ScriptedGateway.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A remote client whose gateway breaks")
@Timeout(30)
class RemoteClientTest {
    private final ScriptedGateway gateway = ScriptedGateway.start();
    private final TokamakClient client =
            TokamakClient.connect(
                    ConnectOptions.defaults()
                            .withUrl(gateway.address().toString())
                            .withZeroCopy(false)
                            .withTimeout(Duration.ofSeconds(3)));

    @AfterEach
    void close() {
        client.close();
        gateway.close();
    }

    @Nested
    @DisplayName("amid many objects")
    class Batches {
        private final List<ObjectId> ids = new ArrayList<>();

        Batches() {
            for (int i = 0; i < 10; i++) {
                ids.add(ObjectId.anonymous(1, 1, i));
            }
        }

        private ObjectInfo info(int at, int size) {
            return ObjectInfo.newBuilder()
                    .setId(ids.get(at).toString())
                    .setIncarnation(at + 1)
                    .setMediaType("text/plain")
                    .setSizeBytes(size)
                    .build();
        }

        private Item item(int index, int at) {
            return Item.newBuilder()
                    .setIndex(index)
                    .setData(ByteString.copyFrom(new byte[at]))
                    .setObject(info(at, at))
                    .build();
        }

        @Test
        @DisplayName("asks for the rest alone")
        void resumed() {
            gateway.batches.add(
                    (_, answers) -> {
                        answers.onNext(
                                BatchGetResponse.newBuilder()
                                        .addItems(item(3, 3))
                                        .addItems(item(0, 0))
                                        .build());
                        answers.onError(away());
                    });
            gateway.batches.add(
                    (request, answers) -> {
                        for (int i = 0; i < request.getObjectsCount(); i++) {
                            ObjectId id = ObjectId.parse(request.getObjects(i).getId());
                            answers.onNext(
                                    BatchGetResponse.newBuilder()
                                            .addItems(item(i, ids.indexOf(id)))
                                            .build());
                        }
                        answers.onCompleted();
                    });
            try (ObjectViews views = client.getAll(ids, Deadline.NONE)) {
                for (int i = 0; i < 10; i++) {
                    assertThat(views.get(i).id()).isEqualTo(ids.get(i));
                    assertThat(views.get(i).sizeBytes()).isEqualTo(i);
                    assertThat(views.get(i).incarnation()).isEqualTo(i + 1);
                }
            }
            assertThat(gateway.batchRequests.get(1).getObjectsCount()).isEqualTo(8);
        }

        @Test
        @DisplayName("asks for nothing when all had come before the stream broke")
        void allThere() {
            gateway.batches.add(
                    (_, answers) -> {
                        answers.onNext(
                                BatchGetResponse.newBuilder()
                                        .addItems(item(0, 0))
                                        .addItems(item(1, 1))
                                        .build());
                        answers.onError(away());
                    });
            try (ObjectViews views = client.getAll(ids.subList(0, 2), Deadline.NONE)) {
                assertThat(views.get(1).sizeBytes()).isEqualTo(1);
            }
            assertThat(gateway.batchRequests).hasSize(1);
        }

        @Test
        @DisplayName("gets large ones by themselves")
        void large() {
            byte[] payload = new byte[2 << 20];
            payload[12345] = 6;
            gateway.batches.add(
                    (_, answers) -> {
                        answers.onNext(
                                BatchGetResponse.newBuilder()
                                        .addItems(
                                                Item.newBuilder()
                                                        .setIndex(1)
                                                        .setTooLargeBytes(payload.length))
                                        .addItems(item(0, 4))
                                        .build());
                        answers.onCompleted();
                    });
            gateway.gets.add(part(info(5, payload.length), payload, 1000, 1000));
            gateway.gets.add(part(info(5, payload.length), payload, payload.length, 1 << 20));
            try (ObjectViews views =
                    client.getAll(List.of(ids.get(4), ids.get(5)), Deadline.NONE)) {
                assertThat(views.get(0).sizeBytes()).isEqualTo(4);
                assertThat(views.get(1).getByte(12345)).isEqualTo((byte) 6);
            }
        }

        @Test
        @DisplayName("says which are missing, and believes no item that it did not ask for")
        void missing() {
            gateway.batches.add(
                    (_, answers) -> {
                        answers.onNext(
                                BatchGetResponse.newBuilder()
                                        .addItems(item(0, 0))
                                        .addItems(Item.newBuilder().setIndex(1).setMissing(true))
                                        .build());
                        answers.onCompleted();
                    });
            assertThatThrownBy(() -> client.getAll(ids.subList(0, 2), Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class)
                    .hasMessageContaining(ids.get(1).toString());
            gateway.batches.add(
                    (_, answers) ->
                            answers.onNext(
                                    BatchGetResponse.newBuilder().addItems(item(7, 7)).build()));
            assertThatThrownBy(() -> client.getAll(ids.subList(0, 2), Deadline.NONE))
                    .isInstanceOf(CorruptObject.class);
            gateway.batches.add(
                    (_, answers) ->
                            answers.onNext(
                                    BatchGetResponse.newBuilder()
                                            .addItems(
                                                    item(0, 3).toBuilder().setObject(info(3, 1000)))
                                            .build()));
            assertThatThrownBy(() -> client.getAll(ids.subList(0, 2), Deadline.NONE))
                    .isInstanceOf(CorruptObject.class);
        }
    }

    @Nested
    @DisplayName("amid events")
    class Watches {
        private final Queue<ObjectEvent> heard = new ConcurrentLinkedQueue<>();

        private static WatchResponse subscribed() {
            return WatchResponse.newBuilder().setKind(WatchResponse.Kind.KIND_SUBSCRIBED).build();
        }

        private static WatchResponse sealed(String sequence) {
            return WatchResponse.newBuilder()
                    .setKind(WatchResponse.Kind.KIND_SEALED)
                    .setSequence(sequence)
                    .setId(ObjectId.anonymous(1, 1, 1).toString())
                    .build();
        }

        /** Tells these, and then breaks; null: goes on. */
        private Step<WatchRequest, WatchResponse> telling(
                @Nullable Status end, WatchResponse... events) {
            return (_, answers) -> {
                for (WatchResponse event : events) {
                    answers.onNext(event);
                }
                if (end != null) {
                    answers.onError(end.asRuntimeException());
                }
            };
        }

        private List<ObjectEvent.Kind> kinds() {
            return heard.stream().map(ObjectEvent::kind).toList();
        }

        @Test
        @DisplayName("goes on behind the last one it heard, and misses none")
        void resumed() throws Exception {
            gateway.watches.add(
                    telling(Status.UNAVAILABLE, subscribed(), sealed("a-1"), sealed("a-2")));
            gateway.watches.add(telling(null, subscribed(), sealed("a-3")));
            try (AutoCloseable watching = client.watch(WatchQuery.ALL, heard::add)) {
                assertThat(watching).isNotNull();
                await().until(() -> heard.size() >= 3);
                assertThat(kinds()).containsOnly(ObjectEvent.Kind.SEALED).hasSize(3);
                assertThat(heard)
                        .extracting(ObjectEvent::sequence)
                        .isSorted()
                        .doesNotHaveDuplicates();
            }
            assertThat(gateway.watchRequests.get(0).getAfter()).isEmpty();
            assertThat(gateway.watchRequests.get(1).getAfter()).isEqualTo("a-2");
            await().until(() -> gateway.cancelCount.get() > 0);
        }

        @Test
        @DisplayName(
                "begins anew when its place is not known any more, and says that it missed some")
        void forgotten() throws Exception {
            gateway.watches.add(telling(Status.UNAVAILABLE, subscribed(), sealed("a-1")));
            gateway.watches.add(failing(refused(Status.Code.INVALID_ARGUMENT, "bad-cursor")));
            gateway.watches.add(telling(null, subscribed(), sealed("b-1")));
            try (AutoCloseable watching = client.watch(WatchQuery.ALL, heard::add)) {
                assertThat(watching).isNotNull();
                await().until(() -> heard.size() >= 3);
                assertThat(kinds())
                        .containsExactly(
                                ObjectEvent.Kind.SEALED,
                                ObjectEvent.Kind.GAP,
                                ObjectEvent.Kind.SEALED);
            }
            assertThat(gateway.watchRequests.get(2).getAfter()).isEmpty();
        }

        @Test
        @DisplayName("says that it may have missed some when it had no place yet")
        void noPlace() throws Exception {
            gateway.watches.add(telling(Status.UNAVAILABLE, subscribed()));
            gateway.watches.add(telling(null, subscribed()));
            try (AutoCloseable watching = client.watch(WatchQuery.ALL, heard::add)) {
                assertThat(watching).isNotNull();
                await().until(() -> !heard.isEmpty());
                assertThat(kinds()).containsExactly(ObjectEvent.Kind.GAP);
            }
        }

        @Test
        @DisplayName("refuses a query that the gateway refuses")
        void refusedQuery() {
            gateway.watches.add(failing(refused(Status.Code.INVALID_ARGUMENT, "bad-parameter")));
            assertThatThrownBy(() -> client.watch(new WatchQuery(null, "prefix"), heard::add))
                    .isInstanceOf(InvalidRequest.class);
        }

        @Test
        @DisplayName("ends with its client, and hears of nothing afterwards")
        void closed() {
            gateway.watches.add(telling(null, subscribed()));
            assertThat(client.watch(WatchQuery.ALL, heard::add)).isNotNull();
            client.close();
            await().until(() -> gateway.cancelCount.get() > 0);
            assertThat(heard).isEmpty();
            assertThat(gateway.watchRequests).hasSize(1);
        }
    }
}
