package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.arrow.DictionaryTable;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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

    @ParameterizedTest
    @EnumSource
    void aTableComesBackWithItsDictionariesInPlace(Route route) throws Exception {
        Values values = clients.values(route);
        try (DictionaryTable table = Tables.withDictionary(allocator, ROWS)) {
            Stored stored = values.put(table);
            DictionaryTable read = values.get(stored.id(), DictionaryTable.class);
            assertThat(Tables.decoded(read, "color")).isEqualTo(Tables.decoded(table, "color"));
            assertThat(Tables.decoded(read, "color").subList(0, 4))
                    .containsExactly(null, "žlutá", "red", null);
            try (DictionaryTable asItWas =
                    (DictionaryTable) values.get(stored.id(), Object.class)) {
                assertThat(asItWas.dictionaries()).hasSize(1);
            }
            Stored again = values.put(read); // of vectors that lie in an object
            read.close();
            read.close();
            assertThatThrownBy(() -> read.dictionary("color").getVector().getObject(0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            try (DictionaryTable twice = values.get(again.id(), DictionaryTable.class)) {
                assertThat(Tables.decoded(twice, "color"))
                        .isEqualTo(Tables.decoded(table, "color"));
            }
            if (route == Route.CO_LOCATED) {
                Awaitility.await().until(() -> pins(stored) == 0);
            }
            assertThatThrownBy(() -> values.get(stored.id(), VectorSchemaRoot.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining("DictionaryTable");
            assertThatThrownBy(() -> values.put(table.root()))
                    .isInstanceOf(NotSerializable.class)
                    .hasMessageContaining("value[color]: its dictionary 7")
                    .hasMessageContaining("DictionaryTable");
            assertThat(values.inspect(table).toString())
                    .contains("DictionaryTable of 10000 rows")
                    .contains("[color]: Int(32, true) in place")
                    .contains("dictionary 7: Utf8 in place");
        }
    }

    @Test
    void dictionariesGoBothWaysInPlaceOnBothSides() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder());
                DictionaryTable table = Tables.withDictionary(allocator, ROWS)) {
            python.run(
                    """
                    colors = pyarrow.array((['red', 'žlutá', None] * 5000)).dictionary_encode()
                    inner = pyarrow.StructArray.from_arrays([colors], ['c'])
                    client.put(pyarrow.table({'color': colors, 's': inner}), name='values/dictionary')
                    """);
            ObjectName name = new ObjectName("values", "dictionary");
            long indices;
            try (DictionaryTable read = values.get(name, DictionaryTable.class)) {
                assertThat(Tables.decoded(read, "color").subList(0, 3))
                        .containsExactly("red", "žlutá", null);
                assertThat(read.root().getVector("s").getObject(1)).hasToString("{\"c\":1}");
                indices =
                        PoolMapping.offset(
                                read.root().getVector("color").getDataBuffer().memoryAddress());
            }
            values.put(table, PutOptions.named(new ObjectName("values", "dictionary/back")));
            assertThat(
                            python.run(
                                    """
                                    back = client.get('values/dictionary/back').column('color')
                                    assert pyarrow.types.is_dictionary(back.type), back.type
                                    assert back.to_pylist()[:4] == [None, 'žlutá', 'red', None]
                                    dictionary = back.chunk(0).dictionary
                                    assert dictionary.to_pylist() == ['red', 'žlutá']
                                    assert pool_offset(dictionary.buffers()[2].address) > 0
                                    seen = client.get('values/dictionary').column('color').chunk(0)
                                    pool_offset(seen.indices.buffers()[1].address)
                                    """))
                    .isEqualTo("" + indices);
        }
    }

    @Test
    void compressedBatchesAndDeltasAreRefusedWithTheWayToThem() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run(
                    """
                    def put_stream(name, batches, **options):
                        sink = pyarrow.BufferOutputStream()
                        how = pyarrow.ipc.IpcWriteOptions(**options)
                        with pyarrow.ipc.new_stream(sink, batches[0].schema, options=how) as writer:
                            for batch in batches:
                                writer.write_batch(batch)
                        client.put(sink.getvalue(), name=name,
                            media_type='application/vnd.apache.arrow.stream')
                    numbers = pyarrow.record_batch({'n': pyarrow.array(range(5000))})
                    for codec in 'lz4', 'zstd':
                        put_stream('values/' + codec, [numbers], compression=codec)
                    grown = [
                        pyarrow.record_batch({'c': pyarrow.DictionaryArray.from_arrays([0], words)})
                        for words in (['a'], ['a', 'b'])
                    ]
                    put_stream('values/delta', grown, emit_dictionary_deltas=True)
                    put_stream('values/replaced', grown)
                    """);
            Map<String, String> codecs = Map.of("lz4", "LZ4_FRAME", "zstd", "ZSTD");
            codecs.forEach(
                    (codec, called) ->
                            assertThatThrownBy(
                                            () ->
                                                    values.get(
                                                            new ObjectName("values", codec),
                                                            VectorSchemaRoot.class))
                                    .isInstanceOf(DecodeException.class)
                                    .hasMessageContaining("compressed with " + called)
                                    .hasMessageContaining("compression=None"));
            ObjectName delta = new ObjectName("values", "delta");
            try (ArrowReader reader = values.get(delta, ArrowReader.class)) {
                assertThat(reader.loadNextBatch()).isTrue();
                assertThatThrownBy(reader::loadNextBatch)
                        .isInstanceOf(DecodeException.class)
                        .hasMessageContaining("delta")
                        .hasMessageContaining("unify_dictionaries");
            }
            ObjectName replaced = new ObjectName("values", "replaced");
            try (ArrowReader reader = values.get(replaced, ArrowReader.class)) {
                for (int words = 1; words <= 2; words++) {
                    assertThat(reader.loadNextBatch()).isTrue();
                    assertThat(reader.getDictionaryVectors().values())
                            .singleElement()
                            .extracting(it -> it.getVector().getValueCount())
                            .isEqualTo(words);
                }
            }
        }
    }
}
