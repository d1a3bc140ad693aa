package io.tokamak.values.graph;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.serializer.Serializer;

/** What remains in a buffer, and its order. It comes back read-only, in place when borrowed. */
final class ByteBufferSerializer extends Serializer<ByteBuffer> {
    private ByteBufferSerializer(Fory fory, Class<ByteBuffer> type) {
        super(fory.getConfig(), type);
    }

    /** For each class that buffers of this JVM have, which are not the same in all. */
    @SuppressWarnings("unchecked") // a buffer's class is one of buffers
    static void register(Fory fory) {
        ByteBuffer heap = ByteBuffer.allocate(1);
        ByteBuffer direct = ByteBuffer.allocateDirect(1);
        for (ByteBuffer each :
                new ByteBuffer[] {
                    heap, direct, heap.asReadOnlyBuffer(), direct.asReadOnlyBuffer()
                }) {
            Class<ByteBuffer> type = (Class<ByteBuffer>) each.getClass();
            String name = (each.isDirect() ? "direct" : "heap") + (each.isReadOnly() ? "R" : "");
            if (each.isReadOnly()) {
                fory.register(type, "tokamak.buffer", name);
            }
            fory.registerSerializer(type, new ByteBufferSerializer(fory, type));
        }
    }

    @Override
    public void write(WriteContext context, ByteBuffer value) {
        context.getBuffer().writeByte(value.order() == ByteOrder.BIG_ENDIAN ? 1 : 0);
        Buffers.CURRENT.get().write(context.getBuffer(), MemorySegment.ofBuffer(value));
    }

    @Override
    public ByteBuffer read(ReadContext context) {
        boolean isBig = context.getBuffer().readByte() != 0;
        MemorySegment bytes = Buffers.CURRENT.get().readLasting(context.getBuffer());
        return bytes.asByteBuffer().order(isBig ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    }
}
