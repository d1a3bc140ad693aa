package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;

/**
 * {@link MemorySegment} and {@link ByteBuffer}, read where they lie: a get copies nothing and gives
 * a read-only view, for any threads. The object stays pinned until the garbage collector finds that
 * nobody has the view any more, its slices and duplicates included.
 */
final class InPlaceSerializer<T> implements CacheSerializer {
    private final MediaType mediaType;
    private final Class<T> type;
    private final Function<T, MemorySegment> write;
    private final Function<MemorySegment, T> read;

    private InPlaceSerializer(
            String view,
            Class<T> type,
            Function<T, MemorySegment> write,
            Function<MemorySegment, T> read) {
        this.mediaType = new MediaType(MediaType.OCTET_STREAM + ";view=" + view);
        this.type = type;
        this.write = write;
        this.read = read;
    }

    static CacheSerializer ofSegments() {
        return new InPlaceSerializer<>(
                "segment", MemorySegment.class, Function.identity(), Function.identity());
    }

    /** What remains in the buffer; it comes back little-endian, as a view's buffer does. */
    static CacheSerializer ofBuffers() {
        return new InPlaceSerializer<>(
                "buffer",
                ByteBuffer.class,
                MemorySegment::ofBuffer,
                segment -> segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public MediaType mediaType() {
        return mediaType;
    }

    @Override
    public boolean writes(Object value) {
        return type.isInstance(value);
    }

    @Override
    public MemorySegment write(Object value) {
        return write.apply(type.cast(value));
    }

    @Override
    public T read(ObjectView view) {
        ObjectView kept = view.dup();
        MemorySegment segment = view.segment();
        return read.apply(
                segment.reinterpret(segment.byteSize(), Arena.ofAuto(), _ -> kept.close()));
    }
}
