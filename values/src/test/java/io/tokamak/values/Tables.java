package io.tokamak.values;

import io.tokamak.values.arrow.DictionaryTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.impl.UnionListWriter;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.jspecify.annotations.Nullable;

/** Tables for tests. */
final class Tables {
    private Tables() {}

    /** Numbers, booleans, texts of which every third is null, and lists. */
    static VectorSchemaRoot make(BufferAllocator allocator, int rows) {
        BigIntVector numbers = new BigIntVector("numbers", allocator);
        BitVector flags = new BitVector("flags", allocator);
        VarCharVector texts = new VarCharVector("texts", allocator);
        ListVector lists = ListVector.empty("lists", allocator);
        numbers.allocateNew(rows);
        flags.allocateNew(rows);
        UnionListWriter writer = lists.getWriter();
        for (int i = 0; i < rows; i++) {
            numbers.set(i, i);
            flags.set(i, i & 1);
            if (i % 3 != 0) {
                texts.setSafe(i, ("x" + i).getBytes(StandardCharsets.UTF_8));
            }
            writer.setPosition(i);
            writer.startList();
            for (int k = 0; k < i % 3; k++) {
                writer.writeInt(k);
            }
            writer.endList();
        }
        VectorSchemaRoot table = new VectorSchemaRoot(List.of(numbers, flags, texts, lists));
        table.setRowCount(rows);
        return table;
    }

    /** A column of colors, of which every third is null, as indices into a dictionary. */
    static DictionaryTable withDictionary(BufferAllocator allocator, int rows) {
        VarCharVector colors = new VarCharVector("dictionary", allocator);
        colors.setSafe(0, "red".getBytes(StandardCharsets.UTF_8));
        colors.setSafe(1, "žlutá".getBytes(StandardCharsets.UTF_8));
        colors.setValueCount(2);
        Dictionary dictionary = new Dictionary(colors, new DictionaryEncoding(7, false, null));
        try (VarCharVector plain = new VarCharVector("color", allocator)) {
            for (int i = 0; i < rows; i++) {
                if (i % 3 != 0) {
                    plain.setSafe(i, colors.get(i & 1));
                }
            }
            plain.setValueCount(rows);
            FieldVector indices = (FieldVector) DictionaryEncoder.encode(plain, dictionary);
            return new DictionaryTable(
                    new VectorSchemaRoot(List.of(indices)), Map.of(7L, dictionary));
        }
    }

    /** What the indices of a column say. */
    static List<@Nullable String> decoded(DictionaryTable table, String column) {
        List<@Nullable String> texts = new ArrayList<>();
        try (ValueVector plain =
                DictionaryEncoder.decode(
                        table.root().getVector(column), table.dictionary(column))) {
            for (int i = 0; i < plain.getValueCount(); i++) {
                texts.add(plain.isNull(i) ? null : String.valueOf(plain.getObject(i)));
            }
        }
        return texts;
    }

    /** What vectors that are read take their memory from, objects in place included. */
    static BufferAllocator readers(Values values) {
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot table = make(allocator, 1);
                VectorSchemaRoot read =
                        values.get(values.put(table).id(), VectorSchemaRoot.class)) {
            return read.getVector(0).getAllocator().getRoot();
        }
    }
}
