package io.tokamak.values.tensor;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.values.MediaTypes;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A tensor that is filled in its object: no copy when it is sealed. Elements that nobody writes are
 * of any value when the node's memory was used before. {@link #segment} and the setters are for any
 * threads, which the caller joins before {@link #seal}; the rest is for one.
 */
public final class TensorBuilder implements AutoCloseable {
    private final ObjectWriter writer;
    private final MemorySegment elements;
    private final DType dtype;
    private final long[] shape;
    private final long[] strides;
    private final int code;

    private TensorBuilder(ObjectWriter writer, NpyHeader header, MemorySegment elements) {
        this.writer = writer;
        this.elements = elements;
        this.dtype = header.dtype();
        this.shape = header.shape();
        this.strides = header.strides();
        this.code = header.code();
    }

    /**
     * Begins a tensor, the last axis varying fastest.
     *
     * @param options whose media type is of no meaning
     * @throws IllegalArgumentException for a shape that no memory holds
     * @throws io.tokamak.objects.OutOfMemory and the rest as {@link TokamakClient#create(long,
     *     PutOptions)}
     */
    public static TensorBuilder create(
            TokamakClient client, PutOptions options, DType dtype, long... shape) {
        long[] own = shape.clone();
        byte[] head = NpyHeader.encode(dtype, own, false);
        NpyHeader header = NpyHeader.of(dtype, own, false, head.length);
        ObjectWriter writer =
                client.create(header.totalBytes(), options.withMediaType(MediaTypes.NPY));
        try {
            MemorySegment object = writer.segment();
            MemorySegment.copy(MemorySegment.ofArray(head), 0, object, 0, head.length);
            return new TensorBuilder(writer, header, object.asSlice(head.length));
        } catch (RuntimeException | Error failure) {
            writer.close();
            throw failure;
        }
    }

    public DType dtype() {
        return dtype;
    }

    public long[] shape() {
        return shape.clone();
    }

    /** The elements, to be written, the first at a multiple of 64 bytes; it ends with the seal. */
    public MemorySegment segment() {
        return elements;
    }

    /**
     * Writes a real number, rounded to the element's type; into integers its whole part.
     *
     * @throws IllegalStateException for elements that are no numbers: write {@link #segment}
     */
    public void setDouble(double value, long... index) {
        if (Elements.isFloat(code)) {
            Elements.setDouble(elements, at(index), code, value);
        } else {
            Elements.setLong(elements, at(index), numeric(), (long) value);
        }
    }

    /** Writes the lowest bits of an integer, or the float that is nearest to it. */
    public void setLong(long value, long... index) {
        Elements.setLong(elements, at(index), numeric(), value);
    }

    private int numeric() {
        if (code == Elements.OTHER) {
            throw new IllegalStateException("an element of " + dtype + " is no number");
        }
        return code;
    }

    private long at(long[] index) {
        if (index.length != shape.length) {
            throw new IllegalArgumentException(
                    "indices %s for shape %s"
                            .formatted(Arrays.toString(index), Arrays.toString(shape)));
        }
        long at = 0;
        for (int axis = 0; axis < index.length; axis++) {
            at += Objects.checkIndex(index[axis], shape[axis]) * strides[axis];
        }
        return at;
    }

    /** Makes the tensor visible, for ever unchanged. */
    public Stored seal() {
        return writer.seal();
    }

    /** Gives the memory back unless it is sealed. Idempotent. */
    @Override
    public void close() {
        writer.close();
    }
}
