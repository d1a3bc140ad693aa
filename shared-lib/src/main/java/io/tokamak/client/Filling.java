package io.tokamak.client;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import net.openhft.chronicle.bytes.Bytes;

/** Lets a caller's lambda write an object in place. */
final class Filling {
    private Filling() {}

    /**
     * Lets the writer fill the segment, which it cannot reach afterwards, and returns how much it
     * wrote.
     */
    static long fill(MemorySegment place, Consumer<Bytes<?>> writer) {
        try (Arena arena = Arena.ofConfined()) {
            Bytes<?> bytes = SegmentBytesStore.bytesForWrite(place.reinterpret(arena, null));
            try {
                writer.accept(bytes);
                return bytes.writePosition();
            } finally {
                bytes.releaseLast();
            }
        }
    }

    /** Puts what the writer has written elsewhere than in its place. */
    static Stored put(
            BiFunction<MemorySegment, PutOptions, Stored> put,
            long sizeBytesMax,
            Consumer<Bytes<?>> writer,
            PutOptions putOptions) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scratch =
                    arena.allocate(Math.max(1, sizeBytesMax), 64).asSlice(0, sizeBytesMax);
            long length = fill(scratch, writer);
            return put.apply(scratch.asSlice(0, length), putOptions);
        }
    }
}
