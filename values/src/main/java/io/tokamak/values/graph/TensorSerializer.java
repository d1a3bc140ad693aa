package io.tokamak.values.graph;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.tensor.DType;
import io.tokamak.values.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.memory.MemoryBuffer;
import org.apache.fory.serializer.Serializer;

/** A tensor as a part of a graph: its elements lie beside the stream, and are read in place. */
final class TensorSerializer extends Serializer<Tensor> {
    /** By their places, which stay: further ones come last. */
    private static final List<DType> USUAL =
            List.of(
                    DType.FLOAT64,
                    DType.FLOAT32,
                    DType.INT64,
                    DType.INT32,
                    DType.INT16,
                    DType.INT8,
                    DType.UINT8,
                    DType.BOOL);

    TensorSerializer(Fory fory) {
        super(fory.getConfig(), Tensor.class);
    }

    @Override
    public void write(WriteContext context, Tensor tensor) {
        MemoryBuffer stream = context.getBuffer();
        int usual = USUAL.indexOf(tensor.dtype());
        stream.writeByte(usual);
        if (usual < 0) {
            context.writeString(tensor.dtype().descr());
        }
        stream.writeVarUInt32(tensor.rank());
        for (int axis = 0; axis < tensor.rank(); axis++) {
            stream.writeVarUInt64(tensor.length(axis));
        }
        Tensor together = tensor.isContiguous() ? tensor : tensor.copy();
        Buffers.CURRENT.get().write(stream, together.segment());
    }

    @Override
    public Tensor read(ReadContext context) {
        MemoryBuffer stream = context.getBuffer();
        int usual = stream.readByte();
        if (usual >= USUAL.size()) {
            throw DecodeException.malformed(MediaTypes.FORY, "dtype %d".formatted(usual));
        }
        DType dtype = usual < 0 ? DType.parse(context.readString()) : USUAL.get(usual);
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
