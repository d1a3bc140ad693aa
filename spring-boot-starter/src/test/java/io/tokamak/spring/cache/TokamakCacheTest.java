package io.tokamak.spring.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.spring.TestGateway;
import io.tokamak.spring.TestNode;
import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypeRefused;
import io.tokamak.values.Values;
import io.tokamak.values.arrow.DictionaryTable;
import io.tokamak.values.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool.ManagedBlocker;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.cache.Cache;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

@ParameterizedClass(name = "{0}")
@EnumSource
@DisplayName("A cache in the store")
class TokamakCacheTest {
    /** How a program reaches the store. */
    enum Route {
        /** It maps the node's memory. */
        CO_LOCATED,
        /** It streams through a gateway. */
        REMOTE;

        TokamakClient connect() {
            return this == CO_LOCATED ? node.client() : gateway.client();
        }
    }

    private static final String NAMESPACE = "cache.books";
    private static final String PACKAGE = "io.tokamak.spring.cache";

    private static TestNode node;
    private static TestGateway gateway;
    private final Route route;
    private final TokamakClient client;
    private final Cache cache;
    private final BufferAllocator allocator = new RootAllocator();

    TokamakCacheTest(Route route) {
        this.route = route;
        client = route.connect();
        cache = cache("books", client, null, true);
        cache.clear();
    }

    @AfterEach
    void disconnect() {
        client.close();
        allocator.close(); // throws when a buffer of the test was not released
    }

    record Author(String name) {}

    record Book(String title, List<Author> authors, Instant published, @Nullable Object note) {}

    @BeforeAll
    static void start() throws IOException {
        node = new TestNode();
        gateway = new TestGateway(node);
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        node.close();
    }

    private static Cache cache(
            String name, TokamakClient client, @Nullable Duration ttl, boolean cacheNullValues) {
        CacheSettings settings =
                new CacheSettings(ttl, Duration.ofHours(1), cacheNullValues, Duration.ofSeconds(5));
        return new TokamakCache(name, "cache." + name, client, values(client), settings);
    }

    private static Values values(TokamakClient client) {
        return Values.builder(client)
                .codec(new NullCodec())
                .codec(new ClassNamingJson(JsonMapper.builder().build(), List.of(PACKAGE)))
                .build();
    }

    private @Nullable Object value(Object key) {
        Cache.ValueWrapper wrapper = cache.get(key);
        return wrapper == null ? "nothing" : wrapper.get();
    }

    @Test
    @DisplayName("has what was put, the last of it, until it is evicted")
    void putAndEvict() {
        assertThat(cache.get("k")).isNull();
        cache.put("k", "first");
        assertThat(value("k")).isEqualTo("first");
        cache.put("k", "second");
        assertThat(value("k")).isEqualTo("second");
        cache.put("k", 3);
        assertThat(value("k")).isEqualTo(3);
        assertThat(cache.get("k", Integer.class)).isEqualTo(3);
        assertThatThrownBy(() -> cache.get("k", String.class))
                .isInstanceOf(IllegalStateException.class);
        assertThat(cache.evictIfPresent("k")).isTrue();
        assertThat(cache.evictIfPresent("k")).isFalse();
        assertThat(cache.get("k")).isNull();
    }

    @Test
    @DisplayName("caches null as a value, or refuses it")
    void nulls() {
        cache.put("k", null);
        assertThat(cache.get("k")).isNotNull().extracting(Cache.ValueWrapper::get).isNull();
        AtomicInteger calls = new AtomicInteger();
        Callable<@Nullable String> loader =
                () -> {
                    calls.incrementAndGet();
                    return null;
                };
        assertThat(cache.get("n", loader)).isNull();
        assertThat(cache.get("n", loader)).isNull();
        assertThat(calls).hasValue(1);
        Cache strict = cache("strict", client, null, false);
        assertThatThrownBy(() -> strict.put("k", null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("puts what is absent, and says what is not")
    void putIfAbsent() {
        assertThat(cache.putIfAbsent("k", "first")).isNull();
        assertThat(cache.putIfAbsent("k", "second"))
                .isNotNull()
                .extracting(Cache.ValueWrapper::get)
                .isEqualTo("first");
        assertThat(cache.putIfAbsent("k", "first"))
                .as("an equal value is there already")
                .isNotNull();
    }

    @Test
    @DisplayName("of any number of programs that put what is absent, one is told that it did")
    void putIfAbsentAtOnce() throws Exception {
        try (TokamakClient other = route.connect()) {
            Cache theirs = cache("books", other, null, true);
            for (int round = 0; round < 20; round++) {
                String key = "k" + round;
                List<Cache.@Nullable ValueWrapper> told =
                        atOnce(
                                () -> cache.putIfAbsent(key, "same"),
                                () -> theirs.putIfAbsent(key, "same"),
                                () -> cache.putIfAbsent(key, "other"));
                assertThat(told.stream().filter(Objects::isNull)).hasSize(1);
            }
        }
    }

    @Test
    @DisplayName("is cleared without the other caches")
    void clearsItself() {
        Cache other = cache("films", client, null, true);
        cache.put("a", "1");
        cache.put("b", "2");
        other.put("a", "3");
        assertThat(cache.invalidate()).isTrue();
        assertThat(cache.invalidate()).isFalse();
        assertThat(cache.get("a")).isNull();
        assertThat(other.get("a")).isNotNull();
    }

    @Test
    @DisplayName("forgets after its time, which every put begins anew")
    void timeToLive() {
        Cache brief = cache("brief", client, Duration.ofMillis(200), true);
        brief.put("k", "v");
        Cache lasting = cache("lasting", client, Duration.ofHours(1), true);
        lasting.put("k", "v");
        Instant first = ends("k");
        await().until(
                        () -> {
                            lasting.put("k", "v");
                            return ends("k").isAfter(first);
                        });
        await().atMost(Duration.ofSeconds(20)).until(() -> brief.get("k") == null);
    }

    private Instant ends(String key) {
        ObjectInfo info = Objects.requireNonNull(client.head(new ObjectName("cache.lasting", key)));
        return Objects.requireNonNull(info.expires());
    }

    @Test
    @DisplayName("has one thread of a program load what many want")
    void loadsOnce() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch loading = new CountDownLatch(1);
        Callable<String> want =
                () ->
                        Objects.requireNonNull(
                                cache.get(
                                        "k",
                                        () -> {
                                            calls.incrementAndGet();
                                            loading.await();
                                            return "loaded";
                                        }));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(threads.submit(want));
            }
            await().until(() -> calls.get() > 0);
            loading.countDown();
            for (Future<String> one : all) {
                assertThat(one.get()).isEqualTo("loaded");
            }
        }
        assertThat(calls).hasValue(1);
    }

    @Test
    @DisplayName("passes on what a loader throws, and keeps nothing")
    void loaderThrows() {
        assertThatThrownBy(
                        () ->
                                cache.get(
                                        "k",
                                        () -> {
                                            throw new IOException("no such book");
                                        }))
                .isInstanceOf(Cache.ValueRetrievalException.class)
                .hasCauseInstanceOf(IOException.class);
        assertThat(cache.get("k")).isNull();
    }

    @Test
    @DisplayName("lets a loader ask for its own key and for others")
    void loaderAsks() {
        String value = cache.get("a", () -> cache.get("a", () -> "a") + cache.get("b", () -> "b"));
        assertThat(value).isEqualTo("ab");
    }

    @Test
    @DisplayName("answers without blocking, errors of the loader as they are")
    void retrieves() {
        assertThat(cache.retrieve("k", () -> CompletableFuture.completedFuture("v")).join())
                .isEqualTo("v");
        assertThat(cache.retrieve("k"))
                .isNotNull()
                .succeedsWithin(Duration.ofSeconds(20))
                .isInstanceOfSatisfying(
                        Cache.ValueWrapper.class, w -> assertThat(w.get()).isEqualTo("v"));
        assertThatThrownBy(
                        () ->
                                cache.retrieve(
                                                "x",
                                                () ->
                                                        CompletableFuture.failedFuture(
                                                                new IOException("gone")))
                                        .join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    @DisplayName("never fails when programs write, evict and clear one key at once")
    void writersAtOnce() throws Exception {
        try (TokamakClient other = route.connect()) {
            Cache theirs = cache("books", other, null, true);
            byte[] large = new byte[1 << 20];
            List<@Nullable Object> done =
                    atOnce(
                            () -> times(100, i -> cache.put("k", "mine" + i)),
                            () -> times(100, i -> theirs.put("k", "theirs" + i)),
                            () -> times(20, _ -> theirs.put("k", large)),
                            () -> times(100, _ -> cache.evict("k")),
                            () -> times(20, _ -> theirs.clear()),
                            () -> times(300, _ -> readable(value("k"), large.length)),
                            () -> times(100, i -> cache.get("k", () -> "loaded" + i)));
            assertThat(done).hasSize(7);
            cache.put("k", "last");
            assertThat(Objects.requireNonNull(theirs.get("k")).get()).isEqualTo("last");
        }
    }

    private static void readable(@Nullable Object value, int largeBytes) {
        if (value instanceof byte[] bytes) {
            assertThat(bytes).hasSize(largeBytes);
        } else {
            assertThat((String) value).matches("nothing|(mine|theirs|loaded)\\d+");
        }
    }

    private interface Step {
        void take(int number);
    }

    private static @Nullable Object times(int count, Step step) {
        for (int i = 0; i < count; i++) {
            step.take(i);
        }
        return null;
    }

    /** Runs all at once and gives what they returned, or throws what one of them threw. */
    @SafeVarargs
    private static <T extends @Nullable Object> List<T> atOnce(Callable<T>... calls)
            throws Exception {
        CountDownLatch begin = new CountDownLatch(calls.length);
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<T>> all = new ArrayList<>();
            for (Callable<T> call : calls) {
                all.add(
                        threads.submit(
                                () -> {
                                    begin.countDown();
                                    begin.await();
                                    return call.call();
                                }));
            }
            List<T> answers = new ArrayList<>();
            for (Future<T> one : all) {
                answers.add(one.get());
            }
            return answers;
        }
    }

    @Test
    @DisplayName("is read by other programs and languages under its name")
    void shared() {
        cache.put("greeting", "grüße");
        ObjectName name = new ObjectName(NAMESPACE, "greeting");
        assertThat(new String(client.read(name, Deadline.NONE), StandardCharsets.UTF_8))
                .isEqualTo("grüße");
        assertThat(Objects.requireNonNull(client.head(name)).metadata().mediaType().essence())
                .isEqualTo("text/plain");
    }

    @Test
    @DisplayName("gives bytes as a copy")
    void bytes() {
        cache.put("k", new byte[] {1, 2, 3});
        byte[] first = cache.get("k", byte[].class);
        assertThat(first).containsExactly(1, 2, 3);
        Objects.requireNonNull(first)[0] = 9;
        assertThat(cache.get("k", byte[].class)).containsExactly(1, 2, 3);
    }

    @Test
    @DisplayName("gives buffers and segments in place, pinned until nobody has them")
    void inPlace() {
        byte[] payload = new byte[100_000];
        payload[99_999] = 7;
        cache.put("b", ByteBuffer.wrap(payload));
        cache.put("s", MemorySegment.ofArray(payload));
        ByteBuffer buffer = Objects.requireNonNull(cache.get("b", ByteBuffer.class));
        ByteBuffer slice = buffer.slice(99_990, 10);
        buffer = null;
        MemorySegment segment = Objects.requireNonNull(cache.get("s", MemorySegment.class));
        assertThat(segment.isReadOnly()).isTrue();
        assertThat(segment.isNative()).isTrue();
        assertThat(segment.mismatch(MemorySegment.ofArray(payload))).isEqualTo(-1);
        int pins = route == Route.CO_LOCATED ? 1 : 0; // else the memory is this process's own
        assertThat(pins("b")).isEqualTo(pins);
        System.gc();
        cache.evict("b");
        cache.put("b", "another");
        assertThat(slice.get(9)).as("what was evicted stays for who reads it").isEqualTo((byte) 7);

        assertThat(pins("s")).isEqualTo(pins);
        segment = MemorySegment.NULL;
        await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> {
                            System.gc();
                            return pins("s") == 0;
                        });
        assertThat(segment.byteSize()).isZero();
    }

    private int pins(String key) {
        return Objects.requireNonNull(client.head(new ObjectName(NAMESPACE, key))).pinCount();
    }

    @Test
    @DisplayName("gives tensors in place, for any threads and with nothing to close")
    void tensors() {
        double[] numbers = new double[10_000];
        Arrays.setAll(numbers, i -> i);
        cache.put("t", Tensor.of(numbers, 100, 100));
        Tensor tensor = Objects.requireNonNull(cache.get("t", Tensor.class));
        assertThat(tensor.shape()).containsExactly(100, 100);
        assertThat(tensor.segment().isNative()).isTrue();
        assertThat(CompletableFuture.supplyAsync(() -> tensor.getDouble(99, 99)).join())
                .isEqualTo(9_999);
        tensor.close();
        cache.evict("t");
        assertThat(tensor.getDouble(1, 2)).as("another user's close ends nothing").isEqualTo(102);
        cache.put("a", numbers);
        assertThat(cache.get("a", double[].class)).containsExactly(numbers);
        cache.put("a", new short[] {1, -2});
        assertThat(cache.get("a", short[].class)).containsExactly(1, -2);
        JsonNode node = JsonNodeFactory.instance.objectNode().put("x", 1.5);
        cache.put("j", node);
        assertThat(value("j")).isEqualTo(node);
    }

    private VectorSchemaRoot table(long... numbers) {
        BigIntVector column = new BigIntVector("n", allocator);
        for (int i = 0; i < numbers.length; i++) {
            column.setSafe(i, numbers[i]);
        }
        column.setValueCount(numbers.length);
        return new VectorSchemaRoot(List.of(column));
    }

    private static long first(@Nullable VectorSchemaRoot table) {
        return ((BigIntVector) Objects.requireNonNull(table).getVector("n")).get(0);
    }

    @Test
    @DisplayName("gives tables of Arrow in place, each its own, pinned until nobody has them")
    void tables() {
        try (VectorSchemaRoot made = table(7, 8)) {
            cache.put("t", made);
        }
        VectorSchemaRoot one = cache.get("t", VectorSchemaRoot.class);
        VectorSchemaRoot other = cache.get("t", VectorSchemaRoot.class);
        Objects.requireNonNull(one).close();
        VectorSchemaRoot ended = one;
        assertThatThrownBy(() -> first(ended)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(first(other)).as("another user's close ends nothing").isEqualTo(7);
        assertThat(CompletableFuture.supplyAsync(() -> first(other)).join()).isEqualTo(7);
        cache.evict("t");
        try (VectorSchemaRoot made = table(9)) {
            cache.put("t", made);
        }
        assertThat(first(other)).as("what was evicted stays for who reads it").isEqualTo(7);
        assertThat(first(cache.get("t", VectorSchemaRoot.class))).isEqualTo(9);
        await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> {
                            System.gc();
                            return pins("t") == 0;
                        });
    }

    @Test
    @DisplayName("gives a table with its dictionaries as what was put")
    void dictionaries() {
        DictionaryEncoding encoding = new DictionaryEncoding(1, false, null);
        VarCharVector words = new VarCharVector("words", allocator);
        words.setSafe(0, "red".getBytes(StandardCharsets.UTF_8));
        words.setValueCount(1);
        Dictionary dictionary = new Dictionary(words, encoding);
        FieldType type = new FieldType(true, new ArrowType.Int(32, true), encoding);
        IntVector indices = new IntVector("color", type, allocator);
        indices.setSafe(0, 0);
        indices.setValueCount(1);
        try (DictionaryTable made =
                new DictionaryTable(
                        new VectorSchemaRoot(List.of(indices)), Map.of(1L, dictionary))) {
            cache.put("d", made);
        }
        DictionaryTable read = Objects.requireNonNull(cache.get("d", DictionaryTable.class));
        assertThat(read.dictionary("color").getVector().getObject(0)).hasToString("red");
    }

    @Test
    @DisplayName("gives a loaded table to each that waits for it as one of its own")
    void loadedTables() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch load = new CountDownLatch(1);
        Callable<VectorSchemaRoot> want =
                () ->
                        Objects.requireNonNull(
                                cache.get(
                                        "t",
                                        () -> {
                                            loading.countDown();
                                            load.await();
                                            return table(7);
                                        }));
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<VectorSchemaRoot> loaded = threads.submit(want);
            loading.await();
            CompletableFuture<Thread> waiter = new CompletableFuture<>();
            Future<VectorSchemaRoot> waited =
                    threads.submit(
                            () -> {
                                waiter.complete(Thread.currentThread());
                                return want.call();
                            });
            Thread waiting = waiter.join();
            try {
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> LockSupport.getBlocker(waiting) instanceof ManagedBlocker);
            } finally {
                load.countDown();
            }
            loaded.get().close();
            assertThat(first(waited.get())).isEqualTo(7);
        }
    }

    @Test
    @DisplayName("keeps the program's own types as JSON")
    void json() {
        Book book =
                new Book("Dune", List.of(new Author("Herbert")), Instant.EPOCH, new Author("note"));
        cache.put("k", book);
        assertThat(value("k")).isEqualTo(book);
        cache.put("k", List.of(book, book));
        assertThat(value("k")).isEqualTo(List.of(book, book));
        cache.put("k", Map.of("first", book, "count", 2L));
        assertThat(value("k")).isEqualTo(Map.of("first", book, "count", 2L));
        cache.put("k", Instant.EPOCH);
        assertThat(value("k")).isEqualTo(Instant.EPOCH);
        cache.put("k", true);
        assertThat(value("k")).isEqualTo(true);
    }

    @Test
    @DisplayName(
            "makes no class that somebody else's JSON names, and reads no type that it does not"
                    + " have")
    void hostile() {
        String[] hostile = {
            "{\"@class\":\"java.util.logging.FileHandler\",\"pattern\":\"/tmp/x\"}",
            "{\"@class\":\"org.springframework.context.support.ClassPathXmlApplicationContext\"}",
            "{\"@class\":\"io.tokamak.spring.cacheother.Thing\"}",
            "{\"@class\":\"java.lang.ProcessBuilder\"}",
            "{",
            ""
        };
        for (String json : hostile) {
            ObjectName name = new ObjectName(NAMESPACE, "hostile");
            client.delete(name);
            client.put(
                    json.getBytes(StandardCharsets.UTF_8),
                    PutOptions.named(name)
                            .withMediaType(new MediaType("application/json;typing=class")));
            assertThatThrownBy(() -> cache.get("hostile"))
                    .as(json)
                    .isInstanceOf(DecodeException.class);
        }
        ObjectName pickled = new ObjectName(NAMESPACE, "pickled");
        client.put(
                new byte[3],
                PutOptions.named(pickled).withMediaType(new MediaType("application/x-pickle")));
        assertThatThrownBy(() -> cache.get("pickled"))
                .isInstanceOf(MediaTypeRefused.class)
                .hasMessageContaining("application/x-pickle");
    }

    @Test
    @DisplayName("works through views that a gateway's client would give: any thread reads them")
    void otherThreads() {
        cache.put("s", MemorySegment.ofArray(new byte[] {5}));
        MemorySegment segment = Objects.requireNonNull(cache.get("s", MemorySegment.class));
        byte read =
                CompletableFuture.supplyAsync(
                                () -> segment.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0))
                        .join();
        assertThat(read).isEqualTo((byte) 5);
    }

    @Test
    @DisplayName("says that there is no room, and how much there is")
    void full() {
        CacheSettings settings =
                new CacheSettings(null, Duration.ofHours(1), true, Duration.ofMillis(50));
        Cache impatient = new TokamakCache("full", "cache.full", client, values(client), settings);
        try {
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 40; i++) {
                                    impatient.put(i, new byte[1 << 20]);
                                }
                            })
                    .isInstanceOf(io.tokamak.objects.OutOfMemory.class)
                    .hasMessageContaining("free");
        } finally {
            impatient.clear();
        }
    }

    @Test
    @DisplayName("may be used by clients of any name")
    void options() {
        ConnectOptions named =
                ConnectOptions.defaults().withFolder(node.folder()).withName("reader");
        cache.put("k", "v");
        try (TokamakClient reader = TokamakClient.connect(named)) {
            assertThat(Objects.requireNonNull(cache("books", reader, null, true).get("k")).get())
                    .isEqualTo("v");
        }
    }
}
