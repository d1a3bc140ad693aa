package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an object, in place and read-only, pinned until closed; or fetched into memory of
 * this process, which is freed with the last view.
 *
 * <p>Confined to the thread that got it. After {@link #close} every access to the view, its segment
 * or its Chronicle bytes throws {@link IllegalStateException} rather than reading bytes that may
 * belong to another object by then. A {@link ByteBuffer} of it throws likewise.
 */
public interface ObjectView extends AutoCloseable {
    ObjectId id();

    /** Tells this object from one that had the same name before. */
    long incarnation();

    /** Bytes of the payload. */
    long sizeBytes();

    /** Decoded at the first call. */
    ObjectMetadata metadata();

    /** The payload, of any length; aligned to 64 bytes when it has at least 256, else to 16. */
    MemorySegment segment();

    /** Reads eight bytes, little-endian, without making a segment. */
    long getLong(long offset);

    byte getByte(long offset);

    /**
     * The payload as a read-only buffer, little-endian.
     *
     * @throws IllegalStateException when it is longer than 2 GiB - 1
     */
    ByteBuffer byteBuffer();

    /** The payload as Chronicle bytes, read position 0; valid until the view is closed. */
    Bytes<?> bytes();

    /**
     * Another view of the same pin, for another thread: it is confined to the thread that first
     * uses it.
     */
    ObjectView dup();

    /**
     * Another view of the same pin that any threads may use at once; closing it costs a handshake
     * of all threads.
     */
    ObjectView share();

    /**
     * Where the payload lies, for another process that maps the node's files; null: it was streamed
     * here and lies in no file. From any thread.
     */
    default @Nullable Place place() {
        return null;
    }

    /** Ends this view; the last one to be closed ends the pin. Idempotent. */
    @Override
    void close();
}
