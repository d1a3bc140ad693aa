package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;

/**
 * How values of one kind are stored. Beans of this type are asked in their order, before the ones
 * that are built in. The media type of an object chooses who reads it, so nothing is read by a
 * serializer that the program does not have. Implementations are thread-safe.
 */
public interface CacheSerializer {
    /** What marks the objects of this serializer; no other one has the same. */
    MediaType mediaType();

    /** Whether it writes this value, which is not null. */
    boolean writes(Object value);

    /**
     * The bytes of a value that it {@link #writes}; they are copied before this serializer is asked
     * again.
     *
     * @throws RuntimeException when the value cannot be written; the cache's caller gets it
     */
    MemorySegment write(Object value);

    /**
     * The value of an object. The view is closed when this returns: what the value needs of it is
     * copied, or kept by {@link ObjectView#dup}.
     *
     * @throws RuntimeException when the bytes are no such value; the cache's caller gets it
     */
    Object read(ObjectView view);
}
