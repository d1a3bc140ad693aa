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
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Tables as Arrow IPC streams. A {@link VectorSchemaRoot} is put; it is read as an {@link
 * ArrowReader}, or as a root when it is one batch without dictionaries. What is read lies in the
 * object, read-only, and may be used by any thread; the pin ends when its last buffer is released,
 * that is when reader or root is closed. It cannot be borrowed.
 *
 * <p>Nothing in the bytes leads a reader out of the object: columns whose elements say where others
 * lie, such as text and lists, are looked through at a nanosecond or two an element, those of one
 * width are not. Unions, views and run-end encoding are not read.
 *
 * <p>Arrow wants {@code --add-opens=java.base/java.nio=ALL-UNNAMED}.
 */
public final class ArrowCodec implements Codec {
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
        return type.getName().equals("org.apache.arrow.vector.VectorSchemaRoot");
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        if (!(value instanceof VectorSchemaRoot root)) {
            throw new NotSerializable(
                    "value: " + value.getClass().getTypeName() + " is no table",
                    "put a VectorSchemaRoot");
        }
        for (Field field : root.getSchema().getFields()) {
            if (field.getDictionary() != null) {
                throw new NotSerializable(
                        "value[" + field.getName() + "]: its dictionary is not in the root",
                        "decode the column first");
            }
        }
        CapturedParts parts = new CapturedParts();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, parts)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        } catch (IOException e) {
            throw new NotSerializable("value: " + e.getMessage(), "put another form of it", e);
        }
        return new Encoded(MediaTypes.ARROW_STREAM, parts.parts());
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        boolean isRoot = type == VectorSchemaRoot.class;
        if (!isRoot && !type.isAssignableFrom(ArrowReader.class)) {
            throw body.cannotBe(type, ArrowReader.class, VectorSchemaRoot.class);
        }
        if (body.isBorrowed()) {
            throw new DecodeException(
                    "a table of Arrow ends its pin itself", "get it, and close it", null);
        }
        InPlaceReader reader = InPlaceReader.of(Shared.ALLOCATOR, body);
        if (!isRoot) {
            return reader;
        }
        try {
            return reader.onlyBatch();
        } catch (IOException | RuntimeException e) {
            reader.closeQuietly(e);
            throw e instanceof DecodeException known
                    ? known
                    : DecodeException.malformed(body.mediaType(), String.valueOf(e), e);
        }
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        List<Inspection.Part> columns = new ArrayList<>();
        VectorSchemaRoot root = (VectorSchemaRoot) value;
        for (FieldVector vector : root.getFieldVectors()) {
            columns.add(
                    new Inspection.Part(
                            "[" + vector.getName() + "]",
                            vector.getField().getType().toString(),
                            "in place",
                            vector.getBufferSize()));
        }
        String table = "VectorSchemaRoot of " + root.getRowCount() + " rows";
        return new Inspection.Part("value", table, "in place", -1, columns);
    }
}
