package io.tokamak.values.arrow;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.DecodeException;
import io.tokamak.values.Encoded;
import io.tokamak.values.Inspection;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.NotSerializable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Tables as Arrow IPC streams. A {@link VectorSchemaRoot} is put, or a {@link DictionaryTable};
 * they are read as an {@link ArrowReader}, as a table when there is one batch, or as a root when
 * there are no dictionaries either. What is read lies in the object, read-only, and may be used by
 * any thread; the pin ends when its last buffer is released, that is when reader or root is closed.
 * It cannot be borrowed.
 *
 * <p>Nothing in the bytes leads a reader out of the object: columns whose elements say where others
 * lie, such as text and lists, are looked through at a nanosecond or two an element, those of one
 * width are not. Unions, views, run-end encoding, deltas of dictionaries and compressed batches are
 * not read.
 *
 * <p>Arrow wants {@code --add-opens=java.base/java.nio=ALL-UNNAMED}.
 */
public final class ArrowCodec implements Codec {
    /** By name, so that a program without tables needs no Arrow. */
    private static final Set<String> TABLES =
            Set.of(
                    "org.apache.arrow.vector.VectorSchemaRoot",
                    "io.tokamak.values.arrow.DictionaryTable");

    private static final String ROOT = "root";
    private static final MediaType OF_ROOT = MediaTypes.ofJava(MediaTypes.ARROW_STREAM, ROOT);
    private static final String TABLE = "table";
    private static final MediaType OF_TABLE = MediaTypes.ofJava(MediaTypes.ARROW_STREAM, TABLE);

    /** Made at the first use: a program without tables starts without Arrow. */
    private static final class Shared {
        static final BufferAllocator ALLOCATOR = new RootAllocator(Long.MAX_VALUE);

        private Shared() {}
    }

    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.ARROW_STREAM.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return TABLES.contains(type.getName());
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        VectorSchemaRoot root = root(value);
        DictionaryProvider dictionaries =
                value instanceof DictionaryTable table
                        ? table.provider()
                        : new DictionaryProvider.MapDictionaryProvider();
        checkDictionaries("value", root.getSchema().getFields(), dictionaries);
        CapturedParts parts = new CapturedParts();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(root, dictionaries, parts)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        } catch (IOException e) {
            throw new NotSerializable("value: " + e.getMessage(), "put another form of it", e);
        }
        return new Encoded(value instanceof VectorSchemaRoot ? OF_ROOT : OF_TABLE, parts.parts());
    }

    private static VectorSchemaRoot root(Object value) {
        return switch (value) {
            case VectorSchemaRoot root -> root;
            case DictionaryTable table -> table.root();
            default ->
                    throw new NotSerializable(
                            "value: " + value.getClass().getTypeName() + " is no table",
                            "put a VectorSchemaRoot, or a DictionaryTable");
        };
    }

    private static void checkDictionaries(
            String path, List<Field> fields, DictionaryProvider dictionaries) {
        for (Field field : fields) {
            String here = path + "[" + field.getName() + "]";
            DictionaryEncoding encoding = field.getDictionary();
            if (encoding != null && dictionaries.lookup(encoding.getId()) == null) {
                throw new NotSerializable(
                        "%s: its dictionary %d is not there".formatted(here, encoding.getId()),
                        "put a DictionaryTable, or decode the column first");
            }
            checkDictionaries(here, field.getChildren(), dictionaries);
        }
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        Class<?> wanted = type == Object.class ? natural(body.mediaType()) : type;
        boolean isTable = wanted == DictionaryTable.class || wanted == VectorSchemaRoot.class;
        if (!isTable && !wanted.isAssignableFrom(ArrowReader.class)) {
            throw body.cannotBe(
                    type, ArrowReader.class, VectorSchemaRoot.class, DictionaryTable.class);
        }
        if (body.isBorrowed()) {
            throw new DecodeException(
                    "a table of Arrow ends its pin itself", "get it, and close it", null);
        }
        InPlaceReader reader = InPlaceReader.of(Shared.ALLOCATOR, body);
        if (!isTable) {
            return reader;
        }
        try {
            DictionaryTable table = reader.onlyBatch(wanted == DictionaryTable.class);
            return wanted == DictionaryTable.class ? table : table.root();
        } catch (IOException | RuntimeException e) {
            reader.closeQuietly(e);
            throw e instanceof DecodeException known
                    ? known
                    : DecodeException.malformed(body.mediaType(), String.valueOf(e), e);
        }
    }

    private static Class<?> natural(MediaType stored) {
        if (MediaTypes.isOfJava(stored, ROOT)) {
            return VectorSchemaRoot.class;
        }
        return MediaTypes.isOfJava(stored, TABLE) ? DictionaryTable.class : ArrowReader.class;
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        VectorSchemaRoot root = root(value);
        List<Inspection.Part> parts = new ArrayList<>();
        for (FieldVector vector : root.getFieldVectors()) {
            parts.add(part("[" + vector.getName() + "]", vector));
        }
        if (value instanceof DictionaryTable table) {
            table.dictionaries()
                    .forEach((id, each) -> parts.add(part("dictionary " + id, each.getVector())));
        }
        String table =
                "%s of %d rows".formatted(value.getClass().getSimpleName(), root.getRowCount());
        return new Inspection.Part("value", table, "in place", -1, parts);
    }

    private static Inspection.Part part(String label, FieldVector vector) {
        return new Inspection.Part(
                label, vector.getField().getType().toString(), "in place", vector.getBufferSize());
    }
}
