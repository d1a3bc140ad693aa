package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import io.tokamak.values.tensor.TensorBuilder;
import io.tokamak.values.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Tensors, by a real node and a real gateway")
class TensorIT implements WithStore {
    private final Clients clients;

    TensorIT(Clients clients) {
        this.clients = clients;
    }

    @ParameterizedTest
    @EnumSource
    void anArrayComesBackAsATensorInPlaceOrAsACopy(Route route) {
        Values values = clients.values(route);
        double[] numbers = IntStream.range(0, 1_000).mapToDouble(i -> i / 3.0).toArray();
        Stored stored = values.put(numbers);
        assertThat(values.get(stored.id(), double[].class)).isEqualTo(numbers);
        try (Tensor tensor = values.get(stored.id(), Tensor.class)) {
            assertThat(tensor.shape()).containsExactly(1_000);
            assertThat(tensor.getDouble(999)).isEqualTo(333.0);
            assertThat(tensor.segment().address() % 64).isZero();
            assertThat(tensor.segment().isReadOnly()).isTrue();
        }
        assertThat(values.get(values.put(new boolean[] {true, false}).id(), boolean[].class))
                .containsExactly(true, false);
        assertThatThrownBy(() -> values.get(stored.id(), String.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("application/x-npy");
        assertThat(values.inspect(numbers).toString())
                .isEqualTo(
                        "application/x-npy;java=array, 8,128 bytes\n"
                                + "value: Tensor <f8 [1000] in place, 8,000 bytes");
    }

    @ParameterizedTest
    @EnumSource
    void aTensorIsFilledInItsObject(Route route) {
        Values values = clients.values(route);
        Stored stored;
        MemorySegment written;
        try (TensorBuilder builder =
                TensorBuilder.create(
                        values.client(), PutOptions.DEFAULTS, DType.FLOAT32, 100, 50)) {
            written = builder.segment();
            for (int i = 0; i < 100; i++) {
                for (int j = 0; j < 50; j++) {
                    builder.setDouble(i - j, i, j);
                }
            }
            stored = builder.seal();
        }
        assertThatThrownBy(() -> written.set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
                .isInstanceOf(IllegalStateException.class);
        try (Tensor tensor = values.get(stored.id(), Tensor.class)) {
            assertThat(tensor.dtype()).isEqualTo(DType.FLOAT32);
            assertThat(tensor.getDouble(3, 49)).isEqualTo(-46);
            assertThat(tensor.select(1, 1).slice(0, 98, 100).toDoubleArray())
                    .containsExactly(97, 98);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("I1: a view keeps the pin until the tensor is closed, and throws afterwards")
    void aViewKeepsThePinAndThrowsAfterwards(Route route) {
        Values values = clients.values(route);
        Stored stored = values.put(Tensor.of(new long[10_000], 100, 100));
        Tensor tensor = values.get(stored.id(), Tensor.class);
        Tensor slice = tensor.slice(0, 50, 60);
        MemorySegment segment = slice.segment();
        ByteBuffer buffer = slice.byteBuffer();
        if (route == Route.CO_LOCATED) {
            assertThat(pins(stored)).isEqualTo(1);
        }
        values.client().delete(stored.id());
        assertThat(slice.getLong(9, 99)).isZero();
        slice.close();
        assertThat(tensor.getLong(0, 0)).isZero();
        tensor.close();
        tensor.close(); // and once more, which does nothing
        List<Runnable> uses =
                List.of(
                        () -> tensor.getLong(0, 0),
                        () -> slice.getLong(0, 0),
                        () -> slice.toLongArray(),
                        () -> segment.get(ValueLayout.JAVA_BYTE, 0),
                        () -> buffer.get(0),
                        () -> slice.copy());
        for (Runnable use : uses) {
            assertThatThrownBy(use::run).isInstanceOf(IllegalStateException.class);
        }
    }

    private int pins(Stored stored) {
        ObjectInfo info = clients.client(Route.CO_LOCATED).head(stored.id());
        return Objects.requireNonNull(info).pins().size();
    }

    @ParameterizedTest
    @EnumSource
    void aTensorBelongsToItsThreadUnlessItIsShared(Route route) {
        Values values = clients.values(route);
        Stored stored = values.put(Tensor.of(new int[] {1, 2, 3, 4}, 2, 2));
        try (Tensor tensor = values.get(stored.id(), Tensor.class)) {
            CompletableFuture<Long> elsewhere =
                    CompletableFuture.supplyAsync(() -> tensor.getLong(1, 1));
            assertThatThrownBy(elsewhere::join).hasCauseInstanceOf(WrongThreadException.class);
            Tensor shared = tensor.select(0, 1).share();
            assertThat(CompletableFuture.supplyAsync(() -> shared.getLong(1)).join()).isEqualTo(4);
            shared.close();
            assertThatThrownBy(() -> shared.getLong(1)).isInstanceOf(IllegalStateException.class);
            assertThat(tensor.getLong(1, 1)).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void severalTensorsByNameEachAlignedInOneObject(Route route) {
        Values values = clients.values(route);
        Map<String, Tensor> named = new LinkedHashMap<>();
        named.put("bias", Tensor.of(new float[] {1, 2, 3}));
        named.put("mask", Tensor.of(new boolean[] {true}));
        named.put("žluť", Tensor.of(new double[] {1, 2, 3, 4}, 2, 2).transpose());
        named.put("none", Tensor.of(new long[0], 0, 7));
        Stored stored = values.put(Tensors.of(named));
        Tensor mask;
        Tensor shared;
        try (Tensors tensors = values.get(stored.id(), Tensors.class)) {
            assertThat(tensors.names()).containsExactly("bias", "mask", "žluť", "none");
            assertThat(tensors.get("bias").toFloatArray()).containsExactly(1, 2, 3);
            assertThat(tensors.get("žluť").toDoubleArray()).containsExactly(1, 3, 2, 4);
            assertThat(tensors.get("none").shape()).containsExactly(0, 7);
            for (Tensor tensor : tensors.asMap().values()) {
                assertThat(tensor.segment().address() % 64).isZero();
            }
            mask = tensors.get("mask");
            shared = mask.share();
        }
        assertThat(shared.getBoolean(0)).isTrue();
        shared.close();
        for (Tensor ended : List.of(mask, shared)) {
            assertThatThrownBy(() -> ended.getBoolean(0)).isInstanceOf(IllegalStateException.class);
        }
        PutOptions asked = PutOptions.DEFAULTS.withMediaType(MediaTypes.SAFETENSORS);
        assertThat(values.put(named, asked).sizeBytes()).isEqualTo(stored.sizeBytes());
        assertThatThrownBy(() -> values.put(Map.of("a", "b"), asked))
                .isInstanceOf(NotSerializable.class);
    }

    @Test
    void manyAtOnceKeepTheirPinsOneByOne() {
        Values values = clients.values(Route.CO_LOCATED);
        List<Stored> stored =
                IntStream.range(0, 20).mapToObj(i -> values.put(new int[] {i, i})).toList();
        List<Tensor> tensors =
                values.getAll(
                        stored.stream().map(Stored::id).toList(), Tensor.class, Deadline.NONE);
        for (int i = 0; i < 20; i++) {
            assertThat(tensors.get(i).getLong(1)).isEqualTo(i);
            tensors.get(i).close();
        }
    }

    /** Every dtype that has a form in .npy, in both byte orders, C and Fortran, and sliced. */
    private static final String ARRAYS =
            """
            import io
            chance = numpy.random.default_rng(7)
            codes = ['?', 'S5', 'V3', 'U3', '>U3', 'S0', 'g', 'G']
            for order in '<>':
                codes += [order + code for code in
                    'i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 M8[ns] M8[D] m8[25s] M8 m8[us]'.split()]
            dtypes = [numpy.dtype(code) for code in codes] + [
                numpy.dtype([('a', '<i4'), ('b', '>f8', (2, 3)), ('é', 'U2')]),
                numpy.dtype([('a', 'i1'), ('b', 'f8'), ('in', [('x', '?'), ('y', '<M8[s]')])], align=True),
            ]
            arrays = {}
            def array(dtype, shape):
                count = int(numpy.prod(shape))
                if dtype.kind == 'U':
                    return numpy.array(['ž🐎'[: i % 3] for i in range(count)], dtype).reshape(shape)
                if dtype.names or dtype.kind == 'b':
                    made = numpy.zeros(shape, dtype)
                    for name in dtype.names or ():
                        if dtype[name].kind in 'if':
                            made[name] = chance.integers(-100, 100, made[name].shape)
                    return made if dtype.names else numpy.asarray(chance.integers(0, 2, shape), '?')
                return numpy.frombuffer(chance.bytes(count * dtype.itemsize), dtype, count).reshape(shape)
            for number, dtype in enumerate(dtypes):
                for shape in (), (5,), (3, 4), (2, 3, 4), (0, 3):
                    if dtype.itemsize == 0 and shape == ():
                        continue
                    made = array(dtype, shape) if dtype.itemsize else numpy.zeros(shape, dtype)
                    for how, each in ('c', made), ('f', numpy.asfortranarray(made)):
                        arrays[f'npy/{number}/{len(shape)}{0 in shape}/{how}'] = each
            def saved(each):
                file = io.BytesIO()
                numpy.save(file, each)
                return file.getvalue()
            # By turns as the client writes them, and as numpy does.
            for number, (name, each) in enumerate(arrays.items()):
                if number // 2 % 2:
                    client.put(saved(each), name='values/' + name, media_type='application/x-npy')
                else:
                    client.put(each, name='values/' + name)
            ','.join(arrays)
            """;

    private static final String COMPARED =
            """
            def same(one, other):
                # NumPy copies no padding between fields.
                return bool((one == other).all()) if one.dtype.names else one.tobytes() == other.tobytes()
            def compare(name):
                sent, back = arrays[name], client.get('values/' + name + '/back')
                loaded = numpy.load(io.BytesIO(client.get_buffer('values/' + name + '/back')))
                assert loaded.dtype == sent.dtype and same(loaded, sent), name
                assert back.dtype == sent.dtype, (name, back.dtype, sent.dtype)
                assert back.shape == sent.shape and same(back, sent), name
                assert back.flags.f_contiguous == sent.flags.f_contiguous, name
                turned = client.get('values/' + name + '/turned')
                assert turned.shape == sent.T.shape and same(turned, sent.T), name
                part = client.get('values/' + name + '/part')
                expected = sent[..., ::2] if sent.ndim else sent
                assert part.shape == expected.shape and same(part, expected), name
            for name in arrays:
                compare(name)
            len(arrays)
            """;

    @Test
    void everyDtypeOfNumpyIsReadAndWritten() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            String[] names = python.run(ARRAYS).split(",", -1);
            for (String name : names) {
                try (Tensor tensor =
                        values.get(new ObjectName("values", name), Tensor.class, Deadline.NONE)) {
                    put(values, tensor, name + "/back");
                    put(values, tensor.transpose(), name + "/turned");
                    int last = tensor.rank() - 1;
                    Tensor part = last < 0 ? tensor : tensor.slice(last, 0, tensor.length(last), 2);
                    put(values, part, name + "/part");
                }
            }
            assertThat(python.run(COMPARED)).isEqualTo("" + names.length);
            assertThat(names).hasSizeGreaterThan(400);
        }
    }

    private static void put(Values values, Tensor tensor, String name) {
        values.put(tensor, PutOptions.named(new ObjectName("values", name)));
    }

    @Test
    void numpyAndJavaReadTheSameBytesOfTheSameFile() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run("client.put(numpy.arange(5000.0), name='values/shared')");
            long here;
            try (Tensor tensor =
                    values.get(new ObjectName("values", "shared"), Tensor.class, Deadline.NONE)) {
                here = PoolMapping.offset(tensor.segment().address());
                assertThat(tensor.getDouble(4_999)).isEqualTo(4_999);
            }
            assertThat(here).isPositive();
            assertThat(
                            python.run(
                                    "seen = client.get('values/shared')\n"
                                            + "pool_offset(seen.ctypes.data)"))
                    .isEqualTo("" + here);
        }
    }

    @Test
    void safetensorsGoBothWaysInPlaceOnBothSides() throws Exception {
        Values values = clients.values(Route.CO_LOCATED);
        try (Python python = Python.connectedTo(clients.store.folder())) {
            python.run(
                    """
                    client.put({'w': numpy.arange(12.0, dtype='f4').reshape(3, 4), 'n': numpy.int64(7)},
                        name='values/st', media_type='application/x-safetensors')
                    """);
            ObjectName name = new ObjectName("values", "st");
            ObjectName backName = new ObjectName("values", "st/back");
            try (Tensors tensors = values.get(name, Tensors.class, Deadline.NONE)) {
                assertThat(
                                python.run(
                                        "seen = client.get('values/st')['w']\n"
                                                + "pool_offset(seen.ctypes.data)"))
                        .isEqualTo("" + PoolMapping.offset(tensors.get("w").segment().address()))
                        .isNotEqualTo("-1");
                assertThat(tensors.get("w").getDouble(2, 3)).isEqualTo(11);
                assertThat(tensors.get("n").getLong()).isEqualTo(7);
                values.put(
                        Tensors.of(Map.of("t", tensors.get("w").transpose())),
                        PutOptions.named(backName));
            }
            assertThat(
                            python.run(
                                    """
                                    import safetensors.numpy
                                    raw = bytes(client.get_buffer('values/st/back'))
                                    by_library = safetensors.numpy.load(raw)['t']
                                    by_client = client.get('values/st/back')['t']
                                    assert numpy.array_equal(by_library, by_client)
                                    by_client[3, 2]
                                    """))
                    .isEqualTo("11.0");
            try (Tensors back = values.get(backName, Tensors.class, Deadline.NONE)) {
                assertThat(python.run("pool_offset(by_client.ctypes.data)"))
                        .isEqualTo("" + PoolMapping.offset(back.get("t").segment().address()))
                        .isNotEqualTo("-1");
            }
        }
    }
}
