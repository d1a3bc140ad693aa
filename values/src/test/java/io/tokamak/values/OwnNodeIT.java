package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.arrow.DictionaryTable;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.Tensor;
import io.tokamak.values.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One node for both, as it takes a second to start. */
@DisplayName("Values of a node with much room, which is then killed")
class OwnNodeIT {
    private static final int LARGE_ELEMENTS = 88 << 20;

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Three(Tensor first, Tensor second, double @Nullable [] third) {}

    @Test
    @DisplayName("a graph has more than 2 GiB in all, and what was read in place outlives the node")
    void muchRoomAndThenNoNode() throws Exception {
        try (TestStore store = TestStore.withoutGateway("2200MB")) {
            TokamakClient client = store.connect(Route.CO_LOCATED);
            Values values = Values.builder(client).codec(GraphCodec.of(Three.class)).build();
            aGraphOfMoreThanTwoGibibytes(values);
            whatWasReadInPlaceOutlivesTheNode(values, store);
        }
    }

    /** Of one array in memory, of which each tensor is stored as one of its own. */
    private static void aGraphOfMoreThanTwoGibibytes(Values values) {
        double[] numbers = new double[LARGE_ELEMENTS];
        numbers[0] = 6;
        numbers[LARGE_ELEMENTS - 1] = 7;
        Stored stored =
                values.put(
                        new Three(
                                Tensor.of(numbers),
                                Tensor.of(numbers, 2, LARGE_ELEMENTS / 2),
                                numbers));
        assertThat(stored.sizeBytes()).isGreaterThan(1L << 31);
        try (Borrowed<Three> borrowed = values.borrow(stored.id(), Three.class, Deadline.NONE)) {
            Three read = borrowed.value();
            MemorySegment object = borrowed.view().segment();
            for (Tensor each : List.of(read.first(), read.second())) {
                MemorySegment here = each.segment();
                assertThat(here.address() % 64).isZero();
                assertThat(here.address() - object.address())
                        .isBetween(0L, object.byteSize() - here.byteSize());
            }
            assertThat(read.first().getDouble(LARGE_ELEMENTS - 1)).isEqualTo(7);
            assertThat(read.second().getDouble(0, 0)).isEqualTo(6);
            assertThat(read.second().getDouble(1, LARGE_ELEMENTS / 2 - 1)).isEqualTo(7);
            assertThat(Arrays.mismatch(read.third(), numbers)).isEqualTo(-1);
            everyFaceOfMoreThanTwoGibibytes(borrowed.view());
        }
        values.client().delete(stored.id());
    }

    private static void everyFaceOfMoreThanTwoGibibytes(ObjectView view) {
        long last = view.sizeBytes() - Long.BYTES;
        assertThat(view.segment().byteSize()).isEqualTo(view.sizeBytes());
        long expected =
                view.segment()
                        .get(
                                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                                last);
        assertThat(expected).isNotZero();
        assertThat(view.getLong(last)).isEqualTo(expected);
        assertThat(view.bytes().readRemaining()).isEqualTo(view.sizeBytes());
        assertThat(view.bytes().readLong(last)).isEqualTo(expected);
        assertThatThrownBy(view::byteBuffer)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("use segment()");
    }

    private static void whatWasReadInPlaceOutlivesTheNode(Values values, TestStore store)
            throws Exception {
        long[] numbers = {1, 2, 3};
        Stored graph = values.put(new Three(Tensor.of(new long[100]), Tensor.of(numbers), null));
        Tensor tensor = values.get(values.put(numbers).id(), Tensor.class);
        Tensors tensors =
                values.get(
                        values.put(Tensors.of(Map.of("a", Tensor.of(numbers)))).id(),
                        Tensors.class);
        Tensor named = tensors.get("a");
        Borrowed<Three> borrowed = values.borrow(graph.id(), Three.class, Deadline.NONE);
        Tensor part = borrowed.value().first();
        Borrowed<ByteBuffer> bytes =
                values.borrow(values.put(new byte[] {5}).id(), ByteBuffer.class, Deadline.NONE);
        ByteBuffer buffer = bytes.value();
        Stored table;
        Stored coded;
        List<@Nullable String> colors;
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot made = Tables.make(allocator, 100);
                DictionaryTable withColors = Tables.withDictionary(allocator, 100)) {
            table = values.put(made);
            coded = values.put(withColors);
            colors = Tables.decoded(withColors, "color");
        }
        VectorSchemaRoot root = values.get(table.id(), VectorSchemaRoot.class);
        BigIntVector column = (BigIntVector) root.getVector("numbers");
        ArrowReader reader = values.get(table.id(), ArrowReader.class);
        DictionaryTable dictionaryTable = values.get(coded.id(), DictionaryTable.class);
        FieldVector words = dictionaryTable.dictionary("color").getVector();
        store.kill();
        values.client().close();

        assertThat(tensor.toLongArray()).isEqualTo(numbers);
        assertThat(named.toLongArray()).isEqualTo(numbers);
        assertThat(part.toLongArray()).containsOnly(0);
        assertThat(buffer.get(0)).isEqualTo((byte) 5);
        assertThat(column.get(99)).isEqualTo(99);
        assertThat(reader.loadNextBatch()).as("a batch that nobody has read before").isTrue();
        BigIntVector batch = (BigIntVector) reader.getVectorSchemaRoot().getVector("numbers");
        assertThat(batch.get(99)).isEqualTo(99);
        assertThat(Tables.decoded(dictionaryTable, "color")).isEqualTo(colors);
        for (AutoCloseable each :
                List.of(tensor, tensors, borrowed, bytes, root, reader, dictionaryTable)) {
            each.close();
        }
        for (Tensor ended : List.of(tensor, named, part)) {
            assertThatThrownBy(() -> ended.getLong(0)).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> buffer.get(0)).isInstanceOf(IllegalStateException.class);
        for (ThrowingCallable use :
                List.<ThrowingCallable>of(
                        () -> column.get(99), () -> batch.get(99), () -> words.getObject(0))) {
            assertThatThrownBy(use).isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(reader::loadNextBatch).isInstanceOf(IllegalStateException.class);
    }
}
