package io.tokamak.values.graph;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.serializer.Serializer;

/** An array of numbers: its bytes are copied once, from the array into the object and back. */
final class ArraySerializer<T> extends Serializer<T> {
    private final Function<T, MemorySegment> bytesOf;
    private final IntFunction<T> made;
    private final int elementBytes;

    private ArraySerializer(
            Fory fory,
            Class<T> type,
            Function<T, MemorySegment> bytesOf,
            IntFunction<T> made,
            int elementBytes) {
        super(fory.getConfig(), type);
        this.bytesOf = bytesOf;
        this.made = made;
        this.elementBytes = elementBytes;
    }

    static void register(Fory fory) {
        add(fory, byte[].class, MemorySegment::ofArray, byte[]::new, Byte.BYTES);
        add(fory, short[].class, MemorySegment::ofArray, short[]::new, Short.BYTES);
        add(fory, char[].class, MemorySegment::ofArray, char[]::new, Character.BYTES);
        add(fory, int[].class, MemorySegment::ofArray, int[]::new, Integer.BYTES);
        add(fory, long[].class, MemorySegment::ofArray, long[]::new, Long.BYTES);
        add(fory, float[].class, MemorySegment::ofArray, float[]::new, Float.BYTES);
        add(fory, double[].class, MemorySegment::ofArray, double[]::new, Double.BYTES);
    }

    private static <T> void add(
            Fory fory,
            Class<T> type,
            Function<T, MemorySegment> bytesOf,
            IntFunction<T> made,
            int elementBytes) {
        fory.registerSerializer(
                type, new ArraySerializer<>(fory, type, bytesOf, made, elementBytes));
    }

    @Override
    public void write(WriteContext context, T array) {
        Buffers.CURRENT.get().write(context.getBuffer(), bytesOf.apply(array));
    }

    @Override
    public T read(ReadContext context) {
        MemorySegment bytes = Buffers.CURRENT.get().read(context.getBuffer());
        long length = bytes.byteSize() / elementBytes;
        if (length * elementBytes != bytes.byteSize() || length > Integer.MAX_VALUE - 8) {
            throw DecodeException.malformed(
                    MediaTypes.FORY,
                    "%d bytes for a %s".formatted(bytes.byteSize(), type.getTypeName()));
        }
        T array = made.apply((int) length);
        bytesOf.apply(array).copyFrom(bytes);
        return array;
    }
}
