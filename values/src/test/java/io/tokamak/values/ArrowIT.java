package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Arrow tables, by a real node and a real gateway")
class ArrowIT implements WithStore {
    private static final int ROWS = 10_000;

    private final Clients clients;
    private final BufferAllocator allocator = new RootAllocator();

    ArrowIT(Clients clients) {
        this.clients = clients;
    }

    @AfterEach
    void nothingIsHeld() {
        allocator.close(); // throws when a buffer was not released
    }

    @ParameterizedTest
    @EnumSource
    void aTableComesBackInPlaceAndEqual(Route route) {
        Values values = clients.values(route);
        try (VectorSchemaRoot table = Tables.make(allocator, ROWS)) {
            Stored stored = values.put(table);
            try (VectorSchemaRoot read = values.get(stored.id(), VectorSchemaRoot.class)) {
                assertThat(read.equals(table)).isTrue();
                BigIntVector numbers = (BigIntVector) read.getVector("numbers");
                assertThat(numbers.get(ROWS - 1)).isEqualTo(ROWS - 1);
                assertThat(CompletableFuture.supplyAsync(() -> numbers.get(7)).join()).isEqualTo(7);
                assertThat(read.getVector("lists").getObject(5)).hasToString("[0,1]");
            }
            assertThat(values.inspect(table).toString())
                    .contains("VectorSchemaRoot of 10000 rows")
                    .contains("[numbers]: Int(64, true) in place");
        }
    }

    @Test
    @DisplayName("I1: the pin ends with the last buffer, and what is used afterwards throws")
    void thePinEndsWithTheLastBuffer() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        Stored stored;
        try (VectorSchemaRoot table = Tables.make(allocator, ROWS)) {
            stored = values.put(table);
        }
        VectorSchemaRoot root = values.get(stored.id(), VectorSchemaRoot.class);
        FieldVector numbers = root.getVector("numbers");
        ArrowBuf buffer = numbers.getDataBuffer();
        assertThat(PoolMapping.offset(buffer.memoryAddress())).isPositive();
        buffer.getReferenceManager().retain();
        root.close();
        assertThat(pins(stored)).isEqualTo(1);
        assertThat(buffer.getLong(8)).isEqualTo(1);
        buffer.close();
        Awaitility.await().until(() -> pins(stored) == 0);
        assertThatThrownBy(() -> buffer.getLong(8)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> numbers.getObject(0))
                .isInstanceOf(IndexOutOfBoundsException.class);

        ArrowReader reader = values.get(stored.id(), ArrowReader.class);
        assertThat(reader.loadNextBatch()).isTrue();
        assertThat(reader.loadNextBatch()).isFalse();
        assertThat(pins(stored)).isEqualTo(1);
        reader.close();
        Awaitility.await().until(() -> pins(stored) == 0);
        assertThatThrownBy(reader::loadNextBatch).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> values.borrow(stored.id(), ArrowReader.class, Deadline.NONE))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("get it, and close it");
    }

    private int pins(Stored stored) {
        ObjectInfo info = clients.client(Route.CO_LOCATED).head(stored.id());
        return Objects.requireNonNull(info).pins().size();
    }

    @Test
    void tablesGoBothWaysInPlaceOnBothSides() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder());
                VectorSchemaRoot table = Tables.make(allocator, ROWS)) {
            python.run(
                    """
                    table = pyarrow.table({'n': pyarrow.array(range(5000), 'int64'), 's': ['ž'] * 5000})
                    client.put(table, name='values/arrow')
                    """);
            ObjectName name = new ObjectName("values", "arrow");
            long here;
            try (VectorSchemaRoot read = values.get(name, VectorSchemaRoot.class)) {
                assertThat(((BigIntVector) read.getVector("n")).get(4_999)).isEqualTo(4_999);
                assertThat(read.getVector("s").getObject(3)).hasToString("ž");
                here = PoolMapping.offset(read.getVector("n").getDataBuffer().memoryAddress());
            }
            assertThat(
                            python.run(
                                    """
                                    seen = client.get('values/arrow')
                                    pool_offset(seen.column('n').chunk(0).buffers()[1].address)
                                    """))
                    .isEqualTo("" + here);
            values.put(table, PutOptions.named(new ObjectName("values", "arrow/back")));
            assertThat(
                            python.run(
                                    """
                                    back = client.get('values/arrow/back')
                                    assert back.column('numbers').to_pylist() == list(range(10000))
                                    assert back.column('texts')[1].as_py() == 'x1'
                                    assert back.column('texts')[3].as_py() is None
                                    assert back.column('lists')[5].as_py() == [0, 1]
                                    pool_offset(back.column('numbers').chunk(0).buffers()[1].address) > 0
                                    """))
                    .isEqualTo("True");
        }
    }

    @Test
    void severalBatchesAndDictionariesAreReadByAReader() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run(
                    """
                    colors = pyarrow.array(['red', 'green', 'red']).dictionary_encode()
                    part = pyarrow.record_batch({'c': colors, 'f': pyarrow.array([1.5, None, 2.5])})
                    client.put(pyarrow.Table.from_batches([part, part]), name='values/batches')
                    union = pyarrow.UnionArray.from_sparse(
                        pyarrow.array([0], 'int8'), [pyarrow.array([1])])
                    client.put(pyarrow.table({'u': union}), name='values/union')
                    """);
            ObjectName name = new ObjectName("values", "batches");
            assertThatThrownBy(() -> values.get(name, VectorSchemaRoot.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining("ArrowReader");
            int rows = 0;
            try (ArrowReader reader = values.get(name, ArrowReader.class)) {
                while (reader.loadNextBatch()) {
                    rows += reader.getVectorSchemaRoot().getRowCount();
                    assertThat(reader.getVectorSchemaRoot().getVector("f").getObject(1)).isNull();
                    assertThat(reader.getDictionaryVectors().values())
                            .singleElement()
                            .satisfies(
                                    it ->
                                            assertThat(it.getVector().getObject(1))
                                                    .hasToString("green"));
                }
            }
            assertThat(rows).isEqualTo(6);
            ObjectName union = new ObjectName("values", "union");
            assertThatThrownBy(() -> values.get(union, VectorSchemaRoot.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining("not read in place");
            assertThat(
                            new String(
                                    values.client().read(union, Deadline.NONE),
                                    StandardCharsets.ISO_8859_1))
                    .contains("u");
        }
    }
}
