package io.tokamak.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Native memory for one call: where the C library's errno is left, and one struct.
 *
 * <p>Taken from a small pool and given back by {@link #close}, so that a call allocates nothing. It
 * belongs to who took it, not to a thread: virtual threads need no care, and nothing outlives them.
 */
final class Scratch implements AutoCloseable {
    /** Enough for statx, the largest, with 256 bytes. */
    static final long STRUCT_BYTES = 256;

    private static final int POOL_COUNT = 16;
    private static final AtomicReferenceArray<Scratch> POOL =
            new AtomicReferenceArray<>(POOL_COUNT);

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** The argument that a handle made with errno capture takes first. */
    final MemorySegment state;

    /** Not cleared: holds what the last call left. */
    final MemorySegment struct;

    private final int poolIndex;

    private Scratch(int poolIndex) {
        this.poolIndex = poolIndex;
        Arena untilUnreachable = Arena.ofAuto();
        state = untilUnreachable.allocate(STATE);
        struct = untilUnreachable.allocate(STRUCT_BYTES, Long.BYTES);
    }

    static Scratch take() {
        int poolIndex = (int) Thread.currentThread().threadId() & POOL_COUNT - 1;
        Scratch pooled = POOL.getAndSet(poolIndex, null);
        if (pooled == null) { // taken already, by the caller most likely: a struct around a call
            pooled = POOL.getAndSet(poolIndex ^ 1, null);
        }
        return pooled != null ? pooled : new Scratch(poolIndex);
    }

    /** The result of the call, or {@code -errno} when it was -1. */
    long result(long result) {
        return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    }

    int result(int result) {
        return (int) result((long) result);
    }

    /** Without room in the pool it is left to the garbage collector. */
    @Override
    public void close() {
        if (!POOL.compareAndSet(poolIndex, null, this)) {
            POOL.compareAndSet(poolIndex ^ 1, null, this);
        }
    }
}
