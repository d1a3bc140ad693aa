package io.tokamak.values.graph;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.memory.MemoryBuffer;
import org.apache.fory.serializer.Serializer;

/** A tensor as a part of a graph: its elements lie beside the stream, and are read in place. */
final class TensorSerializer extends Serializer<Tensor> {
    TensorSerializer(Fory fory) {
        super(fory.getConfig(), Tensor.class);
    }

    @Override
    public void write(WriteContext context, Tensor tensor) {
        MemoryBuffer stream = context.getBuffer();
        context.writeString(tensor.dtype().descr());
        long[] shape = tensor.shape();
        stream.writeVarUInt32(shape.length);
        for (long length : shape) {
            stream.writeVarUInt64(length);
        }
        Tensor together = tensor.isContiguous() ? tensor : tensor.copy();
        Buffers.CURRENT.get().write(stream, together.segment());
    }

    @Override
    public Tensor read(ReadContext context) {
        MemoryBuffer stream = context.getBuffer();
        DType dtype = DType.parse(context.readString());
        int rank = stream.readVarUInt32();
        if (rank < 0 || rank > Tensor.RANK_MAX) {
            throw DecodeException.malformed(MediaTypes.FORY, "a tensor of %d axes".formatted(rank));
        }
        long[] shape = new long[rank];
        Arrays.setAll(shape, axis -> stream.readVarUInt64());
        MemorySegment elements = Buffers.CURRENT.get().readLasting(stream);
        return Tensor.of(dtype, elements, shape);
    }
}
