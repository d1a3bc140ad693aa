package io.tokamak.gateway.node;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.tokamak.client.ObjectView;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An object's bytes on their way to a socket, in place. Keeps I38: the pin ends when the response
 * has let go of it and the last buffer was released, that is, copied into the socket or given up.
 *
 * <p>Thread-safe. The buffers point into memory mapped for reading; to write one ends the process.
 */
public final class Pinned {
    private final ObjectView pin;
    private final MemorySegment bytes;

    /** Of the response, and of each buffer. */
    private final AtomicInteger references = new AtomicInteger(1);

    private Pinned(ObjectView pin, MemorySegment bytes) {
        this.pin = pin;
        this.bytes = bytes;
    }

    /**
     * Takes part in the pin of a view of the calling thread, who closes the view.
     *
     * <p>The segment of a view ends with its thread's view and would be checked at each access;
     * what keeps this memory from being reused is the pin alone, so it is addressed without a
     * scope.
     */
    public static Pinned of(ObjectView view) {
        MemorySegment bytes =
                MemorySegment.ofAddress(view.segment().address()).reinterpret(view.sizeBytes());
        return new Pinned(view.dup(), bytes);
    }

    /** A buffer of some of the bytes that holds the pin until it is released. */
    public ByteBuf slice(long offset, int length) {
        references.getAndUpdate(
                count -> {
                    if (count == 0) {
                        throw new IllegalStateException("the pin of " + pin.id() + " has ended");
                    }
                    return count + 1;
                });
        return new Slice(bytes.asSlice(offset, length).asByteBuffer());
    }

    /** All of the bytes; only until {@link #release}. */
    public MemorySegment bytes() {
        return bytes;
    }

    /** Lets go: for the response, once. */
    public void release() {
        if (references.decrementAndGet() == 0) {
            pin.close();
        }
    }

    private final class Slice extends UnpooledDirectByteBuf {
        Slice(ByteBuffer buffer) {
            super(UnpooledByteBufAllocator.DEFAULT, buffer, buffer.remaining());
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            Pinned.this.release();
        }
    }
}
