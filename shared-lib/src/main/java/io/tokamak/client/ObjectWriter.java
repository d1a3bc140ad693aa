package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An object being written in place: invisible until {@link #seal}, gone when closed before.
 *
 * <p>{@link #segment} may be written by several threads at once; the caller joins them before
 * {@link #seal}. The other methods are for one thread at a time. Calls after {@link #seal}, {@link
 * #abort} or {@link #close} throw {@link io.tokamak.objects.InvalidState}.
 */
public interface ObjectWriter extends AutoCloseable {
    /**
     * The id that the object will have.
     *
     * @throws io.tokamak.objects.InvalidState when the object is anonymous, goes through a gateway,
     *     which gives it its id, and is not sealed yet
     */
    ObjectId id();

    /**
     * The payload to be filled, of the length given at the creation. Through a gateway it is memory
     * of this process, zeroed and sent at the seal; who has no need to write it in any order
     * appends, which is sent at once.
     *
     * @throws io.tokamak.objects.InvalidState when the length is not known, or bytes were appended
     *     that are on their way to a gateway
     */
    MemorySegment segment();

    /** Bytes appended by {@code write} so far. */
    long position();

    /**
     * Appends what remains in the buffer.
     *
     * @throws io.tokamak.objects.InvalidState when more is written than was announced
     * @throws io.tokamak.objects.OutOfMemory when an object of unknown length finds no room to grow
     */
    void write(ByteBuffer part);

    /** Appends a segment. */
    void write(MemorySegment part);

    /**
     * Appends several segments, one behind the other. On the node's host large ones and many small
     * ones are copied by several threads.
     */
    default void write(List<MemorySegment> parts) {
        for (MemorySegment part : parts) {
            write(part);
        }
    }

    /** Appends all that the stream still gives and returns how many bytes that were. */
    long writeFrom(InputStream stream);

    /**
     * Makes the object visible, for ever unchanged. An object of known length is sealed whole,
     * whatever was written by {@link #write}; one of unknown length has the bytes appended.
     *
     * @throws io.tokamak.objects.ObjectExists when its name was taken meanwhile by other bytes
     */
    Stored seal();

    /** Gives the memory back. What was sealed stays: only a delete ends it. */
    void abort();

    /** Aborts unless sealed. */
    @Override
    void close();
}
