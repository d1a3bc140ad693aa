package io.tokamak.gateway.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tokamak.client.ListPage;
import io.tokamak.client.ListQuery;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectEvent;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.client.WatchQuery;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.MemoryShortage;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.TooLarge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link TokamakClient} promises, of every client that there is. */
@ParameterizedClass(name = "The contract, {0}")
@EnumSource
@ExtendWith(Stage.class)
@Timeout(120)
class ClientContractIT {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** The same number of names for each test, so that none sees another's. */
    private final String namespace = "contract-" + NUMBER.incrementAndGet();

    private final ObjectName name = new ObjectName(namespace, "a/näme");

    private final Kind kind;

    private TokamakClient client;

    enum Kind {
        MAPPED {
            @Override
            TokamakClient connect(Stage.Set stage) {
                return stage.mapped();
            }
        },
        REMOTE {
            @Override
            TokamakClient connect(Stage.Set stage) {
                return stage.remote();
            }
        };

        abstract TokamakClient connect(Stage.Set stage);
    }

    ClientContractIT(Kind kind) {
        this.kind = kind;
    }

    @BeforeEach
    void connect(Stage.Set stage) {
        client = kind.connect(stage);
    }

    @AfterEach
    void close() {
        client.close();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private ObjectId put(int length) {
        return client.put(bytes(length), PutOptions.DEFAULTS).id();
    }

    private ObjectId put(int length, String key) {
        return client.put(bytes(length), PutOptions.named(new ObjectName(namespace, key))).id();
    }

    private ObjectId missing() {
        return ObjectId.named(new ObjectName(namespace, "missing " + NUMBER.incrementAndGet()));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private static CompletableFuture<Void> elsewhere(Runnable task) {
        return CompletableFuture.runAsync(task, task2 -> Thread.ofPlatform().start(task2));
    }

    @Nested
    @DisplayName("reading")
    class Reading {
        @Test
        @DisplayName("I25: finds what was put at once, whatever its size")
        void sizes() {
            for (int length :
                    new int[] {0, 1, 15, 64, 255, 256, 65_535, 65_536, 1 << 20, (7 << 20) + 3}) {
                ObjectId id = put(length);
                try (ObjectView view = client.get(id, Deadline.NONE)) {
                    assertThat(view.id()).isEqualTo(id);
                    assertThat(view.sizeBytes()).isEqualTo(length);
                    assertThat(view.segment().byteSize()).isEqualTo(length);
                    assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(bytes(length));
                    assertThat(view.segment().address() % (length >= 256 ? 64 : 16)).isZero();
                }
                assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(length));
            }
        }

        @Test
        @DisplayName("gives every face of the bytes, little-endian")
        void faces() {
            byte[] bytes = bytes(100);
            try (ObjectView view = client.get(put(100), Deadline.NONE)) {
                assertThat(view.getByte(99)).isEqualTo(bytes[99]);
                assertThat(view.getLong(3)).isEqualTo(view.byteBuffer().getLong(3));
                assertThat(view.getLong(3)).isEqualTo(view.bytes().readLong(3));
                assertThat(view.bytes().readRemaining()).isEqualTo(100);
                assertThat(view.byteBuffer().remaining()).isEqualTo(100);
            }
        }

        @Test
        @DisplayName("I1: bytes stay as they are after the delete, until the view is closed")
        void deleted() {
            ObjectId id = put(1000);
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                assertThat(client.delete(id)).isTrue();
                assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(1000));
            }
            assertThatThrownBy(() -> client.get(id, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
            assertThatThrownBy(() -> client.read(id, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
        }

        @Test
        @DisplayName("throws after close, from every face of the view")
        void afterClose() {
            ObjectView view = client.get(put(100), Deadline.NONE);
            MemorySegment segment = view.segment();
            ByteBuffer buffer = view.byteBuffer();
            Bytes<?> chronicle = view.bytes();
            view.close();
            view.close();

            assertThatThrownBy(() -> view.getLong(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> view.getByte(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(view::segment).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(view::metadata).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> buffer.get(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> chronicle.readLong(0))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(view::dup).isInstanceOf(IllegalStateException.class);
        }

        @Test
        @DisplayName("lets nobody write through a view, or read beside it")
        void bounds() {
            put(100);
            try (ObjectView view = client.get(put(100), Deadline.NONE)) {
                assertThat(view.segment().isReadOnly()).isTrue();
                assertThatThrownBy(() -> view.byteBuffer().put(0, (byte) 1))
                        .isInstanceOf(ReadOnlyBufferException.class);
                assertThatThrownBy(() -> view.bytes().writeLong(0, 1))
                        .isInstanceOf(RuntimeException.class);
                assertThatThrownBy(() -> view.getLong(93))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> view.getByte(-1))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        }

        @Test
        @DisplayName("confines a view to its thread; others have one of their own, or a shared one")
        void threads() throws Exception {
            ObjectView view = client.get(put(100), Deadline.NONE);
            ObjectView other = view.dup();
            ObjectView shared = view.share();
            assertThatThrownBy(() -> elsewhere(() -> view.getByte(0)).join())
                    .hasCauseInstanceOf(WrongThreadException.class);
            view.close();
            elsewhere(
                            () -> {
                                assertThat(other.getByte(99)).isEqualTo(bytes(100)[99]);
                                assertThat(other.metadata().mediaType())
                                        .isEqualTo(MediaType.OCTET_STREAM);
                                other.close();
                            })
                    .get(5, TimeUnit.SECONDS);

            elsewhere(() -> assertThat(shared.getLong(0)).isNotZero()).get(5, TimeUnit.SECONDS);
            ObjectView last = shared.dup();
            ObjectView alsoShared = shared.share();
            shared.close();
            shared.close();
            assertThatThrownBy(() -> shared.getByte(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(shared::segment).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(shared::dup).isInstanceOf(IllegalStateException.class);
            assertThat(alsoShared.getByte(0)).isEqualTo(bytes(100)[0]);
            alsoShared.close();
            assertThat(last.getByte(0)).isEqualTo(bytes(100)[0]);
            last.close();
        }

        @Test
        @DisplayName("gets all in the order asked for, small and large, or none")
        void getAll() {
            List<ObjectId> ids = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                ids.add(put(i == 77 ? 3 << 20 : i));
            }
            ids.add(ids.get(5));
            try (ObjectViews views = client.getAll(ids, Deadline.NONE)) {
                assertThat(views.size()).isEqualTo(301);
                for (int i = 0; i < 300; i++) {
                    int length = i == 77 ? 3 << 20 : i;
                    assertThat(views.get(i).id()).isEqualTo(ids.get(i));
                    assertThat(views.get(i).segment().toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(bytes(length));
                }
                assertThat(views.get(300).sizeBytes()).isEqualTo(5);
                assertThat(views.asList()).hasSize(301);
            }
            ids.add(7, missing());
            ids.add(9, missing());
            assertThatThrownBy(() -> client.getAll(ids, Deadline.NONE))
                    .isInstanceOfSatisfying(
                            ObjectNotFound.class,
                            e -> {
                                assertThat(e.getMessage()).contains(ids.get(7).toString());
                                assertThat(e.getSuppressed()).hasSize(1);
                            });
            try (ObjectViews none = client.getAll(List.of(), Deadline.NONE)) {
                assertThat(none.size()).isZero();
            }
        }

        @Test
        @DisplayName("works from many threads at once, platform and virtual")
        void manyThreads() throws Exception {
            ObjectId id = put(100_000);
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Executor executor =
                        i % 10 == 0
                                ? task -> Thread.ofPlatform().start(task)
                                : task -> Thread.ofVirtual().start(task);
                int length = 50 + i;
                all.add(
                        CompletableFuture.runAsync(
                                () -> {
                                    ObjectId mine = put(length);
                                    try (ObjectView view = client.get(id, soon());
                                            ObjectView own = client.get(mine, soon())) {
                                        assertThat(view.getByte(99_999))
                                                .isEqualTo(bytes(100_000)[99_999]);
                                        assertThat(own.segment().toArray(ValueLayout.JAVA_BYTE))
                                                .isEqualTo(bytes(length));
                                    }
                                },
                                executor));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                    .get(40, TimeUnit.SECONDS);
        }
    }

    @Nested
    @DisplayName("writing")
    class Writing {
        @Test
        @DisplayName(
                "I22: makes no control call for a steady stream of objects of 1 MiB after warm-up")
        void steady(Stage.Set stage) {
            assumeTrue(kind == Kind.MAPPED, "a caller elsewhere has no lanes");
            await().atMost(Duration.ofSeconds(60)).until(() -> leasesOfSteadyPuts(stage) == 0);
        }

        /** Of puts one after the other, each object deleted once there are ten. */
        private double leasesOfSteadyPuts(Stage.Set stage) throws Exception {
            byte[] payload = bytes(1 << 20);
            Deque<ObjectId> ids = new ArrayDeque<>();
            double before = leases(stage);
            for (int i = 0; i < 64; i++) {
                ids.add(client.put(payload, PutOptions.DEFAULTS).id());
                if (ids.size() > 10) {
                    assertThat(client.delete(ids.remove())).isTrue();
                }
            }
            client.deleteAll(List.copyOf(ids));
            return leases(stage) - before;
        }

        private static double leases(Stage.Set stage) throws Exception {
            HttpRequest request =
                    HttpRequest.newBuilder(stage.node().uri().resolve("/actuator/prometheus"))
                            .build();
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("tokamak_local_calls_seconds_count"))
                    .filter(line -> line.contains("method=\"Lease\""))
                    .mapToDouble(
                            line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        @Test
        @DisplayName("keeps everything that describes an object")
        void metadata() {
            PutOptions options =
                    PutOptions.named(name)
                            .withMediaType(MediaType.of("text/plain;charset=utf-8"))
                            .withContentEncoding("gzip")
                            .withAttributes(Attributes.of(Map.of("a", "b", "c-d", "é")))
                            .withGroup(new Group(namespace, "g"));
            Stored stored = client.put(bytes(10), options);
            assertThat(stored.created()).isTrue();
            assertThat(stored.name()).isEqualTo(name);
            assertThat(stored.id()).isEqualTo(ObjectId.named(name));
            assertThat(stored.sizeBytes()).isEqualTo(10);
            try (ObjectView view = client.get(name, Deadline.NONE);
                    ObjectView shared = view.share()) {
                ObjectMetadata metadata = view.metadata();
                assertThat(metadata.name()).isEqualTo(name);
                assertThat(metadata.mediaType()).isEqualTo(options.mediaType());
                assertThat(metadata.contentEncoding()).isEqualTo("gzip");
                assertThat(metadata.attributes()).isEqualTo(options.attributes());
                assertThat(metadata.group()).isEqualTo(options.group());
                assertThat(view.incarnation()).isEqualTo(stored.incarnation()).isNotZero();
                assertThat(shared.metadata()).isEqualTo(metadata);
                ObjectInfo info = Objects.requireNonNull(client.head(name));
                assertThat(info.metadata()).isEqualTo(metadata);
                assertThat(info.incarnation()).isEqualTo(stored.incarnation());
                assertThat(info.home()).isEqualTo(client.node().id());
                assertThat(info.created())
                        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
            }
            assertThat(client.read(name, Deadline.NONE)).isEqualTo(bytes(10));
        }

        @Test
        @DisplayName("ends objects when their lifetime says so, and tells when that is")
        void lifetimes() {
            ObjectId brief =
                    client.put(
                                    bytes(1),
                                    PutOptions.DEFAULTS.withLifetime(
                                            Lifetime.ttl(Duration.ofMillis(1500))))
                            .id();
            ObjectInfo info = Objects.requireNonNull(client.head(brief));
            Lifetime.Until until = (Lifetime.Until) info.metadata().lifetime();
            assertThat(until.end()).isEqualTo(info.expires());
            await().atMost(Duration.ofSeconds(10)).until(() -> client.head(brief) == null);

            Lifetime idle = Lifetime.idle(Duration.ofMinutes(5));
            ObjectId lazy = client.put(bytes(1), PutOptions.DEFAULTS.withLifetime(idle)).id();
            assertThat(Objects.requireNonNull(client.head(lazy)).metadata().lifetime())
                    .isEqualTo(idle);

            ObjectId eternal =
                    client.put(bytes(1), PutOptions.DEFAULTS.withLifetime(Lifetime.untilDeleted()))
                            .id();
            assertThat(Objects.requireNonNull(client.head(eternal)).metadata().lifetime())
                    .isEqualTo(Lifetime.untilDeleted());
            client.delete(eternal);

            Instant end = Instant.now().plusSeconds(100);
            ObjectId dated =
                    client.put(bytes(1), PutOptions.DEFAULTS.withLifetime(Lifetime.until(end)))
                            .id();
            assertThat(Objects.requireNonNull(client.head(dated)).expires())
                    .isBetween(end.minusSeconds(2), end.plusSeconds(2));
        }

        @Test
        @DisplayName(
                "I24: answers the same bytes with the object that is there, others with"
                        + " ObjectExists")
        void named() {
            PutOptions options = PutOptions.named(name);
            Stored first = client.put(bytes(100), options);
            Stored again = client.put(bytes(100), options);
            assertThat(again.created()).isFalse();
            assertThat(again.incarnation()).isEqualTo(first.incarnation());

            assertThatThrownBy(() -> client.put(bytes(101), options))
                    .isInstanceOfSatisfying(
                            ObjectExists.class,
                            e -> {
                                assertThat(e.name()).isEqualTo(name);
                                assertThat(e.id()).isEqualTo(first.id());
                            });
            assertThatThrownBy(
                            () ->
                                    client.put(
                                            bytes(100),
                                            options.withMediaType(MediaType.of("text/plain"))))
                    .isInstanceOf(ObjectExists.class);
            assertThatThrownBy(() -> client.create(5, options)).isInstanceOf(ObjectExists.class);
            assertThatThrownBy(() -> client.create(options)).isInstanceOf(ObjectExists.class);
            assertThat(client.put(new ByteArrayInputStream(bytes(100)), options).created())
                    .isFalse();
            assertThat(client.put(100, out -> out.write(bytes(100)), options).created()).isFalse();
        }

        @Test
        @DisplayName("tells an object from one that had its name before")
        void incarnations() {
            Stored first = client.put(bytes(1), PutOptions.named(name));
            assertThat(client.delete(name)).isTrue();
            Stored second = client.put(bytes(2), PutOptions.named(name));
            assertThat(second.id()).isEqualTo(first.id());
            assertThat(second.incarnation()).isNotEqualTo(first.incarnation());
            assertThat(client.read(name, Deadline.NONE)).isEqualTo(bytes(2));
        }

        @Test
        @DisplayName("deletes one incarnation, and not what has its name by now")
        void deletesAnIncarnation() {
            Stored first = client.put(bytes(1), PutOptions.named(name));
            assertThat(client.delete(name)).isTrue();
            Stored second = client.put(bytes(2), PutOptions.named(name));
            assertThat(client.delete(first.id(), first.incarnation())).isFalse();
            assertThat(client.read(name, Deadline.NONE)).isEqualTo(bytes(2));
            assertThat(client.delete(second.id(), second.incarnation())).isTrue();
            assertThat(client.delete(second.id(), second.incarnation())).isFalse();
            assertThat(client.contains(second.id())).isFalse();
        }

        @Test
        @DisplayName("takes what remains in a buffer, whose position does not change")
        void payloads() {
            byte[] expected = bytes(1000);
            ByteBuffer buffer = ByteBuffer.allocate(1010).position(5).put(expected);
            buffer.position(5).limit(1005);
            Stored stored = client.put(buffer, PutOptions.DEFAULTS);
            assertThat(buffer.position()).isEqualTo(5);
            assertThat(client.read(stored.id(), Deadline.NONE)).isEqualTo(expected);
        }

        @Test
        @DisplayName("takes segments of any thread and length, native and on the heap")
        void segments() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment payload = arena.allocate(20 << 20);
                MemorySegment.copy(bytes(20 << 20), 0, payload, ValueLayout.JAVA_BYTE, 0, 20 << 20);
                Stored stored = client.put(payload, PutOptions.DEFAULTS);
                try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                    assertThat(view.segment().mismatch(payload)).isEqualTo(-1);
                }
                client.delete(stored.id());
            }
            long[] longs = new Random(1).longs(10_000).toArray();
            Stored stored = client.put(MemorySegment.ofArray(longs), PutOptions.DEFAULTS);
            try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                assertThat(view.segment().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                        .isEqualTo(longs);
            }
        }

        @Test
        @DisplayName("takes streams of any length")
        void streams() {
            for (int length : new int[] {0, 100, 262_144, 300_000, 5 << 20}) {
                Stored stored =
                        client.put(new ByteArrayInputStream(bytes(length)), PutOptions.DEFAULTS);
                assertThat(stored.sizeBytes()).isEqualTo(length);
                assertThat(client.read(stored.id(), Deadline.NONE)).isEqualTo(bytes(length));
            }
        }

        @Test
        @DisplayName("stores nothing of a stream that breaks")
        void brokenStream() throws IOException {
            long objects = client.node().objects();
            InputStream end = InputStream.nullInputStream();
            end.close();
            InputStream broken =
                    new SequenceInputStream(new ByteArrayInputStream(bytes(600_000)), end);
            assertThatThrownBy(() -> client.put(broken, PutOptions.named(name)))
                    .isInstanceOf(UncheckedIOException.class);
            assertThat(client.head(name)).isNull();
            assertThat(client.node().objects()).isLessThanOrEqualTo(objects);
        }

        @Test
        @DisplayName("takes what a lambda wrote, and nothing after it has ended")
        void lambda() {
            List<Bytes<?>> kept = new ArrayList<>();
            Stored stored =
                    client.put(
                            1000,
                            out -> {
                                kept.add(out);
                                out.writeLong(42).append("text").append(1.5);
                            },
                            PutOptions.DEFAULTS);
            try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                assertThat(view.sizeBytes()).isEqualTo(15);
                Bytes<?> in = view.bytes();
                assertThat(in.readLong()).isEqualTo(42);
                assertThat(in.toString()).isEqualTo("text1.5");
            }
            assertThatThrownBy(() -> kept.getFirst().writeByte(0, (byte) 1))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(
                            () ->
                                    client.put(
                                            8,
                                            out -> out.writeLong(1).writeLong(2),
                                            PutOptions.DEFAULTS))
                    .isInstanceOf(RuntimeException.class);
            assertThatThrownBy(
                            () ->
                                    client.put(
                                            8,
                                            _ -> {
                                                throw new IllegalArgumentException("no");
                                            },
                                            PutOptions.named(name)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(client.head(name)).isNull();
        }

        @Test
        @DisplayName("seals what several threads wrote in place; nobody writes it afterwards")
        void create() {
            MemorySegment segment;
            Stored stored;
            try (ObjectWriter writer = client.create(1 << 20, PutOptions.named(name))) {
                assertThat(writer.id()).isEqualTo(ObjectId.named(name));
                segment = writer.segment();
                assertThat(segment.byteSize()).isEqualTo(1 << 20);
                CompletableFuture.allOf(
                                elsewhere(() -> segment.asSlice(0, 1 << 19).fill((byte) 1)),
                                elsewhere(() -> segment.asSlice(1 << 19).fill((byte) 2)))
                        .join();
                assertThat(client.contains(writer.id())).isFalse();
                stored = writer.seal();
                assertThat(writer.id()).isEqualTo(stored.id());
                assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
                assertThatThrownBy(writer::segment).isInstanceOf(InvalidState.class);
            }
            assertThatThrownBy(() -> segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 9))
                    .isInstanceOf(IllegalStateException.class);
            try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                assertThat(view.getByte(0)).isEqualTo((byte) 1);
                assertThat(view.getByte((1 << 20) - 1)).isEqualTo((byte) 2);
            }
        }

        @Test
        @DisplayName("appends part by part, of known and unknown length")
        void append() {
            for (boolean isKnown : new boolean[] {true, false}) {
                byte[] expected = bytes(3 << 20);
                try (ObjectWriter writer =
                        isKnown
                                ? client.create(expected.length, PutOptions.DEFAULTS)
                                : client.create(PutOptions.DEFAULTS)) {
                    ByteBuffer head = ByteBuffer.wrap(expected, 0, 1000);
                    writer.write(head);
                    assertThat(head.hasRemaining()).isFalse();
                    writer.write(MemorySegment.ofArray(expected).asSlice(1000, 2 << 20));
                    long rest =
                            writer.writeFrom(
                                    new ByteArrayInputStream(
                                            expected,
                                            1000 + (2 << 20),
                                            expected.length - 1000 - (2 << 20)));
                    assertThat(rest).isEqualTo(expected.length - 1000 - (2 << 20));
                    assertThat(writer.position()).isEqualTo(expected.length);
                    Stored stored = writer.seal();
                    assertThat(stored.sizeBytes()).isEqualTo(expected.length);
                    assertThat(client.read(stored.id(), Deadline.NONE)).isEqualTo(expected);
                }
            }
        }

        @Test
        @DisplayName("refuses more bytes than were announced, and a segment of unknown length")
        void announced() {
            try (ObjectWriter writer = client.create(10, PutOptions.named(name))) {
                writer.write(ByteBuffer.wrap(bytes(8)));
                assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(bytes(3))))
                        .isInstanceOf(InvalidState.class);
            }
            try (ObjectWriter writer = client.create(PutOptions.named(name))) {
                assertThatThrownBy(writer::segment).isInstanceOf(InvalidState.class);
            }
            assertThat(client.head(name)).isNull();
        }

        @Test
        @DisplayName("stores nothing of an object that was aborted, or closed before its seal")
        void abort() {
            ObjectWriter writer = client.create(1 << 20, PutOptions.named(name));
            writer.segment().fill((byte) 1);
            writer.abort();
            assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(1)))
                    .isInstanceOf(InvalidState.class);
            assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
            try (ObjectWriter other = client.create(PutOptions.named(name))) {
                other.write(ByteBuffer.wrap(bytes(100_000)));
            }
            assertThat(client.contains(ObjectId.named(name))).isFalse();
            assertThat(client.put(bytes(3), PutOptions.named(name)).created()).isTrue();
        }

        @Test
        @DisplayName("leaves a name to whoever seals first")
        void unclaimed() {
            try (ObjectWriter slow =
                    client.createUnclaimed(OptionalLong.of(3), PutOptions.named(name))) {
                slow.write(ByteBuffer.wrap(bytes(3)));
                client.put(bytes(5), PutOptions.named(name));
                assertThatThrownBy(slow::seal).isInstanceOf(ObjectExists.class);
            }
            try (ObjectWriter same =
                    client.createUnclaimed(OptionalLong.empty(), PutOptions.named(name))) {
                same.write(ByteBuffer.wrap(bytes(5)));
                assertThat(same.seal().created()).isFalse();
            }
        }

        @Test
        @DisplayName("I24: lets one of many creators of a name win")
        void race() {
            List<CompletableFuture<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                int length = i;
                all.add(
                        CompletableFuture.supplyAsync(
                                () -> {
                                    try {
                                        return client.put(bytes(length), PutOptions.named(name))
                                                .created();
                                    } catch (ObjectExists lost) {
                                        return false;
                                    }
                                },
                                task -> Thread.ofVirtual().start(task)));
            }
            assertThat(all.stream().filter(CompletableFuture::join)).hasSize(1);
        }

        @Test
        @DisplayName("says what is too large, and who holds the memory when there is none")
        void outOfMemory(Stage.Set stage) {
            PutOptions hasty = PutOptions.DEFAULTS.withTimeout(Duration.ofMillis(100));
            long capacity = client.node().ledger().capacity();
            assertThat(capacity).isGreaterThan(200L << 20);
            try (ObjectWriter writer = client.create(2 * capacity, hasty)) {
                assertThatThrownBy(writer::seal).isInstanceOf(TooLarge.class);
            } catch (TooLarge atOnce) {
                assertThat(atOnce.numbers().get("capacity")).isEqualTo(capacity);
            }
            List<ObjectId> ids = new ArrayList<>();
            byte[] large = bytes(32 << 20);
            ids.add(client.put(large, PutOptions.DEFAULTS).id());
            try (TokamakClient holder = stage.mapped();
                    ObjectView held = holder.get(ids.getFirst(), soon());
                    ObjectWriter begun = holder.create(16 << 20, PutOptions.DEFAULTS)) {
                assertThat(held.sizeBytes()).isEqualTo(32 << 20);
                assertThat(begun.position()).isZero();
                assertThatThrownBy(
                                () -> {
                                    for (int i = 0; i < 10; i++) {
                                        ids.add(client.put(large, hasty).id());
                                    }
                                })
                        .isInstanceOfSatisfying(
                                OutOfMemory.class,
                                e -> {
                                    assertShortage(e.shortage(), capacity);
                                    assertThat(e.remedy())
                                            .isEqualTo(
                                                    "close views, delete, or raise"
                                                            + " tokamak.pool.size");
                                });
            } finally {
                client.deleteAll(ids);
            }
        }

        private static void assertShortage(MemoryShortage shortage, long capacity) {
            assertThat(shortage.capacityBytes()).isEqualTo(capacity);
            assertThat(shortage.liveBytes()).isGreaterThan(100L << 20);
            assertThat(shortage.requestedBytes()).isGreaterThanOrEqualTo(32L << 20);
            assertHolder(shortage.pinHolders().getFirst(), 32 << 20);
            assertHolder(shortage.leaseHolders().getFirst(), 16 << 20);
        }

        private static void assertHolder(MemoryShortage.Holder holder, long bytes) {
            assertThat(holder.process()).isEqualTo("java");
            assertThat(holder.pid()).isEqualTo(ProcessHandle.current().pid());
            assertThat(holder.bytes()).isGreaterThanOrEqualTo(bytes);
        }

        @Test
        @DisplayName("refuses what breaks a rule, by name")
        void rules() {
            assertThatThrownBy(() -> put(1, "x\u0000y"))
                    .isInstanceOfSatisfying(
                            InvalidRequest.class,
                            e -> assertThat(e.code()).isEqualTo(InvalidRequest.BAD_NAME));
            assertThatThrownBy(() -> client.page(ListQuery.ALL, 0, null))
                    .isInstanceOf(InvalidRequest.class);
            assertThatThrownBy(() -> client.page(ListQuery.ALL, 1001, null))
                    .isInstanceOf(InvalidRequest.class);
            assertThatThrownBy(() -> client.page(ListQuery.ALL, 10, "no cursor"))
                    .isInstanceOfSatisfying(
                            InvalidRequest.class,
                            e -> assertThat(e.code()).isEqualTo(InvalidRequest.BAD_CURSOR));
        }
    }

    @Nested
    @DisplayName("waiting")
    class Waiting {
        @Test
        @DisplayName("I25: gets what another client puts while it waits")
        void get(Stage.Set stage) throws Exception {
            try (TokamakClient other = kind.connect(stage)) {
                CompletableFuture<byte[]> read =
                        CompletableFuture.supplyAsync(() -> other.read(name, soon()));
                CompletableFuture<Long> size =
                        CompletableFuture.supplyAsync(
                                () -> {
                                    try (ObjectView view =
                                            other.get(ObjectId.named(name), soon())) {
                                        return view.sizeBytes();
                                    }
                                });
                client.put(bytes(77), PutOptions.named(name));
                assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(bytes(77));
                assertThat(size.get(10, TimeUnit.SECONDS)).isEqualTo(77);
            }
        }

        @Test
        @DisplayName("answers k of n, in the order asked for")
        void kOfN() {
            ObjectId first = put(1);
            ObjectId missing = missing();
            ObjectId last = put(2);
            List<ObjectId> ids = List.of(first, missing, last);

            WaitResult two = client.await(ids, 2, soon());
            assertThat(two.ready()).containsExactly(first, last);
            assertThat(two.pending()).containsExactly(missing);
            WaitResult all = client.await(ids, 3, Deadline.after(Duration.ofMillis(50)));
            assertThat(all.ready()).containsExactly(first, last);
            assertThat(client.await(ids, 3, Deadline.NONE).pending()).containsExactly(missing);
            for (int few = 0; few < 2; few++) { // all that is there is ready
                assertThat(client.await(ids, few, soon()).ready()).containsExactly(first, last);
                assertThat(client.await(ids, few, soon()).pending()).containsExactly(missing);
            }
            assertThat(client.await(List.of(), 1, soon()).ready()).isEmpty();
        }

        @Test
        @DisplayName("gets all of what comes one by one")
        void getAll() throws Exception {
            List<ObjectId> ids =
                    IntStream.range(0, 20)
                            .mapToObj(i -> ObjectId.named(new ObjectName(namespace, "late " + i)))
                            .toList();
            CompletableFuture<Long> total =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try (ObjectViews views = client.getAll(ids, soon())) {
                                    return views.asList().stream()
                                            .mapToLong(ObjectView::sizeBytes)
                                            .sum();
                                }
                            });
            for (int i = 0; i < 20; i++) {
                put(i, "late " + i);
            }
            assertThat(total.get(10, TimeUnit.SECONDS)).isEqualTo(190);
        }

        @Test
        @DisplayName("ends a wait when its thread is interrupted, and the thread stays so")
        void interrupted() throws Exception {
            for (Thread.Builder threads : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                CountDownLatch begun = new CountDownLatch(1);
                CompletableFuture<Boolean> stays = new CompletableFuture<>();
                Thread waiting =
                        threads.start(
                                () -> {
                                    begun.countDown();
                                    try {
                                        client.read(missing(), soon());
                                        stays.complete(false);
                                    } catch (DeadlineExceeded e) {
                                        stays.complete(Thread.currentThread().isInterrupted());
                                    } catch (RuntimeException e) {
                                        stays.completeExceptionally(e);
                                    }
                                });
                begun.await();
                waiting.interrupt();
                assertThat(stays.get(5, TimeUnit.SECONDS)).isTrue();
            }
        }

        @Test
        @DisplayName("lets other virtual threads run while it waits, as many as there are")
        void manyWait() throws Exception {
            int count = 64;
            CountDownLatch begun = new CountDownLatch(count);
            List<CompletableFuture<byte[]>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ObjectName awaited = new ObjectName(namespace, "awaited " + i);
                all.add(
                        CompletableFuture.supplyAsync(
                                () -> {
                                    begun.countDown();
                                    return client.read(awaited, soon());
                                },
                                task -> Thread.ofVirtual().start(task)));
            }
            assertThat(begun.await(5, TimeUnit.SECONDS)).as("each has a carrier").isTrue();
            CompletableFuture.runAsync(
                            () -> {
                                for (int i = 0; i < count; i++) {
                                    put(i, "awaited " + i);
                                }
                            },
                            task -> Thread.ofVirtual().start(task))
                    .get(5, TimeUnit.SECONDS);
            for (int i = 0; i < count; i++) {
                assertThat(all.get(i).get(5, TimeUnit.SECONDS)).isEqualTo(bytes(i));
            }
        }

        @Test
        @DisplayName("gives up at the deadline, not before and not much later")
        void deadline() {
            for (boolean isRead : new boolean[] {true, false}) {
                long begin = System.nanoTime();
                assertThatThrownBy(
                                () -> {
                                    Deadline deadline = Deadline.after(Duration.ofMillis(300));
                                    if (isRead) {
                                        client.read(missing(), deadline);
                                    } else {
                                        client.get(missing(), deadline).close();
                                    }
                                })
                        .isInstanceOf(ObjectNotFound.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(Duration.ofMillis(295), Duration.ofSeconds(5));
            }
        }
    }

    @Nested
    @DisplayName("asking")
    class Asking {
        @Test
        @DisplayName("knows what is there")
        void contains() {
            ObjectId id = put(33);
            assertThat(client.contains(id)).isTrue();
            assertThat(client.peek(id)).isTrue();
            assertThat(client.contains(missing())).isFalse();
            assertThat(client.peek(missing())).isFalse();
            ObjectInfo info = Objects.requireNonNull(client.head(id));
            assertThat(info.id()).isEqualTo(id);
            assertThat(info.sizeBytes()).isEqualTo(33);
            assertThat(info.metadata().name()).isNull();
            assertThat(client.head(missing())).isNull();
            assertThat(client.head(name)).isNull();
        }

        @Test
        @DisplayName("gets at once only what the index shows, and only in place")
        void getIfPresent() {
            ObjectId id = put(33);
            ObjectName other = new ObjectName(namespace, "other");
            put(44, "named");
            assertThat(client.contains(id)).isTrue();
            boolean isInPlace = client.locality().zeroCopy();
            try (ObjectView view = client.getIfPresent(id);
                    ObjectView named = client.getIfPresent(new ObjectName(namespace, "named"))) {
                assertThat(view == null ? 0 : view.sizeBytes()).isEqualTo(isInPlace ? 33 : 0);
                assertThat(named == null ? 0 : named.sizeBytes()).isEqualTo(isInPlace ? 44 : 0);
            }
            try (ObjectView view = client.inspect(id)) {
                assertThat(view == null ? 0 : view.sizeBytes()).isEqualTo(isInPlace ? 33 : 0);
            }
            assertThat(client.getIfPresent(missing())).isNull();
            assertThat(client.getIfPresent(other)).isNull();
            assertThat(client.inspect(missing())).isNull();
        }

        @Test
        @DisplayName("copies at once only what the index shows and is small, and only in place")
        void copyIfPresent() {
            ObjectId id = put(33);
            ObjectName name = new ObjectName(namespace, "named");
            ObjectId named = put(44, name.key());
            assertThat(client.contains(id)).isTrue();
            ObjectCopy copy = client.copyIfPresent(id, 33);
            ObjectCopy namedCopy = client.copyIfPresent(name, 100);
            if (!client.locality().zeroCopy()) {
                assertThat(copy).isNull();
                assertThat(namedCopy).isNull();
                return;
            }
            assertIsCopyOf(id, copy);
            assertIsCopyOf(named, namedCopy);
            assertThat(client.copyIfPresent(id, 32)).isNull();
            assertThat(client.copyIfPresent(missing(), 100)).isNull();
            assertThat(client.copyIfPresent(new ObjectName(namespace, "other"), 100)).isNull();
            assertThat(Objects.requireNonNull(client.head(id)).pins()).isEmpty();
        }

        private void assertIsCopyOf(ObjectId id, @Nullable ObjectCopy found) {
            ObjectCopy copy = Objects.requireNonNull(found);
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                assertThat(copy.id()).isEqualTo(id);
                assertThat(copy.incarnation()).isEqualTo(view.incarnation());
                assertThat(copy.metadata()).isEqualTo(view.metadata());
                assertThat(copy.payload()).isEqualTo(view.segment().toArray(ValueLayout.JAVA_BYTE));
            }
        }

        @Test
        @DisplayName("puts at once only where a lane has room, and only in place")
        void tryPut() {
            byte[] payload = {1, 2, 3};
            CompletableFuture.runAsync(() -> put(1), Thread::startVirtualThread).join(); // a lane
            Stored stored = client.tryPut(ByteBuffer.wrap(payload), PutOptions.DEFAULTS);
            assertThat(stored != null).isEqualTo(client.locality().zeroCopy());
            if (stored != null) {
                assertThat(client.read(stored.id(), Deadline.NONE)).isEqualTo(payload);
            }
            assertThat(
                            client.tryPut(
                                    ByteBuffer.wrap(payload),
                                    PutOptions.named(new ObjectName(namespace, "a"))))
                    .isNull();
            assertThat(client.tryPut(ByteBuffer.allocate(9 << 20), PutOptions.DEFAULTS)).isNull();
        }

        @Test
        @DisplayName("I26: deletes, and says what was there")
        void delete() {
            ObjectId one = put(1);
            ObjectId two = put(2);
            put(3, "three");
            assertThat(client.delete(one)).isTrue();
            assertThat(client.delete(one)).isFalse();
            assertThat(client.contains(one)).isFalse();
            assertThat(client.delete(new ObjectName(namespace, "three"))).isTrue();
            assertThat(client.delete(new ObjectName(namespace, "three"))).isFalse();
            assertThat(client.deleteAll(List.of(one, two, missing()))).isEqualTo(1);
            assertThat(client.deleteAll(List.of())).isZero();
        }

        @Test
        @DisplayName("deletes a group, of its namespace alone")
        void group() {
            Group group = new Group(namespace, "g");
            for (int i = 0; i < 3; i++) {
                client.put(
                        bytes(i),
                        PutOptions.named(new ObjectName(namespace, "g" + i)).withGroup(group));
            }
            put(1, "other");
            assertThat(client.list(new ListQuery(namespace, null, group, null))).hasSize(3);
            assertThat(client.deleteGroup(new Group(namespace, "none"))).isZero();
            assertThat(client.deleteGroup(group)).isEqualTo(3);
            assertThat(client.list(ListQuery.in(namespace, null))).hasSize(1);
        }

        @Test
        @DisplayName("lists page by page, by prefix and media type")
        void list() {
            for (int i = 0; i < 25; i++) {
                client.put(
                        bytes(i),
                        PutOptions.named(new ObjectName(namespace, (i % 2 == 0 ? "a/" : "b/") + i))
                                .withMediaType(
                                        MediaType.of(i % 5 == 0 ? "text/plain" : "image/png")));
            }
            ListQuery all = ListQuery.in(namespace, null);
            assertThat(client.list(all)).hasSize(25);
            assertThat(client.list(ListQuery.in(namespace, "a/"))).hasSize(13);
            assertThat(client.list(new ListQuery(namespace, null, null, "text/plain"))).hasSize(5);
            Set<ObjectId> seen = new HashSet<>();
            String cursor = null;
            int pages = 0;
            do {
                ListPage page = client.page(all, 10, cursor);
                page.objects().forEach(info -> assertThat(seen.add(info.id())).isTrue());
                cursor = page.cursor();
                pages++;
            } while (cursor != null);
            assertThat(seen).hasSize(25);
            assertThat(pages).isBetween(3, 4);
        }

        @Test
        @DisplayName("hears of what happens in a namespace")
        void watch() throws Exception {
            Queue<ObjectEvent> events = new ConcurrentLinkedQueue<>();
            try (AutoCloseable watching =
                    client.watch(new WatchQuery(namespace, "w/"), events::add)) {
                assertThat(watching).isNotNull();
                put(1, "other");
                ObjectId id = put(3, "w/1");
                client.delete(id);
                await().until(() -> events.size() >= 2);
                ObjectEvent sealed = Objects.requireNonNull(events.poll());
                assertThat(sealed.kind()).isEqualTo(ObjectEvent.Kind.SEALED);
                assertThat(sealed.id()).isEqualTo(id);
                assertThat(sealed.name()).isEqualTo(new ObjectName(namespace, "w/1"));
                assertThat(sealed.sizeBytes()).isEqualTo(3);
                ObjectEvent deleted = Objects.requireNonNull(events.poll());
                assertThat(deleted.kind()).isEqualTo(ObjectEvent.Kind.DELETED);
                assertThat(deleted.sequence()).isGreaterThan(sealed.sequence());
            }
            put(4, "w/2");
            assertThat(client.contains(ObjectId.named(new ObjectName(namespace, "w/2")))).isTrue();
            assertThat(events).isEmpty();
        }

        @Test
        @DisplayName("I28: describes the node")
        void node() {
            NodeInfo node = client.node();
            NodeInfo.Ledger ledger = node.ledger();
            assertThat(node.state()).isEqualTo("UP");
            assertThat(node.id()).isNotEmpty();
            assertThat(node.storeNumber()).isNotZero();
            assertThat(node.startedAt()).isBefore(Instant.now());
            assertThat(
                            ledger.inUse()
                                    + ledger.free()
                                    + ledger.leased()
                                    + ledger.condemned()
                                    + ledger.withheld())
                    .isEqualTo(ledger.capacity());
            assertThat(client.locality().zeroCopy()).isEqualTo(kind == Kind.MAPPED);
            assertThat(client.locality().reason()).isNotEmpty();
        }
    }

    @Nested
    @DisplayName("closing")
    class Closing {
        @Test
        @DisplayName("leaves open views readable, and ends everything else")
        void close() {
            ObjectId id = put(100);
            ObjectView view = client.get(id, Deadline.NONE);
            ObjectWriter writer = client.create(100, PutOptions.DEFAULTS);
            client.close();
            client.close();

            assertThatThrownBy(() -> client.get(id, Deadline.NONE))
                    .isInstanceOf(InvalidState.class);
            assertThatThrownBy(() -> put(1)).isInstanceOf(InvalidState.class);
            assertThatThrownBy(() -> client.contains(missing())).isInstanceOf(InvalidState.class);
            assertThatThrownBy(() -> client.node()).isInstanceOf(InvalidState.class);
            assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
            assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(100));
            view.close();
        }

        @Test
        @DisplayName("is not held up by a view that is closed by another thread later")
        void later() throws Exception {
            ObjectView view = client.get(put(100), Deadline.NONE).dup();
            client.close();
            elsewhere(
                            () -> {
                                assertThat(
                                                new String(
                                                        view.segment()
                                                                .toArray(ValueLayout.JAVA_BYTE),
                                                        UTF_8))
                                        .isEqualTo(new String(bytes(100), UTF_8));
                                view.close();
                            })
                    .get(5, TimeUnit.SECONDS);
        }
    }
}
