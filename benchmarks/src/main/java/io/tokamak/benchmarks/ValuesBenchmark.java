package io.tokamak.benchmarks;

import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.values.Borrowed;
import io.tokamak.values.Values;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import io.tokamak.values.tensor.TensorBuilder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.fory.Fory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Values against what they are made of: bytes, arrays, a plain serializer; all results are checked.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets each state up before it is used
public class ValuesBenchmark {
    private static final int HEADER_BYTES = 128;
    private static final int WARM_ELEMENTS = 1_000;
    private static final int WARM_CALLS = 20_000;

    private TokamakClient client;
    private Values values;

    @Setup
    public void connect() {
        client = Worker.connect("bench-values");
        values = Values.builder(client).codec(GraphCodec.of(InPlace.class)).build();
    }

    @TearDown
    public void disconnect() {
        client.close();
    }

    private static void check(boolean isRight) {
        if (!isRight) {
            throw new IllegalStateException("read something else than was put");
        }
    }

    /** A small tensor. */
    @State(Scope.Thread)
    public static class Small {
        private Stored stored;

        @Setup
        public void put(ValuesBenchmark bench) {
            double[] numbers = new double[1_000];
            numbers[0] = 3;
            stored = bench.values.put(numbers);
        }

        @TearDown
        public void delete(ValuesBenchmark bench) {
            bench.client.delete(stored.id());
        }
    }

    @Benchmark
    public void rawGet(Small small) {
        try (ObjectView view = client.get(small.stored.id(), Deadline.NONE)) {
            MemorySegment segment = view.segment();
            check(segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, HEADER_BYTES) == 3);
        }
    }

    @Benchmark
    public void tensorGet(Small small) {
        try (Tensor tensor = values.get(small.stored.id(), Tensor.class)) {
            check(tensor.getDouble(0) == 3);
        }
    }

    /** A large tensor, and the same numbers in an array. */
    @State(Scope.Thread)
    public static class Large {
        @Param("1048576")
        long bytes;

        private double[] array;
        private Stored stored;
        private Tensor tensor;

        @Setup
        public void put(ValuesBenchmark bench) {
            int count = (int) (bytes / Double.BYTES);
            array = new double[count];
            Arrays.fill(array, 1);
            try (TensorBuilder builder =
                    TensorBuilder.create(bench.client, PutOptions.DEFAULTS, DType.FLOAT64, count)) {
                builder.segment().copyFrom(MemorySegment.ofArray(array));
                stored = builder.seal();
            }
            try (Tensor confined = bench.values.get(stored.id(), Tensor.class)) {
                tensor = confined.share();
            }
            warm();
        }

        /**
         * A call that takes half a second is not called often enough to be compiled for good:
         * either loop would be measured in the JVM's second or third attempt.
         */
        private void warm() {
            double[] few = Arrays.copyOf(array, WARM_ELEMENTS);
            MemorySegment fewInPlace =
                    tensor.segment().asSlice(0, (long) WARM_ELEMENTS * Double.BYTES);
            for (int i = 0; i < WARM_CALLS; i++) {
                check(sum(few) == sum(fewInPlace));
            }
        }

        @TearDown
        public void delete(ValuesBenchmark bench) {
            tensor.close();
            bench.client.delete(stored.id());
        }
    }

    private static double sum(double[] numbers) {
        double sum = 0;
        for (double each : numbers) {
            sum += each;
        }
        return sum;
    }

    private static double sum(MemorySegment numbers) {
        long count = numbers.byteSize() / Double.BYTES;
        double sum = 0;
        for (long i = 0; i < count; i++) {
            sum += numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        }
        return sum;
    }

    @Benchmark
    public void arraySum(Large large) {
        check(sum(large.array) == large.array.length);
    }

    @Benchmark
    public void tensorSum(Large large) {
        check(sum(large.tensor.segment()) == large.tensor.size());
    }

    /** A record of the graph as a plain serializer has it. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Plain(int id, String name, double[] numbers) {}

    /** The same as values have it. */
    record InPlace(int id, String name, Tensor numbers) {}

    /** Ten thousand records, whose numbers are most of it. */
    @State(Scope.Thread)
    public static class Graphs {
        private static final int ROWS = 10_000;

        @Param("1048576")
        long bytes;

        private List<InPlace> graph;
        private Stored stored;
        private Fory fory;
        private byte[] plain;
        private MemorySegment together;
        private List<MemorySegment> buffers;
        private ObjectWriter open;

        @Setup
        public void put(ValuesBenchmark bench) {
            int each = (int) (bytes / ROWS / Double.BYTES);
            graph = new ArrayList<>();
            List<Plain> arrays = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                double[] numbers = new double[each];
                graph.add(new InPlace(i, "row " + i, Tensor.of(numbers)));
                arrays.add(new Plain(i, "row " + i, numbers));
            }
            stored = bench.values.put(graph);
            fory = Fory.builder().withXlang(false).withRefTracking(true).build();
            fory.register(Plain.class);
            plain = fory.serialize(arrays);
            together = Arena.ofAuto().allocate((long) ROWS * each * Double.BYTES, 64);
            buffers = graph.stream().map(row -> row.numbers().segment()).toList();
            OptionalLong size = OptionalLong.of(together.byteSize());
            open = bench.client.createUnclaimed(size, PutOptions.DEFAULTS);
            open.segment().fill((byte) 1);
        }

        @TearDown
        public void delete(ValuesBenchmark bench) {
            open.abort();
            bench.client.delete(stored.id());
        }
    }

    @Benchmark
    public void togetherPut(Graphs graphs) {
        client.delete(client.put(graphs.together, PutOptions.DEFAULTS).id());
    }

    @Benchmark
    public void buffersCopy(Graphs graphs) {
        MemorySegment target = graphs.open.segment();
        long at = 0;
        for (MemorySegment buffer : graphs.buffers) {
            MemorySegment.copy(buffer, 0, target, at, buffer.byteSize());
            at += buffer.byteSize();
        }
        check(at == target.byteSize());
    }

    @Benchmark
    public void buffersPut(Graphs graphs) {
        OptionalLong size = OptionalLong.of(graphs.together.byteSize());
        try (ObjectWriter writer = client.createUnclaimed(size, PutOptions.DEFAULTS)) {
            writer.write(graphs.buffers);
            client.delete(writer.seal().id());
        }
    }

    @Benchmark
    public void graphPut(Graphs graphs) {
        client.delete(values.put(graphs.graph).id());
    }

    @Benchmark
    public void plainGet(Graphs graphs) {
        List<?> read = (List<?>) graphs.fory.deserialize(graphs.plain);
        check(read.size() == Graphs.ROWS);
    }

    @Benchmark
    public void graphGet(Graphs graphs) {
        try (Borrowed<?> read = values.borrow(graphs.stored.id(), List.class, Deadline.NONE)) {
            check(((List<?>) read.value()).size() == Graphs.ROWS);
        }
    }

    /** A table of one column of numbers. */
    @State(Scope.Thread)
    public static class Table {
        @Param("1048576")
        long bytes;

        private int rows;
        private Stored stored;

        @Setup
        public void put(ValuesBenchmark bench) {
            rows = (int) (bytes / Long.BYTES);
            try (BufferAllocator allocator = new RootAllocator();
                    BigIntVector numbers = new BigIntVector("numbers", allocator)) {
                numbers.allocateNew(rows);
                for (int i = 0; i < rows; i++) {
                    numbers.set(i, i);
                }
                numbers.setValueCount(rows);
                try (VectorSchemaRoot table = VectorSchemaRoot.of(numbers)) {
                    stored = bench.values.put(table);
                }
            }
        }

        @TearDown
        public void delete(ValuesBenchmark bench) {
            bench.client.delete(stored.id());
        }
    }

    @Benchmark
    public void tableGet(Table table) {
        try (VectorSchemaRoot read = values.get(table.stored.id(), VectorSchemaRoot.class)) {
            BigIntVector numbers = (BigIntVector) read.getVector(0);
            check(numbers.get(table.rows - 1) == table.rows - 1);
        }
    }
}
