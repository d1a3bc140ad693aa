package io.tokamak.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.TooLarge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import net.openhft.chronicle.bytes.Bytes;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A co-located client")
@Timeout(60)
class MappedClientTest {
    private static final long POOL_BYTES = 192 << 20;
    private static final ObjectName NAME = new ObjectName("test", "a/name");

    private TestNode node;
    private TokamakClient client;

    @BeforeEach
    void connect() {
        node = TestNode.create(POOL_BYTES);
        client = TokamakClient.connect(node.options());
    }

    @AfterEach
    void close() {
        client.close();
        node.close();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private ObjectId put(int length) {
        return client.put(bytes(length), PutOptions.DEFAULTS).id();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }

    @Nested
    @DisplayName("reading")
    class Reading {
        @Test
        @DisplayName("I25: finds what it has put at once, whatever its size")
        void sizes() {
            for (int length : new int[] {0, 1, 15, 64, 255, 256, 4097, 1 << 20, 9 << 20}) {
                ObjectId id = put(length);
                try (ObjectView view = client.get(id, Deadline.NONE)) {
                    assertThat(view.sizeBytes()).isEqualTo(length);
                    assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(bytes(length));
                    assertThat(view.segment().address() % (length >= 256 ? 64 : 16)).isZero();
                }
                assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(length));
            }
            assertThat(node.pinCount()).isZero();
        }

        @Test
        @DisplayName("tells metadata apart that differ in one character, of any length")
        void metadata() {
            for (int length : new int[] {1, 4, 5, 6, 7, 8, 12, 13, 40, 120, 121, 122, 150}) {
                for (int changed : new int[] {0, length / 2, length - 1}) {
                    StringBuilder type = new StringBuilder("a/" + "x".repeat(length));
                    assertMediaTypeIsKept(type.toString());
                    type.setCharAt(2 + changed, 'y');
                    assertMediaTypeIsKept(type.toString());
                }
            }
        }

        private void assertMediaTypeIsKept(String text) {
            PutOptions options = PutOptions.DEFAULTS.withMediaType(new MediaType(text));
            ObjectId id = client.put(new byte[1], options).id();
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                assertThat(view.metadata().mediaType()).isEqualTo(options.mediaType());
            }
        }

        @Test
        @DisplayName("I1: bytes stay as they are after the delete, until the view is closed")
        void deleted() {
            ObjectId id = put(1000);
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                assertThat(client.delete(id)).isTrue();
                assertThat(client.delete(id)).isFalse();
                assertThat(node.pinCount()).isEqualTo(1);
                assertThat(view.bytes().readLong(8)).isEqualTo(view.getLong(8));
                assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(1000));
            }
            assertThatThrownBy(() -> client.get(id, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
            assertThat(client.contains(id)).isFalse();
        }

        @Test
        @DisplayName("I1: never sees a byte of another object while objects come and go")
        void reuse() throws Exception {
            ConcurrentLinkedQueue<ObjectId> ids = new ConcurrentLinkedQueue<>();
            CompletableFuture<Void> changes =
                    CompletableFuture.runAsync(
                            () -> {
                                for (int i = 0; i < 20; i++) {
                                    List<ObjectId> batch = new ArrayList<>();
                                    for (int k = 0; k < 100; k++) {
                                        byte[] payload = new byte[512];
                                        Arrays.fill(payload, (byte) (k % 100));
                                        batch.add(client.put(payload, PutOptions.DEFAULTS).id());
                                    }
                                    ids.addAll(batch);
                                    client.deleteAll(batch);
                                }
                            });
            while (!changes.isDone()) {
                ObjectId id = ids.poll();
                if (id == null) {
                    Thread.onSpinWait();
                    continue;
                }
                try (ObjectView view = client.get(id, Deadline.NONE)) {
                    byte first = view.getByte(0);
                    assertThat(first).isNotEqualTo(TestNode.FREED);
                    for (int i = 0; i < 512; i += 64) {
                        assertThat(view.getByte(i)).isEqualTo(first);
                    }
                } catch (ObjectNotFound gone) {
                    assertThat(gone).isNotNull(); // deleted before it was read
                }
            }
            changes.get(1, TimeUnit.SECONDS);
        }

        @Test
        @DisplayName("I2: copies no byte of another object, whatever is deleted under the copy")
        void copies() throws Exception {
            byte[] payload = new byte[60_000];
            Arrays.fill(payload, (byte) 1);
            MediaType mediaType = MediaType.of("application/x-copied");
            PutOptions options = PutOptions.DEFAULTS.withMediaType(mediaType);
            AtomicReference<ObjectId> current =
                    new AtomicReference<>(client.put(payload, options).id());
            AtomicBoolean isOver = new AtomicBoolean();
            AtomicLong copies = new AtomicLong();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(
                        CompletableFuture.runAsync(
                                () -> {
                                    while (!isOver.get()) {
                                        ObjectId id = Objects.requireNonNull(current.get());
                                        ObjectCopy described = client.copyIfPresent(id, 1 << 20);
                                        if (described != null) {
                                            assertThat(described.metadata().mediaType())
                                                    .isEqualTo(mediaType);
                                            assertThat(
                                                            Arrays.mismatch(
                                                                    described.payload(), payload))
                                                    .isEqualTo(-1);
                                        }
                                        try {
                                            byte[] copy = client.read(id, Deadline.NONE);
                                            assertThat(Arrays.mismatch(copy, payload))
                                                    .isEqualTo(-1);
                                            copies.incrementAndGet();
                                        } catch (ObjectNotFound gone) {
                                            Thread.onSpinWait(); // for the next
                                        }
                                    }
                                }));
            }
            for (int i = 0; i < 150; i++) {
                ObjectId next = client.put(payload, options).id();
                ObjectId last = current.getAndSet(next);
                assertThat(client.contains(next)).isTrue();
                long before = copies.get();
                while (copies.get() == before && readers.stream().noneMatch(Future::isDone)) {
                    Thread.onSpinWait(); // until the class's deadline
                }
                assertThat(client.delete(last)).isTrue();
                assertThat(client.delete(next)).isTrue();
                current.set(client.put(payload, options).id());
            }
            isOver.set(true);
            for (CompletableFuture<Void> reader : readers) {
                reader.get(10, TimeUnit.SECONDS);
            }
        }

        @ParameterizedTest(name = "seed {0}")
        @ValueSource(longs = {1, 2})
        @DisplayName(
                "I9: says that an object is damaged whose slot points out of the pool, and goes on")
        void damaged(long seed) {
            Random random = new Random(seed);
            ObjectId sound = put(1000);
            assertThat(client.contains(sound)).isTrue();
            for (int round = 0; round < 200; round++) {
                ObjectId id = put(100);
                assertThat(client.contains(id)).isTrue();
                long large = random.nextLong(POOL_BYTES, 1L << random.nextInt(30, 62));
                int metadata = random.nextInt(PoolFile.METADATA_BYTES_MAX + 1, Integer.MAX_VALUE);
                int field = random.nextInt(5);
                node.damage(
                        id,
                        (index, slot) -> {
                            switch (field) {
                                case 0 -> index.putLong(slot + IndexFile.LOCATION_OFFSET, large);
                                case 1 -> index.putLong(slot + IndexFile.LOCATION_OFFSET, -large);
                                case 2 ->
                                        index.putLong(
                                                slot + IndexFile.LENGTH_OFFSET,
                                                Math.min(large, IndexFile.PAYLOAD_LENGTH_MAX));
                                case 3 -> index.putInt(slot + IndexFile.METADATA_OFFSET, metadata);
                                default ->
                                        index.putInt(slot + IndexFile.METADATA_OFFSET, -metadata);
                            }
                        });
                List<ThrowingCallable> calls =
                        List.of(
                                () -> client.get(id, Deadline.NONE).close(),
                                () -> client.getAll(List.of(sound, id), Deadline.NONE).close(),
                                () -> client.read(id, Deadline.NONE),
                                () -> client.inspect(id),
                                () -> client.copyIfPresent(id, 1 << 20));
                for (ThrowingCallable call : calls) {
                    assertThatThrownBy(call)
                            .as("field %d", field)
                            .isInstanceOf(CorruptObject.class);
                }
            }
            assertThat(node.pinCount()).isZero();
            assertThat(client.read(sound, Deadline.NONE)).isEqualTo(bytes(1000));
            assertThat(client.read(put(10), Deadline.NONE)).isEqualTo(bytes(10));
        }

        @Test
        @DisplayName("throws after close, from every face of the view")
        void afterClose() {
            ObjectView view = client.get(put(100), Deadline.NONE);
            MemorySegment segment = view.segment();
            ByteBuffer buffer = view.byteBuffer();
            Bytes<?> chronicle = view.bytes();
            assertThat(chronicle.readRemaining()).isEqualTo(100);
            view.close();
            view.close();

            assertThatThrownBy(() -> view.getLong(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> view.getByte(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(view::segment).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> buffer.get(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> chronicle.readLong(0))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(view::dup).isInstanceOf(IllegalStateException.class);
            assertThat(node.pinCount()).isZero();
        }

        @Test
        @DisplayName("lets nobody write through a view")
        void readOnly() {
            try (ObjectView view = client.get(put(100), Deadline.NONE)) {
                assertThat(view.segment().isReadOnly()).isTrue();
                assertThatThrownBy(() -> view.byteBuffer().put(0, (byte) 1))
                        .isInstanceOf(ReadOnlyBufferException.class);
                assertThatThrownBy(() -> view.bytes().writeLong(0, 1))
                        .isInstanceOf(RuntimeException.class);
                assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(100));
            }
        }

        @Test
        @DisplayName("refuses offsets outside of the object, though the pool goes on there")
        void bounds() {
            put(100);
            try (ObjectView view = client.get(put(100), Deadline.NONE)) {
                assertThatThrownBy(() -> view.getLong(93))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> view.getByte(-1))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThat(view.getLong(3)).isEqualTo(view.bytes().readLong(3));
            }
        }

        @Test
        @DisplayName("I5: N views of one pin release it once, with the last")
        void views() throws Exception {
            ObjectView view = client.get(put(100), Deadline.NONE);
            ObjectView other = view.dup();
            ObjectView shared = view.share();
            assertThatThrownBy(() -> CompletableFuture.runAsync(() -> view.getByte(0)).join())
                    .hasCauseInstanceOf(WrongThreadException.class);
            view.close();
            CompletableFuture.runAsync(
                            () -> {
                                assertThat(other.getByte(99)).isEqualTo(bytes(100)[99]);
                                other.close();
                            })
                    .get(5, TimeUnit.SECONDS);
            assertThat(node.pinCount()).isEqualTo(1);

            CompletableFuture.runAsync(() -> assertThat(shared.getLong(0)).isNotZero())
                    .get(5, TimeUnit.SECONDS);
            ObjectView last = shared.dup();
            shared.close();
            shared.close();
            assertThatThrownBy(() -> shared.getByte(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(shared::segment).isInstanceOf(IllegalStateException.class);
            assertThat(last.getByte(0)).isEqualTo(bytes(100)[0]);
            assertThat(node.pinCount()).isEqualTo(1);
            last.close();
            assertThat(node.pinCount()).isZero();
        }

        @Test
        @DisplayName("says where the bytes lie, for another process that maps the file")
        void place() throws IOException {
            for (int length : new int[] {0, 100, 256, 100_000}) {
                try (ObjectView view = client.get(put(length), Deadline.NONE);
                        ObjectView shared = view.share()) {
                    Place place = Objects.requireNonNull(view.place());
                    assertThat(place.folder().resolve(place.file())).isEqualTo(node.folder.pool());
                    assertThat(place.length()).isEqualTo(length);
                    assertThat(Objects.requireNonNull(shared.place()).offset())
                            .isEqualTo(place.offset());
                    try (RandomAccessFile pool =
                            new RandomAccessFile(node.folder.pool().toFile(), "r")) {
                        byte[] read = new byte[length];
                        pool.seek(place.offset());
                        pool.readFully(read);
                        assertThat(read).isEqualTo(bytes(length));
                    }
                }
            }
        }

        @Test
        @DisplayName("gets all or none")
        void getAll() {
            List<ObjectId> ids = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                ids.add(put(i));
            }
            try (ObjectViews views = client.getAll(ids, Deadline.NONE)) {
                assertThat(views.size()).isEqualTo(300);
                for (int i = 0; i < 300; i++) {
                    assertThat(views.get(i).sizeBytes()).isEqualTo(i);
                }
                assertThat(node.pinCount()).isEqualTo(300);
            }
            ids.add(7, ObjectId.anonymous(7, 999, 1));
            assertThatThrownBy(() -> client.getAll(ids, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
            assertThat(node.pinCount()).isZero();
        }

        @Test
        @DisplayName("tells the node of accesses whose time has come, once")
        void accesses() {
            PutOptions idle =
                    PutOptions.DEFAULTS.withLifetime(Lifetime.idle(Duration.ofMinutes(1)));
            ObjectId id = client.put(bytes(10), idle).id();
            client.read(id, Deadline.NONE);
            client.get(id, Deadline.NONE).close();
            assertThat(node.reportedAccesses()).isEmpty();

            node.setExpiry(id, System.currentTimeMillis() + 59_000);
            try (ObjectView looked = client.inspect(id)) {
                assertThat(looked).isNotNull();
                assertThat(node.reportedAccesses()).as("who only looks").isEmpty();
            }
            for (int i = 0; i < 1000; i++) {
                client.get(id, Deadline.NONE).close();
                client.read(id, Deadline.NONE);
            }
            assertThat(node.reportedAccesses()).containsExactly(id);
        }

        @Test
        @DisplayName("works from virtual threads")
        void virtualThreads() throws Exception {
            ObjectId id = put(100);
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                all.add(
                        CompletableFuture.runAsync(
                                () -> {
                                    ObjectId mine = put(50);
                                    try (ObjectView view = client.get(id, soon());
                                            ObjectView own = client.get(mine, soon())) {
                                        assertThat(view.getByte(5)).isEqualTo(bytes(100)[5]);
                                        assertThat(own.getByte(5)).isEqualTo(bytes(50)[5]);
                                    }
                                },
                                task -> Thread.ofVirtual().start(task)));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                    .get(20, TimeUnit.SECONDS);
            assertThat(node.pinCount()).isZero();
        }
    }

    @Nested
    @DisplayName("writing")
    class Writing {
        @Test
        @DisplayName("keeps media type, attributes and name")
        void metadata() {
            PutOptions options =
                    PutOptions.named(NAME)
                            .withMediaType(MediaType.of("text/plain"))
                            .withAttributes(Attributes.of(Map.of("a", "b")));
            Stored stored = client.put(bytes(10), options);
            assertThat(stored.created()).isTrue();
            try (ObjectView view = client.get(NAME, Deadline.NONE)) {
                assertThat(view.metadata().mediaType().text()).isEqualTo("text/plain");
                assertThat(view.metadata().attributes().get("a")).isEqualTo("b");
                assertThat(view.metadata().name()).isEqualTo(NAME);
                assertThat(view.incarnation()).isEqualTo(stored.incarnation());
                try (ObjectView shared = view.share()) {
                    assertThat(shared.metadata()).isEqualTo(view.metadata());
                }
            }
        }

        @Test
        @DisplayName(
                "I24: answers the same bytes with the object that is there, others with"
                        + " ObjectExists")
        void named() {
            PutOptions options = PutOptions.named(NAME);
            Stored first = client.put(bytes(100), options);
            Stored again = client.put(bytes(100), options);
            assertThat(again.created()).isFalse();
            assertThat(again.incarnation()).isEqualTo(first.incarnation());

            assertThatThrownBy(() -> client.put(bytes(101), options))
                    .isInstanceOf(ObjectExists.class);
            assertThatThrownBy(
                            () ->
                                    client.put(
                                            bytes(100),
                                            options.withMediaType(MediaType.of("text/plain"))))
                    .isInstanceOf(ObjectExists.class);
            assertThatThrownBy(() -> client.create(5, options)).isInstanceOf(ObjectExists.class);
            assertThat(client.put(new ByteArrayInputStream(bytes(100)), options).created())
                    .isFalse();
            assertThat(client.put(100, out -> out.write(bytes(100)), options).created()).isFalse();
        }

        @Test
        @DisplayName("fails a named put at its deadline when the node is silent")
        void silent() {
            node.silent = true;
            PutOptions options = PutOptions.named(NAME).withTimeout(Duration.ofMillis(100));
            assertThatThrownBy(() -> client.put(bytes(1), options))
                    .isInstanceOf(DeadlineExceeded.class);
            node.silent = false;
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
        }

        @Test
        @DisplayName("stores nothing when the lambda throws or writes too much, and goes on")
        void badLambda() {
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
                                            PutOptions.DEFAULTS))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(client.node().objects()).isZero();
            assertThat(client.read(put(10), Deadline.NONE)).isEqualTo(bytes(10));
        }

        @Test
        @DisplayName("puts inside of a put")
        void nested() {
            List<ObjectId> inner = new ArrayList<>();
            Stored outer =
                    client.put(
                            8,
                            out -> {
                                inner.add(put(5));
                                out.writeLong(1);
                            },
                            PutOptions.DEFAULTS);
            assertThat(client.read(inner.getFirst(), Deadline.NONE)).isEqualTo(bytes(5));
            assertThat(client.read(outer.id(), Deadline.NONE)).hasSize(8);
        }

        @Test
        @DisplayName("takes streams of any length, and gives back what they did not need")
        void streams() {
            long free = node.freeBytes();
            for (int length : new int[] {0, 100, 300_000, 5 << 20}) {
                Stored stored =
                        client.put(new ByteArrayInputStream(bytes(length)), PutOptions.DEFAULTS);
                assertThat(client.read(stored.id(), Deadline.NONE)).isEqualTo(bytes(length));
            }
            await().untilAsserted(() -> assertThat(free - node.freeBytes()).isLessThan(7 << 20));
        }

        @Test
        @DisplayName("takes a payload of a confined arena, copied by several threads")
        void confined() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment payload = arena.allocate(20 << 20);
                MemorySegment.copy(bytes(20 << 20), 0, payload, ValueLayout.JAVA_BYTE, 0, 20 << 20);
                Stored stored = client.put(payload, PutOptions.DEFAULTS);
                try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                    assertThat(view.segment().mismatch(payload)).isEqualTo(-1);
                }
            }
        }

        @Test
        @DisplayName("takes parts of any lengths, one behind the other, copied by several threads")
        void parts() {
            byte[] all = bytes(21_000_000);
            List<MemorySegment> parts = new ArrayList<>();
            int[] lengths = {0, 1, 5 << 20, 0, 0, 63, (4 << 20) - 1, 0, 9 << 20};
            int end = 0;
            for (int length : lengths) {
                parts.add(MemorySegment.ofArray(all).asSlice(end, length));
                end += length;
            }
            for (; end < all.length; end += 1_000) {
                parts.add(
                        MemorySegment.ofArray(all).asSlice(end, Math.min(1_000, all.length - end)));
            }
            try (Arena arena = Arena.ofConfined();
                    ObjectWriter writer = client.create(PutOptions.DEFAULTS)) {
                MemorySegment confined = arena.allocate(10).fill((byte) 7);
                parts.add(confined);
                writer.write(List.of(confined, MemorySegment.NULL));
                writer.write(parts);
                assertThat(writer.position()).isEqualTo(20 + all.length);
                byte[] stored = client.read(writer.seal().id(), Deadline.NONE);
                byte[] sevens = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
                assertThat(stored).startsWith(sevens).endsWith(sevens);
                assertThat(Arrays.copyOfRange(stored, 10, 10 + all.length)).isEqualTo(all);
            }
        }

        @Test
        @DisplayName("seals what several threads wrote in place; nobody writes it afterwards")
        void create() {
            MemorySegment segment;
            Stored stored;
            try (ObjectWriter writer = client.create(1 << 20, PutOptions.named(NAME))) {
                segment = writer.segment();
                CompletableFuture.allOf(
                                CompletableFuture.runAsync(
                                        () -> segment.asSlice(0, 1 << 19).fill((byte) 1)),
                                CompletableFuture.runAsync(
                                        () -> segment.asSlice(1 << 19).fill((byte) 2)))
                        .join();
                assertThat(client.peek(writer.id())).isFalse();
                stored = writer.seal();
                assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
            }
            assertThatThrownBy(() -> segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 9))
                    .isInstanceOf(IllegalStateException.class);
            try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                assertThat(view.getByte(0)).isEqualTo((byte) 1);
                assertThat(view.getByte((1 << 20) - 1)).isEqualTo((byte) 2);
            }
        }

        @Test
        @DisplayName("leaves what was sealed as it is, whatever its writer is asked for afterwards")
        void afterTheSeal() {
            for (boolean isLengthKnown : new boolean[] {true, false}) {
                try (ObjectWriter writer =
                        isLengthKnown
                                ? client.create(1_000, PutOptions.DEFAULTS)
                                : client.create(PutOptions.DEFAULTS)) {
                    writer.write(ByteBuffer.wrap(bytes(1_000)));
                    ObjectId id = writer.seal().id();
                    long objects = client.node().objects();

                    assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
                    assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(new byte[1])))
                            .isInstanceOf(InvalidState.class);
                    assertThatThrownBy(
                                    () -> writer.writeFrom(new ByteArrayInputStream(new byte[1])))
                            .isInstanceOf(InvalidState.class);
                    assertThatThrownBy(writer::segment).isInstanceOf(InvalidState.class);
                    writer.abort();
                    put(1_000); // where the lane goes on
                    assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(1_000));
                    assertThat(client.node().objects()).isEqualTo(objects + 1);
                }
            }
        }

        @Test
        @DisplayName("takes objects without a byte by every way in")
        void empty() {
            List<ObjectId> ids = new ArrayList<>();
            ids.add(put(0));
            ids.add(client.put(MemorySegment.NULL, PutOptions.DEFAULTS).id());
            ids.add(client.put(8, _ -> {}, PutOptions.DEFAULTS).id());
            ids.add(client.put(new byte[0], PutOptions.named(NAME)).id());
            try (ObjectWriter known = client.create(0, PutOptions.DEFAULTS);
                    ObjectWriter unknown = client.create(PutOptions.DEFAULTS)) {
                assertThat(known.segment().byteSize()).isZero();
                ids.add(known.seal().id());
                ids.add(unknown.seal().id());
            }
            for (ObjectId id : ids) {
                assertThat(client.read(id, Deadline.NONE)).isEmpty();
                try (ObjectView view = client.get(id, Deadline.NONE)) {
                    assertThat(view.sizeBytes()).isZero();
                    assertThat(view.segment().byteSize()).isZero();
                    assertThatThrownBy(() -> view.getByte(0))
                            .isInstanceOf(IndexOutOfBoundsException.class);
                }
            }
            assertThat(node.pinCount()).isZero();
            assertThat(client.node().objects()).isEqualTo(ids.size());
        }

        @Test
        @DisplayName("gives the memory of an aborted object back")
        void abort() {
            long free = node.freeBytes();
            ObjectWriter writer = client.create(10 << 20, PutOptions.DEFAULTS);
            assertThat(node.freeBytes()).isLessThan(free);
            writer.abort();
            assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(1)))
                    .isInstanceOf(InvalidState.class);
            await().untilAsserted(() -> assertThat(node.freeBytes()).isEqualTo(free));
            assertThat(client.peek(writer.id())).isFalse();
        }

        @Test
        @DisplayName("says who holds the memory when there is none, and what is too large")
        void outOfMemory() {
            PutOptions hasty = PutOptions.DEFAULTS.withTimeout(Duration.ZERO);
            try (ObjectWriter writer = client.create(POOL_BYTES / 4 * 3, hasty)) {
                assertThat(writer.segment().byteSize()).isEqualTo(POOL_BYTES / 4 * 3);
                assertThatThrownBy(() -> client.create(POOL_BYTES / 2, hasty))
                        .isInstanceOfSatisfying(
                                OutOfMemory.class,
                                e ->
                                        assertThat(e.shortage().pinHolders().getFirst().process())
                                                .isEqualTo("trainer"));
            }
            assertThatThrownBy(() -> client.create(2 * POOL_BYTES, hasty))
                    .isInstanceOf(TooLarge.class);
        }

        @Test
        @DisplayName("I28: gives back what the node lent to a put that was interrupted before")
        void interrupted() throws InterruptedException {
            node.answersNoLease = true;
            Thread writer =
                    Thread.ofPlatform()
                            .start(
                                    () ->
                                            assertThatThrownBy(() -> put(9 << 20))
                                                    .isInstanceOf(DeadlineExceeded.class));
            await().until(() -> node.lanesInUse() == 1);
            writer.interrupt();
            writer.join();
            await().until(() -> node.lanesInUse() == 0);
            node.answersNoLease = false;
            assertThat(client.read(put(10), Deadline.NONE)).isEqualTo(bytes(10));
        }

        @Test
        @DisplayName(
                "makes at most one control call for a steady stream of small puts after warm-up")
        void steady() {
            for (int i = 0; i < 20_000; i++) {
                put(64);
            }
            int leases = node.leases.get();
            for (int i = 0; i < 20_000; i++) {
                put(64);
            }
            assertThat(node.leases.get() - leases).isLessThanOrEqualTo(1);
        }

        @Test
        @DisplayName("gives the lane of a record of its own back with the next lease")
        void returns() {
            int count = 10 * SessionFile.LANE_COUNT;
            for (int i = 0; i < count; i++) {
                try (ObjectWriter writer = client.create(8, PutOptions.DEFAULTS)) {
                    writer.write(MemorySegment.ofArray(new byte[8]));
                    writer.seal();
                }
            }
            assertThat(node.returnCalls.get()).isLessThan(count / 2); // by the keeper, at times
        }
    }

    @Nested
    @DisplayName("waiting")
    class Waiting {
        @Test
        @DisplayName("I27: wakes when another client puts what it waits for")
        void get() throws Exception {
            try (TokamakClient other = TokamakClient.connect(node.options())) {
                CompletableFuture<byte[]> read =
                        CompletableFuture.supplyAsync(() -> other.read(NAME, soon()));
                await().until(() -> node.interests.get() > 0);
                client.put(bytes(77), PutOptions.named(NAME));
                assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(bytes(77));
            }
        }

        @Test
        @DisplayName("answers k of n, in the order asked for")
        void kOfN() {
            ObjectId first = put(1);
            ObjectId missing = ObjectId.anonymous(7, 999, 1);
            ObjectId last = put(2);
            List<ObjectId> ids = List.of(first, missing, last);

            WaitResult two = client.await(ids, 2, soon());
            assertThat(two.ready()).containsExactly(first, last);
            assertThat(two.pending()).containsExactly(missing);
            WaitResult all = client.await(ids, 3, Deadline.after(Duration.ofMillis(50)));
            assertThat(all.ready()).containsExactly(first, last);
            assertThat(client.await(ids, 3, Deadline.NONE).pending()).containsExactly(missing);
        }

        @Test
        @DisplayName("gives up at the deadline")
        void deadline() {
            ObjectId missing = ObjectId.anonymous(7, 999, 2);
            assertThatThrownBy(() -> client.get(missing, Deadline.after(Duration.ofMillis(100))))
                    .isInstanceOf(ObjectNotFound.class);
        }

        @Test
        @DisplayName("tells the node again after its restart")
        void restart() throws Exception {
            CompletableFuture<byte[]> read =
                    CompletableFuture.supplyAsync(() -> client.read(NAME, soon()));
            await().until(() -> node.interests.get() > 0);
            int told = node.interests.get();
            node.stop();
            node.start();
            await().until(() -> node.interests.get() > told);
            client.put(bytes(5), PutOptions.named(NAME));
            assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(bytes(5));
        }
    }

    @Nested
    @DisplayName("when the node goes and comes")
    class Lifecycle {
        @Test
        @DisplayName("reads on through a restart, and writes as long as its lanes have room")
        void restart() throws IOException {
            ObjectId id = put(100);
            client.get(id, Deadline.NONE).close();
            ObjectId late;
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                node.stop();
                assertThat(view.getByte(1)).isEqualTo(bytes(100)[1]);
                assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(100));
                late = put(200);
                node.start();
                assertThat(client.read(late, Deadline.NONE)).isEqualTo(bytes(200));
                assertThat(node.pinCount()).isEqualTo(1);
            }
            assertThat(node.sessionCount()).isEqualTo(1);
            assertThat(node.pinCount()).isZero();
        }

        @Test
        @DisplayName("waits for the node in a call, within the deadline")
        void calls() throws Exception {
            node.stop();
            CompletableFuture<NodeInfo> info = CompletableFuture.supplyAsync(client::node);
            node.start();
            assertThat(info.get(10, TimeUnit.SECONDS).state()).isEqualTo("ready");
        }

        @Test
        @DisplayName(
                "says NodeDown of a named put that the node did not live to answer, which may take"
                        + " place all the same")
        void unanswered() throws IOException {
            ObjectName name = new ObjectName("t", "unanswered");
            PutOptions hasty = PutOptions.named(name).withTimeout(Duration.ofMillis(500));
            client.put(bytes(10), PutOptions.named(new ObjectName("t", "first"))); // has a lane
            try (ObjectWriter writer = client.create(100, hasty)) {
                writer.write(MemorySegment.ofArray(bytes(100)));
                node.stop();
                assertThatThrownBy(() -> client.put(bytes(20), hasty))
                        .isInstanceOf(NodeDown.class)
                        .hasMessageContaining("may still take place");
                assertThatThrownBy(writer::seal)
                        .isInstanceOf(NodeDown.class)
                        .hasMessageContaining("may still take place");
            }
            node.start();
            assertThat(client.read(name, Deadline.after(Duration.ofSeconds(10)))).isNotEmpty();
        }

        @Test
        @DisplayName("says NodeDown when none comes")
        void down() {
            node.stop();
            ConnectOptions hasty = node.options().withTimeout(Duration.ofMillis(200));
            assertThatThrownBy(() -> TokamakClient.connect(hasty)).isInstanceOf(NodeDown.class);
            ConnectOptions nowhere = hasty.withFolder(node.folder.path().resolve("nowhere"));
            assertThatThrownBy(() -> TokamakClient.connect(nowhere)).isInstanceOf(NodeDown.class);
        }

        @Test
        @DisplayName("I33: leaves a retired store at the next get; open views keep the old bytes")
        void retired() {
            ObjectId id = put(100);
            ObjectView view = client.get(id, Deadline.NONE);
            node.retire();

            assertThatThrownBy(() -> client.get(id, Deadline.NONE))
                    .isInstanceOf(ObjectNotFound.class);
            ObjectId anew = put(50);
            assertThat(client.read(anew, Deadline.NONE)).isEqualTo(bytes(50));
            assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(100));
            view.close();
        }

        @Test
        @DisplayName(
                "says of a place that it is held through restart and fence, and not after a"
                        + " discard")
        void held() throws IOException {
            ObjectView view = client.get(put(100), Deadline.NONE);
            Place place = Objects.requireNonNull(view.place());
            node.stop();
            assertThat(place.isHeld()).isTrue();
            node.start();
            node.fenceAll();
            assertThat(place.isHeld()).isTrue();
            node.retire();
            assertThat(place.isHeld()).isFalse();
            assertThat(client.read(put(50), Deadline.NONE)).isEqualTo(bytes(50));
            assertThat(place.isHeld()).isFalse();
            view.close();
        }

        @Test
        @DisplayName("I15: a fenced session reads on, cannot publish, and is followed by another")
        void fenced() {
            ObjectId id = put(100);
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                node.fenceAll();
                assertThat(view.getByte(0)).isEqualTo(bytes(100)[0]);
                assertThatThrownBy(() -> put(10)).isInstanceOf(SessionFenced.class);
                assertThat(view.getByte(1)).isEqualTo(bytes(100)[1]);
                assertThat(client.read(put(10), Deadline.NONE)).isEqualTo(bytes(10));
            }
        }

        @Test
        @DisplayName("waits on with another session when its own is fenced")
        void fencedWhoWaits() throws Exception {
            ObjectId missing = ObjectId.anonymous(7, 999, 3);
            node.fenceAll();
            WaitResult none =
                    client.await(List.of(missing), 1, Deadline.after(Duration.ofMillis(100)));
            assertThat(none.pending()).containsExactly(missing);
            int told = node.interests.get();
            CompletableFuture<byte[]> read =
                    CompletableFuture.supplyAsync(() -> client.read(NAME, soon()));
            await().until(() -> node.interests.get() > told);
            client.put(bytes(5), PutOptions.named(NAME));
            assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(bytes(5));
        }

        @Test
        @DisplayName("waits on with another session when the node that comes has forgotten its own")
        void forgottenWhoWaits() throws Exception {
            node.forgetSessions();
            node.stop();
            CompletableFuture<byte[]> read = new CompletableFuture<>();
            Thread waiter =
                    Thread.ofPlatform()
                            .start(
                                    () ->
                                            read.completeAsync(
                                                    () -> client.read(NAME, soon()),
                                                    Runnable::run));
            await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
            node.start();
            try (TokamakClient other = TokamakClient.connect(node.options())) {
                other.put(bytes(5), PutOptions.named(NAME));
            }
            assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(bytes(5));
        }

        @Test
        @DisplayName(
                "attaches anew when the node has forgotten the session, whose places are held no"
                        + " more")
        void forgotten() throws IOException {
            ObjectId id = put(100);
            ObjectView view = client.get(id, Deadline.NONE);
            Place place = Objects.requireNonNull(view.place());
            node.forgetSessions();
            node.stop();
            node.start();
            await().until(() -> !place.isHeld());
            view.close();
            await().untilAsserted(
                            () -> {
                                assertThat(client.read(id, Deadline.NONE)).isEqualTo(bytes(100));
                                assertThat(node.sessionCount()).isEqualTo(1);
                            });
            assertThat(client.read(put(10), Deadline.NONE)).isEqualTo(bytes(10));
        }

        @Test
        @DisplayName("I11: closes with views open; the session ends with the last of them")
        void closeWithViews() {
            ObjectId id = put(100);
            ObjectView view = client.get(id, Deadline.NONE);
            ObjectWriter writer = client.create(100, PutOptions.DEFAULTS);
            client.close();
            client.close();

            assertThatThrownBy(() -> client.get(id, Deadline.NONE))
                    .isInstanceOf(InvalidState.class);
            assertThatThrownBy(() -> put(1)).isInstanceOf(InvalidState.class);
            assertThatThrownBy(writer::seal).isInstanceOf(InvalidState.class);
            assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(100));
            assertThat(node.isAnySessionLocked()).isTrue();
            await().until(() -> node.lanesInUse() == 0);
            view.close();
            await().until(() -> node.sessionCount() == 0);
        }

        @Test
        @DisplayName("hears of events")
        void events() throws Exception {
            ConcurrentLinkedQueue<ObjectEvent> events = new ConcurrentLinkedQueue<>();
            AutoCloseable watching = client.watch(WatchQuery.ALL, events::add);
            ObjectId id = put(3);
            await().until(() -> !events.isEmpty());
            assertThat(events.peek().id()).isEqualTo(id);
            watching.close();
        }

        @Test
        @DisplayName("describes and lists")
        void describes() {
            ObjectId id = put(33);
            assertThat(client.contains(id)).isTrue();
            ObjectInfo info = Objects.requireNonNull(client.head(id));
            assertThat(info.sizeBytes()).isEqualTo(33);
            assertThat(info.home()).isEqualTo("test-node");
            assertThat(client.head(NAME)).isNull();
            assertThat(client.list(ListQuery.ALL)).hasSize(1);
            assertThat(client.locality().zeroCopy()).isTrue();
        }
    }
}
