package io.tokamak.values.arrow;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A channel that keeps what is written: the vectors' buffers where they lie, as they stay there
 * until the put has returned; everything small, which the writer uses again, as a copy.
 */
final class CapturedParts implements WritableByteChannel {
    private static final int COPIED_BYTES_MAX = 8 << 10;

    private final List<MemorySegment> parts = new ArrayList<>();
    private boolean isOpen = true;

    List<MemorySegment> parts() {
        return parts;
    }

    @Override
    public int write(ByteBuffer source) {
        int size = source.remaining();
        MemorySegment bytes = MemorySegment.ofBuffer(source);
        boolean isCopied = size <= COPIED_BYTES_MAX || !source.isDirect();
        parts.add(isCopied ? MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE)) : bytes);
        source.position(source.limit());
        return size;
    }

    @Override
    public boolean isOpen() {
        return isOpen;
    }

    @Override
    public void close() {
        isOpen = false;
    }
}
