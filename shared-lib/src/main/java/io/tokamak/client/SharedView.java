package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A view for any threads: keeps I5. Every access goes through a shared arena, whose end waits for
 * accesses under way and fails those that come later; only then the pin goes.
 */
final class SharedView implements ObjectView {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** What is pinned; never used as a view itself. */
    private final HeldView pinned;

    private final AtomicInteger count;

    @SuppressWarnings("MustBeClosedChecker") // closed with the view
    private final Arena arena = Arena.ofShared();

    private final MemorySegment segment;

    /** Header and metadata under the same arena. */
    private final MemorySegment head;

    private boolean closed;

    /** A view that the caller has counted. */
    SharedView(HeldView pinned, AtomicInteger count) {
        this.pinned = pinned;
        this.count = count;
        this.segment =
                pinned.holding().pool().view(pinned.payloadOffset(), pinned.sizeBytes(), arena);
        this.head =
                pinned.holding()
                        .pool()
                        .view(
                                pinned.location,
                                PoolFile.HEADER_BYTES + pinned.metadataLength,
                                arena);
    }

    @Override
    public ObjectId id() {
        return pinned.id();
    }

    @Override
    public long incarnation() {
        return pinned.incarnation();
    }

    @Override
    public long sizeBytes() {
        return pinned.sizeBytes();
    }

    @Override
    public ObjectMetadata metadata() {
        byte[] encoded =
                head.asSlice(PoolFile.HEADER_BYTES, pinned.metadataLength)
                        .toArray(ValueLayout.JAVA_BYTE);
        return MetadataCodec.decode(encoded);
    }

    @Override
    public MemorySegment segment() {
        if (!arena.scope().isAlive()) {
            throw closed();
        }
        return segment;
    }

    @Override
    public long getLong(long offset) {
        return segment.get(LONG, offset);
    }

    @Override
    public byte getByte(long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset);
    }

    @Override
    public ByteBuffer byteBuffer() {
        return HeldView.buffer(segment(), pinned.id());
    }

    /** New for each call: their position is for one thread. */
    @Override
    public Bytes<?> bytes() {
        return SegmentBytesStore.bytesForRead(segment());
    }

    @Override
    public @Nullable Place place() {
        return pinned.place();
    }

    @Override
    public ObjectView dup() {
        addView();
        return pinned.unbound(count);
    }

    @Override
    public ObjectView share() {
        addView();
        return new SharedView(pinned, count);
    }

    private synchronized void addView() {
        if (closed) {
            throw closed();
        }
        count.incrementAndGet();
    }

    private IllegalStateException closed() {
        return new IllegalStateException("the view of object " + pinned.id() + " is closed");
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            arena.close(); // or throws, as long as a system call reads the segment: then the pin
            // stays
            closed = true;
        }
        if (count.decrementAndGet() == 0) {
            pinned.holding().release(pinned.pin());
        }
    }

    @Override
    public String toString() {
        return "shared view of " + pinned.id() + ", " + pinned.sizeBytes() + " bytes";
    }
}
