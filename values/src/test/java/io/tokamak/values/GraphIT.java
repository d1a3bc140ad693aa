package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Object graphs, by a real node and a real gateway")
class GraphIT implements WithStore {
    private final Clients clients;

    GraphIT(Clients clients) {
        this.clients = clients;
    }

    enum Color {
        RED,
        GREEN
    }

    sealed interface Shape permits Circle, Square {}

    record Circle(double radius) implements Shape {}

    record Square(double side, @Nullable Shape inner) implements Shape {}

    record Line(String item, int count, @Nullable Object lock) {}

    record Order(String customer, List<Line> lines, Map<String, Color> colors) {}

    static final class Weights {
        final Tensor tensor;
        final double[] array;
        final ByteBuffer buffer;

        Weights(Tensor tensor, double[] array, ByteBuffer buffer) {
            this.tensor = tensor;
            this.array = array;
            this.buffer = buffer;
        }
    }

    static final class Link {
        int number;
        @Nullable Link next;
        @Nullable Object other;
    }

    static final class Stranger {
        int number = 3;
    }

    static final Class<?>[] CLASSES = {
        Color.class,
        Shape.class,
        Circle.class,
        Square.class,
        Line.class,
        Order.class,
        Weights.class,
        Link.class
    };

    private Values values(Route route) {
        return over(clients.client(route), GraphCodec.of(CLASSES));
    }

    private static Values over(TokamakClient client, GraphCodec codec) {
        return Values.builder(client).codec(codec).build();
    }

    private static Object back(Values values, Object value) {
        return values.get(values.put(value).id(), Object.class);
    }

    @ParameterizedTest
    @EnumSource
    void recordsEnumsSealedTypesAndCollectionsComeBackEqual(Route route) {
        Values values = values(route);
        Order order =
                new Order(
                        "ž",
                        List.of(new Line("a", 1, null), new Line("b", 2, Optional.of(3L))),
                        Map.of("x", Color.RED));
        assertThat(values.get(values.put(order).id(), Order.class)).isEqualTo(order);
        List<Object> all =
                List.of(
                        new Square(2, new Circle(1)),
                        Color.GREEN,
                        Optional.empty(),
                        Instant.parse("2026-11-27T20:00:00.123456789Z"),
                        LocalDate.of(2026, 2, 28),
                        ZonedDateTime.parse("2026-11-27T20:00:00+01:00[Europe/Prague]"),
                        LocalDateTime.parse("2026-11-27T20:00:00"),
                        OffsetDateTime.parse("2026-11-27T20:00:00+01:00"),
                        ZoneId.of("Europe/Prague"),
                        Period.ofMonths(3),
                        YearMonth.of(2026, 11),
                        DayOfWeek.FRIDAY,
                        Month.MAY,
                        ChronoUnit.HOURS,
                        TimeUnit.DAYS,
                        OptionalInt.of(7),
                        Duration.ofNanos(-1),
                        new BigDecimal("1.50"),
                        UUID.fromString("00000000-0000-0001-0000-000000000002"),
                        Set.of(1, 2),
                        new TreeMap<>(Map.of("b", 1, "a", 2)),
                        EnumSet.of(Color.RED),
                        new EnumMap<>(Map.of(Color.RED, List.of())),
                        new ConcurrentHashMap<>(Map.of(1, 2)),
                        BitSet.valueOf(new long[] {5}),
                        List.of(1, 2, 3).subList(0, 2),
                        Arrays.asList(1, null),
                        Collections.unmodifiableMap(new LinkedHashMap<>(Map.of("k", 'v'))),
                        new CopyOnWriteArrayList<>(List.of((byte) 1)),
                        new AbstractMap.SimpleEntry<>("k", 1.5f));
        assertThat(back(values, all)).isEqualTo(all);
        assertThat((Object[]) back(values, new Color[] {Color.RED})).containsExactly(Color.RED);
        assertThat(new ArrayList<>((ArrayDeque<?>) back(values, new ArrayDeque<>(List.of(7)))))
                .isEqualTo(List.of(7));
    }

    @Test
    void arraysOfEverything() {
        Values values = values(Route.CO_LOCATED);
        for (int size : new int[] {0, 3, 1_000}) {
            Object[] arrays = {
                new byte[size],
                new short[size],
                new char[size],
                new int[size],
                new long[size],
                new float[size],
                new double[size],
                new boolean[size],
                new String[] {"a", null},
                new int[][] {{1}, new int[size]},
                new Object[] {1, "b", new double[] {size}}
            };
            if (size > 0) {
                ((double[]) arrays[6])[size - 1] = Math.PI;
                ((boolean[]) arrays[7])[size - 1] = true;
                ((char[]) arrays[2])[0] = 'ž';
            }
            assertThat(Arrays.deepEquals((Object[]) back(values, arrays), arrays)).isTrue();
        }
    }

    @Test
    void whatIsReferredToTwiceIsStoredOnceAndCyclesHold() {
        Values values = values(Route.CO_LOCATED);
        Link first = new Link();
        Link second = new Link();
        first.next = second;
        second.next = first;
        double[] array = new double[10_000];
        first.other = List.of(array, array, first);
        Stored stored = values.put(first);
        assertThat(stored.sizeBytes()).isBetween(80_000L, 81_000L);
        Link read = values.get(stored.id(), Link.class);
        Link next = Objects.requireNonNull(read.next);
        assertThat(next.next).isSameAs(read);
        List<?> other = (List<?>) Objects.requireNonNull(read.other);
        assertThat(other.get(0)).isSameAs(other.get(1));
        assertThat(other.get(2)).isSameAs(read);
    }

    record Holder(String name, List<Object> parts) {}

    @Test
    @DisplayName("a cycle is read as it was, or refused where it leads through what is made last")
    void cyclesThroughWhatIsMadeAfterItsParts() {
        Values values =
                over(clients.client(Route.CO_LOCATED), GraphCodec.of(Holder.class, Link.class));
        Link parent = new Link();
        Link child = new Link();
        child.other = new Holder("child", List.of(parent));
        parent.other = List.of(child, Optional.of(parent));
        Link read = values.get(values.put(parent).id(), Link.class);
        List<?> parts = (List<?>) Objects.requireNonNull(read.other);
        assertThat(parts.get(1)).isEqualTo(Optional.of(read));
        Link readChild = (Link) parts.getFirst();
        assertThat(((Holder) Objects.requireNonNull(readChild.other)).parts())
                .singleElement()
                .isSameAs(read);

        List<Object> own = new ArrayList<>();
        Holder holder = new Holder("h", own);
        own.add(holder);
        assertThatThrownBy(() -> values.put(holder))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("holder.parts[0]: refers back to a ")
                .hasMessageContaining("Holder, which is made after its parts");
        Link link = new Link();
        List<Object> fixed = List.of(link);
        link.other = fixed;
        assertThatThrownBy(() -> values.put(fixed))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("value[0].other: refers back to a ");
    }

    @Test
    void exceptionsKeepTheirCausesAndTraces() {
        Values values = values(Route.CO_LOCATED);
        Exception cause = new IllegalArgumentException("cause");
        Throwable read =
                values.get(
                        values.put(new IllegalStateException("said", cause)).id(), Throwable.class);
        assertThat(read).isInstanceOf(IllegalStateException.class).hasMessage("said");
        assertThat(read.getCause()).hasMessage("cause").hasNoCause();
        assertThat(read.getStackTrace()[0].getMethodName())
                .isEqualTo("exceptionsKeepTheirCausesAndTraces");
        for (Throwable each :
                List.of(
                        new NoSuchElementException("x"),
                        new ArithmeticException("x"),
                        new UnsupportedOperationException("x"),
                        new AssertionError("x"),
                        new TimeoutException("x"),
                        new UncheckedIOException("x", new FileNotFoundException("y")),
                        new DateTimeException("x"))) {
            assertThat((Throwable) back(values, each)).hasSameClassAs(each).hasMessage("x");
        }
    }

    @ParameterizedTest
    @EnumSource
    void buffersLieBesideTheStreamAndAreReadInPlaceWhenBorrowed(Route route) {
        Values values = values(route);
        double[] numbers = IntStream.range(0, 100_000).asDoubleStream().toArray();
        Weights weights =
                new Weights(Tensor.of(numbers, 100, 1_000), numbers, ByteBuffer.allocate(5_000));
        Stored stored = values.put(weights);
        Tensor tensor;
        ByteBuffer buffer;
        try (Borrowed<Weights> borrowed =
                values.borrow(stored.id(), Weights.class, Deadline.NONE)) {
            long begin = borrowed.view().segment().address();
            long end = begin + borrowed.view().sizeBytes();
            tensor = borrowed.value().tensor;
            buffer = borrowed.value().buffer;
            assertThat(tensor.segment().address()).isBetween(begin, end);
            assertThat(tensor.segment().address() % 64).isZero();
            assertThat(tensor.getDouble(99, 999)).isEqualTo(99_999);
            assertThat(buffer.isReadOnly()).isTrue();
            assertThat(buffer.isDirect()).isTrue();
            assertThat(borrowed.value().array).isEqualTo(numbers);
        }
        assertThatThrownBy(() -> tensor.getDouble(0, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buffer.get(0)).isInstanceOf(IllegalStateException.class);
        Weights copied = values.get(stored.id(), Weights.class);
        assertThat(copied.tensor.toDoubleArray()).isEqualTo(numbers);
        assertThat(copied.buffer).isEqualTo(ByteBuffer.allocate(5_000));
    }

    @Test
    void tensorsOfEveryDtypeAndLayoutArePartsOfAGraph() {
        Values values = values(Route.CO_LOCATED);
        Tensor counting = Tensor.of(IntStream.range(0, 600).asLongStream().toArray(), 20, 30);
        List<Tensor> tensors =
                List.of(
                        counting,
                        counting.transpose(),
                        counting.slice(1, 0, 30, 7),
                        Tensor.of(new boolean[] {true}),
                        Tensor.of(DType.UINT16, MemorySegment.ofArray(new byte[600]), 300),
                        Tensor.of(DType.datetime("ms"), MemorySegment.ofArray(new long[] {5})));
        List<?> read = (List<?>) back(values, tensors);
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = (Tensor) read.get(i);
            assertThat(tensor.dtype()).isEqualTo(tensors.get(i).dtype());
            assertThat(tensor.shape()).isEqualTo(tensors.get(i).shape());
            assertThat(tensor.toByteArray()).isEqualTo(tensors.get(i).toByteArray());
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a graph of many large parts is copied by several threads, and comes back equal")
    void manyLargeParts(Route route) {
        Values values = values(route);
        List<double[]> arrays = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            double[] array = new double[8_000];
            Arrays.fill(array, i);
            arrays.add(array);
        }
        Stored stored = values.put(arrays);
        assertThat(stored.sizeBytes()).isGreaterThan(12 << 20);
        List<?> read = values.get(stored.id(), List.class);
        for (int i = 0; i < 200; i++) {
            assertThat((double[]) read.get(i)).isEqualTo(arrays.get(i));
        }
    }

    @Test
    void whatBelongsToThisProcessIsRefusedByItsPath() {
        Values values = values(Route.CO_LOCATED);
        Line fine = new Line("a", 1, null);
        Order order =
                new Order(
                        "c",
                        List.of(fine, fine, fine, new Line("b", 1, new ReentrantLock())),
                        Map.of());
        assertThatThrownBy(() -> values.inspect(order))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("order.lines[3].lock: ReentrantLock");
        assertThatThrownBy(() -> values.put(order))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("order.lines[3].lock: ReentrantLock")
                .hasMessageContaining("threads of this process")
                .hasMessageContaining("transient");
        Map<String, Object> refused =
                Map.of(
                        "thread", new Thread(() -> {}),
                        "stream", new ByteArrayInputStream(new byte[1]),
                        "loader", GraphIT.class.getClassLoader(),
                        "socket", new java.net.Socket(),
                        "pipeline", Stream.of(1),
                        "stamps", new StampedLock(),
                        "permits", new Semaphore(1),
                        "future", new CompletableFuture<>(),
                        "queue", new ArrayBlockingQueue<>(3));
        for (Values each : List.of(values, over(values.client(), open()))) {
            refused.forEach(
                    (name, value) ->
                            assertThatThrownBy(() -> each.put(Map.of(name, List.of(value))))
                                    .as(name)
                                    .isInstanceOf(NotSerializable.class)
                                    .hasMessageContaining("value[" + name + "][0]: ")
                                    .hasMessageContaining(
                                            switch (value) {
                                                case Stream<?> _ -> "collect";
                                                case Queue<?> _ -> "as a list";
                                                default -> "transient";
                                            }));
            assertThatThrownBy(() -> each.put(order))
                    .isInstanceOf(NotSerializable.class)
                    .hasMessageContaining("order.lines[3].lock: ReentrantLock");
        }
    }

    @Test
    void classesOfTheJdkWithoutAFormAreNamed() {
        Values open = over(clients.client(Route.CO_LOCATED), open());
        assertThatThrownBy(() -> open.put(Map.of("a", new javax.script.SimpleBindings())))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("value[a]: javax.script.SimpleBindings has no stored form");
    }

    private static GraphCodec open() {
        return GraphCodec.builder().allowAnyClass().build();
    }

    @Test
    void classesThatNobodyRegisteredAreNamedOnBothSides() {
        Values values = values(Route.CO_LOCATED);
        assertThatThrownBy(() -> values.put(List.of(1, new Stranger())))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("value[1]: class " + Stranger.class.getName())
                .hasMessageContaining("register");
        Stored registered =
                over(values.client(), GraphCodec.of(Stranger.class)).put(new Stranger());
        Stored open = over(values.client(), open()).put(new Stranger());
        for (Stored each : List.of(registered, open)) {
            assertThatThrownBy(() -> values.get(each.id(), Object.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining(Stranger.class.getName())
                    .hasMessageContaining("register");
        }
        assertThat(over(values.client(), open()).get(open.id(), Stranger.class).number)
                .isEqualTo(3);
    }

    private interface SerializableSupplier extends IntSupplier, Serializable {}

    @Test
    @DisplayName("lambdas are read where any class is allowed, or the one that they stand in")
    void lambdasAreReadWhereTheirClassIsAllowed() {
        Values values = values(Route.CO_LOCATED);
        Values open = over(values.client(), open());
        int captured = 41;
        SerializableSupplier lambda = () -> captured + 1;
        Stored stored = open.put(lambda);
        assertThat(open.get(stored.id(), IntSupplier.class).getAsInt()).isEqualTo(42);
        assertThatThrownBy(() -> values.get(stored.id(), Object.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining(GraphIT.class.getName() + " is not registered");
        Runnable code = () -> {};
        Object proxy =
                Proxy.newProxyInstance(
                        GraphIT.class.getClassLoader(),
                        new Class<?>[] {Runnable.class},
                        (a, b, c) -> null);
        for (Object refused : List.of(code, proxy)) {
            assertThatThrownBy(() -> values.put(refused)).isInstanceOf(NotSerializable.class);
        }
    }

    @Test
    void aChainThatIsTooDeepIsAnErrorAndNotTheEndOfTheThread() {
        Values values = values(Route.CO_LOCATED);
        Link chain = new Link();
        for (int i = 0; i < 1_000; i++) {
            Link next = new Link();
            next.next = chain;
            chain = next;
        }
        Link stored = values.get(values.put(chain).id(), Link.class);
        assertThat(Objects.requireNonNull(stored.next).next).isNotNull();
        for (int i = 0; i < 200_000; i++) {
            Link next = new Link();
            next.next = chain;
            chain = next;
        }
        Link deep = chain;
        assertThatThrownBy(() -> values.put(deep))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("too deeply");
        assertThat(back(values, "still here")).isEqualTo("still here");
    }

    @Test
    void inspectionSaysWhatIsStoredHow() {
        Values values = values(Route.CO_LOCATED);
        double[] array = new double[1_000];
        String text =
                values.inspect(new Weights(Tensor.of(array), array, ByteBuffer.allocate(9)))
                        .toString();
        assertThat(text)
                .startsWith("application/vnd.tokamak.fory, ")
                .contains("\nweights: Weights in the stream")
                .contains("\n  tensor: Tensor <f8 [1000] in place when borrowed, 8,000 bytes")
                .contains("\n  array: double[1000] copied when read, 8,000 bytes")
                .contains("\n  buffer: ByteBuffer in place when borrowed, 9 bytes");
        assertThat(values.inspect(List.of(array, array)).toString()).contains("the same as [0]");
    }

    @Test
    void foryIsRefusedByPythonByItsName() throws Exception {
        Values values = values(Route.CO_LOCATED);
        ObjectName name = new ObjectName("values", "circle");
        Stored stored = values.put(new Circle(2), PutOptions.named(name));
        try (Python python = Python.connectedTo(clients.store.folder());
                ObjectView view = values.client().get(stored.id(), Deadline.NONE)) {
            assertThat(python.failure("client.get('values/circle')"))
                    .contains("DecodeError")
                    .contains("application/vnd.tokamak.fory")
                    .contains("get_buffer");
            byte[] bytes = view.segment().toArray(ValueLayout.JAVA_BYTE);
            assertThat(python.run("bytes(client.get_buffer('values/circle')).hex()"))
                    .isEqualTo(HexFormat.of().formatHex(bytes));
        }
    }

    @Test
    void aPickleIsRefusedByJavaByItsName() throws Exception {
        Values values = values(Route.REMOTE);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run("client.put({'a': {1, 2}}, name='values/pickle')");
            ObjectName name = new ObjectName("values", "pickle");
            assertThatThrownBy(() -> values.get(name, Object.class))
                    .isInstanceOf(MediaTypeRefused.class)
                    .hasMessageContaining("application/vnd.tokamak.pickle");
            assertThat(values.get(name, byte[].class)).startsWith('T', 'K', 'P', 'I', 'C', 'K');
        }
    }

    @Test
    void textAndJsonGoBothWays() throws Exception {
        Values values = values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run(
                    """
                    client.put('žluť 🐎', name='values/text')
                    client.put({'customer': 'ž', 'lines': [], 'colors': {'x': 'RED'}},
                        name='values/json', media_type='application/json')
                    """);
            assertThat(values.get(new ObjectName("values", "text"), String.class))
                    .isEqualTo("žluť 🐎");
            Order order = values.get(new ObjectName("values", "json"), Order.class);
            assertThat(order).isEqualTo(new Order("ž", List.of(), Map.of("x", Color.RED)));
            values.put("ž🐎", PutOptions.named(new ObjectName("values", "text/back")));
            values.put(
                    order,
                    PutOptions.named(new ObjectName("values", "json/back"))
                            .withMediaType(MediaTypes.JSON));
            assertThat(
                            python.run(
                                    """
                                    assert client.get('values/json/back') == client.get('values/json')
                                    client.get('values/text/back')
                                    """))
                    .isEqualTo("ž🐎");
        }
    }
}
