package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.MediaType;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.arrow.DictionaryTable;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import io.tokamak.values.tensor.Tensors;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.management.BadAttributeValueExpException;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Bodies that are not what they say, by a real node")
class HostileIT implements WithStore {
    private static final int MUTATIONS = 10_000;
    private static final long SEED = 20_261_127;

    /** Mutations between two messages to the node. */
    private static final int BATCH = 500;

    /** In the heap, for bodies of a few KiB. */
    private static final long ALLOCATED_BYTES_MAX = 8 << 20;

    /** By Arrow, for such bodies: a megabyte of validity that all columns share, and the bodies. */
    private static final long OFF_HEAP_BYTES_MAX = 3 << 20;

    /** That validity grows by a multiple of this. */
    private static final long SHARED_BYTES = 64 << 10;

    private final TokamakClient client;
    private final Values values;

    HostileIT(Clients clients) {
        client = clients.client(Route.CO_LOCATED);
        values = Values.builder(client).codec(GraphCodec.of(Node.class, Pair.class)).build();
    }

    record Pair(String key, Object value) {}

    static final class Node {
        int number = 7;
        Object any = List.of(1, "abc", Map.of("k", 2.5), Instant.EPOCH);
        double[] small = {1, 2, 3};
        int[] large = new int[300];
        Tensor tensor = Tensor.of(new float[200], 10, 20);
        ByteBuffer buffer = ByteBuffer.allocate(400);
        Object self = this;
        Object map = new TreeMap<>(Map.of("a", new ArrayList<>(List.of(new Pair("x", 1L)))));
    }

    private interface Use {
        void of(Stored stored) throws Exception;
    }

    /** Every mutation is read, or is a {@link DecodeException} and nothing else. */
    private void attack(Object value, Use use) throws Exception {
        byte[] good;
        MediaType mediaType;
        try (ObjectView view = client.get(values.put(value).id(), Deadline.NONE)) {
            good = view.segment().toArray(ValueLayout.JAVA_BYTE);
            mediaType = view.metadata().mediaType();
        }
        PutOptions options = PutOptions.DEFAULTS.withMediaType(mediaType);
        Random chance = new Random(SEED);
        int refused = 0;
        use.of(client.put(good, options));
        for (int first = 0; first < MUTATIONS; first += BATCH) {
            List<Stored> batch = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                batch.add(client.put(mutated(good, chance), options));
            }
            for (int i = 0; i < BATCH; i++) {
                refused += isRefused(use, batch.get(i), first + i) ? 1 : 0;
            }
            client.deleteAll(batch.stream().map(Stored::id).toList());
        }
        assertThat(refused).isBetween(MUTATIONS / 20, MUTATIONS);
        use.of(client.put(good, options));
    }

    private static boolean isRefused(Use use, Stored stored, int mutation) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        boolean isRefused = false;
        try {
            use.of(stored);
        } catch (DecodeException expected) {
            isRefused = true;
        } catch (Exception | Error other) {
            throw new AssertionError("mutation " + mutation + " of seed " + SEED, other);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes allocated by mutation %d of seed %d", mutation, SEED)
                .isLessThan(ALLOCATED_BYTES_MAX);
        return isRefused;
    }

    /** Truncated, random, with some bits turned or some bytes at the limits of their range. */
    private static byte[] mutated(byte[] good, Random chance) {
        byte[] body = good.clone();
        int kind = chance.nextInt(20);
        if (kind == 0) {
            chance.nextBytes(body);
            return body;
        }
        for (int left = 1 + chance.nextInt(4); left > 0; left--) {
            // Most in the head, where lengths and types are.
            int at =
                    chance.nextInt(
                            chance.nextInt(3) == 0 ? body.length : Math.min(700, body.length));
            body[at] =
                    switch (chance.nextInt(3)) {
                        case 0 -> (byte) (body[at] ^ (1 << chance.nextInt(8)));
                        case 1 -> (byte) chance.nextInt(256);
                        default -> (byte) (chance.nextBoolean() ? 0xFF : 0x7F);
                    };
        }
        return kind < 5 ? Arrays.copyOf(body, chance.nextInt(body.length)) : body;
    }

    @Test
    void npy() throws Exception {
        DType record =
                DType.struct(
                        DType.Field.of("a", DType.INT32),
                        new DType.Field("b", DType.FLOAT64, List.of(2L), 0));
        for (Tensor tensor :
                List.of(
                        Tensor.of(new double[600], 20, 30),
                        Tensor.of(
                                record,
                                java.lang.foreign.MemorySegment.ofArray(new byte[200]),
                                10))) {
            attack(
                    tensor,
                    stored -> {
                        try (Tensor read = values.get(stored.id(), Tensor.class)) {
                            assertThat(read.copy().toByteArray()).hasSize((int) read.sizeBytes());
                        }
                    });
        }
    }

    @Test
    void safetensors() throws Exception {
        Map<String, Tensor> named = new LinkedHashMap<>();
        named.put("weights", Tensor.of(new float[100], 10, 10));
        named.put("bias", Tensor.of(new short[7]));
        named.put("mask", Tensor.of(new boolean[3]));
        attack(
                Tensors.of(named),
                stored -> {
                    try (Tensors read = values.get(stored.id(), Tensors.class)) {
                        for (Tensor tensor : read.asMap().values()) {
                            assertThat(tensor.toByteArray()).hasSize((int) tensor.sizeBytes());
                        }
                    }
                });
    }

    @Test
    void graphs() throws Exception {
        attack(new Node(), stored -> values.get(stored.id(), Object.class));
    }

    @Test
    void tables() throws Exception {
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot table = Tables.make(allocator, 200)) {
            attackOffHeap(
                    table,
                    stored -> {
                        try (ArrowReader reader = values.get(stored.id(), ArrowReader.class)) {
                            while (reader.loadNextBatch()) {
                                readAll(reader.getVectorSchemaRoot());
                            }
                        }
                    });
        }
    }

    /**
     * As {@link #attack}, and what readers of Arrow take off the heap stays small and is given
     * back.
     */
    private void attackOffHeap(Object table, Use use) throws Exception {
        BufferAllocator readers = Tables.readers(values);
        long before = readers.getAllocatedMemory();
        long peak = readers.getPeakMemoryAllocation();
        attack(table, use);
        assertThat((readers.getAllocatedMemory() - before) % SHARED_BYTES)
                .as("bytes of bodies that are still held")
                .isZero();
        assertThat(readers.getPeakMemoryAllocation())
                .isLessThan(Math.max(peak + 1, before + OFF_HEAP_BYTES_MAX));
    }

    @Test
    void tablesWithDictionaries() throws Exception {
        try (BufferAllocator allocator = new RootAllocator();
                DictionaryTable table = Tables.withDictionary(allocator, 200)) {
            attackOffHeap(
                    table,
                    stored -> {
                        try (DictionaryTable read =
                                values.get(stored.id(), DictionaryTable.class)) {
                            readAll(read.root());
                            read.dictionaries().values().forEach(HostileIT::readAll);
                        }
                    });
        }
    }

    private static void readAll(Dictionary dictionary) {
        FieldVector vector = dictionary.getVector();
        for (int i = 0; i < Math.min(1_000, vector.getValueCount()); i++) {
            vector.getObject(i);
        }
    }

    private static void readAll(VectorSchemaRoot root) {
        for (FieldVector vector : root.getFieldVectors()) {
            for (int i = 0; i < Math.min(1_000, root.getRowCount()); i++) {
                vector.getObject(i);
            }
        }
    }

    @Test
    void classesThatRunCodeWhenTheyAreReadAreRefused() {
        Values open =
                Values.builder(client).codec(GraphCodec.builder().allowAnyClass().build()).build();
        for (Object gadget :
                List.of(
                        new javax.swing.event.EventListenerList(),
                        new java.beans.PropertyChangeSupport("x"))) {
            Stored stored = open.put(List.of(gadget));
            assertThatThrownBy(() -> values.get(stored.id(), Object.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining(gadget.getClass().getName());
        }
        assertThatThrownBy(() -> open.put(new BadAttributeValueExpException("x")))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("disallowed");
    }
}
