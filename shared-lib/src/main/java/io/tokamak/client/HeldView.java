package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.session.Pinned;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A view for one thread: keeps R2's last part and I5. Its loads are program-ordered before the
 * release of its bytes, since both happen in the thread that it is confined to.
 */
final class HeldView implements ObjectView {
    private final Holding holding;
    private final ObjectId id;
    private final long incarnation;
    private final long sizeBytes;
    private final long payloadOffset;
    final long location;
    final int metadataLength;
    private final int pin;

    /** The thread that may use the view; null: it is closed, or no thread has used it yet. */
    private @Nullable Thread owner;

    private boolean closed;

    /** Views of the pin; null: this is the only one. */
    private @Nullable AtomicInteger count;

    private @Nullable Arena arena;
    private @Nullable MemorySegment segment;
    private @Nullable Bytes<?> bytes;
    private @Nullable ObjectMetadata metadata;

    /** A view of the calling thread, which has just pinned this. */
    HeldView(Holding holding, ObjectId id, Pinned pinned) {
        this.holding = holding;
        this.id = id;
        this.incarnation = pinned.incarnation;
        this.location = pinned.location;
        this.metadataLength = pinned.metadataLength;
        this.sizeBytes = pinned.sizeBytes;
        this.payloadOffset = pinned.payloadOffset;
        this.pin = pinned.pin;
        this.owner = Thread.currentThread();
    }

    /** A view of the calling thread, of bytes that need no pin. */
    HeldView(
            Holding holding,
            ObjectId id,
            long incarnation,
            long location,
            int metadataLength,
            long sizeBytes) {
        this.holding = holding;
        this.id = id;
        this.incarnation = incarnation;
        this.location = location;
        this.metadataLength = metadataLength;
        this.sizeBytes = sizeBytes;
        this.payloadOffset = PoolFile.payloadOffset(location, metadataLength, sizeBytes);
        this.pin = 0;
        this.owner = Thread.currentThread();
    }

    /**
     * Another view of the same pin, which the caller has counted, for the thread that uses it
     * first.
     */
    private HeldView(HeldView other, AtomicInteger views) {
        this.holding = other.holding;
        this.id = other.id;
        this.incarnation = other.incarnation;
        this.location = other.location;
        this.metadataLength = other.metadataLength;
        this.sizeBytes = other.sizeBytes;
        this.payloadOffset = other.payloadOffset;
        this.pin = other.pin;
        this.count = views;
    }

    HeldView unbound(AtomicInteger views) {
        return new HeldView(this, views);
    }

    int pin() {
        return pin;
    }

    Holding holding() {
        return holding;
    }

    long payloadOffset() {
        return payloadOffset;
    }

    private void checkAccess() {
        if (owner != Thread.currentThread()) {
            bind();
        }
    }

    /** The first use of a view that came from {@link #dup}; else an error. */
    private synchronized void bind() {
        if (closed) {
            throw new IllegalStateException("the view of object " + id + " is closed");
        }
        if (owner != null) {
            throw new WrongThreadException(
                    "the view of object " + id + " belongs to " + owner + ": dup() or share() it");
        }
        owner = Thread.currentThread();
    }

    @Override
    public ObjectId id() {
        return id;
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public ObjectMetadata metadata() {
        ObjectMetadata known = metadata;
        if (known == null) {
            checkAccess();
            known = metadata = decode(holding, location, metadataLength);
        }
        return known;
    }

    static ObjectMetadata decode(Holding holding, long location, int metadataLength) {
        if (metadataLength == 0) {
            return ObjectMetadata.PLAIN;
        }
        return RecentMetadata.at(holding.pool(), location + PoolFile.HEADER_BYTES, metadataLength);
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // closed with the view
    public MemorySegment segment() {
        checkAccess();
        MemorySegment known = segment;
        if (known == null) {
            Arena own = Arena.ofConfined();
            arena = own;
            known = segment = holding.pool().view(payloadOffset, sizeBytes, own);
        }
        return known;
    }

    @Override
    public long getLong(long offset) {
        checkAccess();
        Objects.checkFromIndexSize(offset, Long.BYTES, sizeBytes);
        return holding.pool().getLongWithin(payloadOffset + offset);
    }

    @Override
    public byte getByte(long offset) {
        checkAccess();
        Objects.checkIndex(offset, sizeBytes);
        return holding.pool().getByteWithin(payloadOffset + offset);
    }

    @Override
    public ByteBuffer byteBuffer() {
        return buffer(segment(), id);
    }

    static ByteBuffer buffer(MemorySegment segment, ObjectId id) {
        if (segment.byteSize() > Integer.MAX_VALUE) {
            throw new IllegalStateException(
                    "object "
                            + id
                            + " has "
                            + segment.byteSize()
                            + " bytes, a ByteBuffer at most 2147483647: use segment()");
        }
        return segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public Bytes<?> bytes() {
        MemorySegment whole = segment();
        Bytes<?> known = bytes;
        if (known == null) {
            known = bytes = SegmentBytesStore.bytesForRead(whole);
        }
        return known;
    }

    @Override
    public @Nullable Place place() {
        return holding.place(payloadOffset, sizeBytes);
    }

    @Override
    public ObjectView dup() {
        return unbound(counted());
    }

    @Override
    public ObjectView share() {
        AtomicInteger views = counted();
        return new SharedView(unbound(views), views);
    }

    /** Counts one view more. */
    private AtomicInteger counted() {
        checkAccess();
        AtomicInteger known = count;
        if (known == null) {
            known = count = new AtomicInteger(1);
        }
        known.incrementAndGet();
        return known;
    }

    @Override
    public void close() {
        if (owner != Thread.currentThread()) {
            if (isClosed()) {
                return;
            }
            bind();
        }
        if (arena != null) {
            arena.close(); // or throws, as long as a system call reads the segment: then the pin
            // stays
        }
        closeBound();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void closeBound() {
        closed = true;
        owner = null;
        KillPoint.reached("view.closed");
        if (count == null || count.decrementAndGet() == 0) {
            holding.release(pin);
        }
    }

    @Override
    public String toString() {
        return "view of " + id + ", " + sizeBytes + " bytes";
    }
}
