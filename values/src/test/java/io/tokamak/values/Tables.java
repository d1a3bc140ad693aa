package io.tokamak.values;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.impl.UnionListWriter;

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
}
