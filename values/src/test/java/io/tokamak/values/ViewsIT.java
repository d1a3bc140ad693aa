package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.arrow.DictionaryTable;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.Tensor;
import io.tokamak.values.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Every kind of view, by a real node and a real gateway")
class ViewsIT implements WithStore {
    private static final long[] NUMBERS = {4, 5, 6};

    private final Clients clients;

    ViewsIT(Clients clients) {
        this.clients = clients;
    }

    /** A view that has been taken, what reads of it, and whether any thread may. */
    private record View(String name, AutoCloseable owner, Runnable use, boolean isForAny) {}

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "I1: is read by its thread, by others where it says so, and by nobody after its end")
    void isReadUntilItsEnd(Route route) throws Exception {
        TokamakClient client = clients.client(route);
        Values values = Values.builder(client).codec(new GraphCodec()).build();
        for (View view : views(values)) {
            view.use().run();
            CompletableFuture<Void> elsewhere = CompletableFuture.runAsync(view.use());
            if (view.isForAny()) {
                elsewhere.join();
            } else {
                assertThatThrownBy(elsewhere::join)
                        .as(view.name())
                        .hasCauseInstanceOf(WrongThreadException.class);
            }
            view.owner().close();
            view.owner().close(); // and once more, which does nothing
            assertThatThrownBy(() -> view.use().run())
                    .as(view.name())
                    .isInstanceOfAny(IllegalStateException.class, IndexOutOfBoundsException.class);
        }
    }

    private static List<View> views(Values values) throws Exception {
        Tensor numbers = Tensor.of(NUMBERS);
        ObjectId npy = values.put(numbers).id();
        ObjectId named = values.put(Tensors.of(Map.of("n", numbers))).id();
        ObjectId bytes = values.put(new byte[] {7}).id();
        ObjectId graph =
                values.put(List.of(Tensor.of(new long[100]), ByteBuffer.allocate(300))).id();
        ObjectId plain;
        ObjectId coded;
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = Tables.make(allocator, 100);
                DictionaryTable table = Tables.withDictionary(allocator, 100)) {
            plain = values.put(root).id();
            coded = values.put(table).id();
        }
        Tensor tensor = values.get(npy, Tensor.class);
        Tensor shared = values.get(npy, Tensor.class);
        Tensor forAny = shared.share();
        shared.close();
        Tensors tensors = values.get(named, Tensors.class);
        Tensor member = tensors.get("n");
        Borrowed<Tensor> lent = values.borrow(npy, Tensor.class, Deadline.NONE);
        Borrowed<MemorySegment> segment = values.borrow(bytes, MemorySegment.class, Deadline.NONE);
        Borrowed<ByteBuffer> buffer = values.borrow(bytes, ByteBuffer.class, Deadline.NONE);
        var parts = values.borrow(graph, List.class, Deadline.NONE);
        Tensor part = (Tensor) parts.value().getFirst();
        var again = values.borrow(graph, List.class, Deadline.NONE);
        ByteBuffer slice = ((ByteBuffer) again.value().getLast()).slice(8, 8);
        VectorSchemaRoot root = values.get(plain, VectorSchemaRoot.class);
        BigIntVector column = (BigIntVector) root.getVector("numbers");
        DictionaryTable table = values.get(coded, DictionaryTable.class);
        var words = table.dictionary("color").getVector();
        ArrowReader reader = values.get(plain, ArrowReader.class);
        assertThat(reader.loadNextBatch()).isTrue();
        BigIntVector batch = (BigIntVector) reader.getVectorSchemaRoot().getVector("numbers");
        return List.of(
                new View("tensor", tensor, () -> tensor.getLong(2), false),
                new View("shared tensor", forAny, () -> forAny.getLong(2), true),
                new View("one of several", tensors, () -> member.getLong(2), false),
                new View("borrowed tensor", lent, () -> lent.value().getLong(2), false),
                new View(
                        "segment",
                        segment,
                        () -> segment.value().get(ValueLayout.JAVA_BYTE, 0),
                        false),
                new View("buffer", buffer, () -> buffer.value().get(0), false),
                new View("tensor of a graph", parts, () -> part.getLong(99), false),
                new View("buffer of a graph", again, () -> slice.get(0), false),
                new View("table", root, () -> column.get(99), true),
                new View("table with dictionaries", table, () -> words.getObject(1), true),
                new View("reader of tables", reader, () -> batch.get(99), true));
    }
}
