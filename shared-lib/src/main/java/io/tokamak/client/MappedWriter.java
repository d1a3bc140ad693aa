package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.segment.Lane;
import io.tokamak.segment.RecordHeader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object written in place into a lane of its own. The tail moves once, at the seal (R8); the
 * segment that a caller writes ends before that, so that nothing can be written afterwards.
 */
final class MappedWriter implements ObjectWriter {
    private static final long UNKNOWN = -1;
    private static final long FIRST_EXTENT_BYTES = 1 << 20;
    private static final int STREAM_BUFFER_BYTES = 256 << 10;

    private final Puts puts;
    private final Attachment attachment;
    private final Writing writing;
    private final PutPlan plan;
    private final ObjectId id;
    private final long announced;
    private Lane lane;
    private long position;
    private @Nullable Arena arena;
    private @Nullable MemorySegment segment;

    /** How it ended; null: it is open. */
    private @Nullable String end;

    /**
     * Leases what the object needs.
     *
     * @param announced payload bytes, or {@link #UNKNOWN}
     * @param capacity payload bytes to lease for
     * @param reserve the name's id, if nobody else may write it meanwhile
     */
    private MappedWriter(
            Puts puts,
            Attachment attachment,
            PutPlan plan,
            long announced,
            long capacity,
            @Nullable ObjectId reserve) {
        this.puts = puts;
        this.attachment = attachment;
        this.writing = attachment.writing();
        this.plan = plan;
        this.announced = announced;
        this.id = plan.namedId() != null ? plan.namedId() : writing.ids().next();
        this.lane =
                writing.lanes()
                        .leaseSingle(
                                PoolFile.recordBytesMax(plan.encoded().length, capacity),
                                reserve,
                                Deadline.after(plan.options().timeout()));
    }

    static MappedWriter ofLength(Puts puts, Attachment attachment, PutPlan plan, long sizeBytes) {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("size " + sizeBytes);
        }
        return new MappedWriter(puts, attachment, plan, sizeBytes, sizeBytes, plan.namedId())
                .opened();
    }

    static MappedWriter ofUnknownLength(Puts puts, Attachment attachment, PutPlan plan) {
        return ofLengthAtMost(puts, attachment, plan, FIRST_EXTENT_BYTES - PoolFile.BLOCK_BYTES);
    }

    /** Has room for so many bytes without another lease. */
    static MappedWriter ofLengthAtMost(
            Puts puts, Attachment attachment, PutPlan plan, long sizeBytesMax) {
        return new MappedWriter(puts, attachment, plan, UNKNOWN, sizeBytesMax, plan.namedId())
                .opened();
    }

    /**
     * The name stays free until the seal.
     *
     * @param sizeBytes payload bytes, or less than 0 when not known
     */
    static MappedWriter withoutClaim(
            Puts puts, Attachment attachment, PutPlan plan, long sizeBytes) {
        boolean known = sizeBytes >= 0;
        return new MappedWriter(
                        puts,
                        attachment,
                        plan,
                        known ? sizeBytes : UNKNOWN,
                        known ? sizeBytes : FIRST_EXTENT_BYTES - PoolFile.BLOCK_BYTES,
                        null)
                .opened();
    }

    private MappedWriter opened() {
        attachment.addWriter(this);
        return this;
    }

    @Override
    public ObjectId id() {
        return id;
    }

    @Override
    public synchronized MemorySegment segment() {
        checkOpen();
        if (announced == UNKNOWN) {
            throw new InvalidState(
                    "the length of the object is not known",
                    "append with write(), or announce the length");
        }
        return writable(announced);
    }

    /** The payload's place up to that length, as long as the writer is open. */
    @SuppressWarnings("MustBeClosedChecker") // closed with the writer
    synchronized MemorySegment writable(long length) {
        MemorySegment known = segment;
        if (known == null) {
            Arena own = Arena.ofShared();
            arena = own;
            lane.warm(payloadOffset());
            writing.lanes().pages().warm(payloadOffset(), payloadOffset() + length);
            known =
                    segment =
                            writing.pool()
                                    .segment()
                                    .asSlice(payloadOffset(), length)
                                    .reinterpret(own, null);
        }
        return known;
    }

    /** While the length is not known, the payload is placed as a long one. */
    private long payloadOffset() {
        return PoolFile.payloadOffset(
                lane.location(),
                plan.encoded().length,
                announced == UNKNOWN ? PoolFile.ALIGNED_PAYLOAD_BYTES_MIN : announced);
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public void write(ByteBuffer part) {
        write(MemorySegment.ofBuffer(part));
        part.position(part.limit());
    }

    @Override
    public void write(MemorySegment part) {
        write(List.of(part));
    }

    @Override
    public synchronized void write(List<MemorySegment> parts) {
        checkOpen();
        long size = 0;
        for (MemorySegment part : parts) {
            size = Math.addExact(size, part.byteSize());
        }
        makeRoom(size);
        Copier.copy(
                parts, size, writing.pool(), payloadOffset() + position, writing.lanes().pages());
        position += size;
        KillPoint.reached("stream.written");
    }

    private void makeRoom(long more) {
        if (announced != UNKNOWN) {
            if (more > announced - position) {
                throw new InvalidState(
                        "%d bytes written, %d announced".formatted(position + more, announced),
                        "announce the right length, or none");
            }
            return;
        }
        long needed = payloadOffset() + position + more;
        if (needed > lane.extentEnd()) {
            grow(position + more);
        }
    }

    /** Doubles the extent if there is room, in place if that is free. */
    private void grow(long length) {
        Deadline deadline = Deadline.after(plan.options().timeout());
        long needed = PoolFile.recordBytesMax(plan.encoded().length, length);
        long welcome = Math.max(needed, 2 * position);
        writing.lanes().extend(lane, welcome, deadline);
        KillPoint.reached("stream.extended");
        if (payloadOffset() + length > lane.extentEnd()) {
            move(needed, welcome, deadline);
        }
    }

    /** Goes on elsewhere. The name is not reserved any more: the seal says who was first. */
    private void move(long needed, long welcome, Deadline deadline) {
        Lane next = writing.lanes().leaseGrowing(needed, welcome, deadline);
        KillPoint.reached("stream.leased");
        Lane previous = lane;
        MemorySegment written = writing.pool().segment().asSlice(payloadOffset(), position);
        lane = next;
        Copier.copy(written, writing.pool(), payloadOffset(), writing.lanes().pages());
        KillPoint.reached("stream.moved");
        if (plan.isNamed()) {
            writing.lanes().giveBackNow(previous, deadline);
        } else {
            writing.lanes().giveBack(previous);
        }
    }

    @Override
    public long writeFrom(InputStream stream) {
        byte[] buffer = new byte[STREAM_BUFFER_BYTES];
        long total = 0;
        try {
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                write(MemorySegment.ofArray(buffer).asSlice(0, read));
                total += read;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return total;
    }

    @Override
    public synchronized Stored seal() {
        checkOpen();
        return seal(announced == UNKNOWN ? position : announced);
    }

    /** Seals with the first so many bytes of the payload's place. */
    synchronized Stored seal(long length) {
        checkOpen();
        closeSegment();
        Memory pool = writing.pool();
        int metadataLength = plan.encoded().length;
        long location = lane.location();
        long written = payloadOffset();
        long place = PoolFile.payloadOffset(location, metadataLength, length);
        if (place != written) { // shorter than it was placed for
            MemorySegment.copy(pool.segment(), written, pool.segment(), place, length);
        }
        RecordHeader.write(pool, location, id, plan.encoded(), length);
        KillPoint.reached("put.written");
        return plan.isNamed() ? sealNamed(place, length) : sealAnonymous(length);
    }

    private Stored sealAnonymous(long length) {
        puts.checkNotFenced(attachment);
        lane.commit(PoolFile.recordEnd(lane.location(), plan.encoded().length, length));
        end("sealed");
        return new Stored(id, null, length, 0, true);
    }

    /**
     * What is there already is compared before the commit: after an answer of EXISTS these bytes
     * are gone.
     */
    private Stored sealNamed(long place, long length) {
        puts.checkNotFenced(attachment);
        MemorySegment payload = writing.pool().segment().asSlice(place, length);
        Deadline deadline = Deadline.after(plan.options().timeout());
        Stored existing = puts.existing(attachment, plan, payload);
        if (existing != null) {
            end("sealed");
            return existing;
        }
        int answer =
                lane.commitNamed(
                        PoolFile.recordEnd(lane.location(), plan.encoded().length, length),
                        deadline);
        long incarnation = lane.answeredIncarnation();
        end("sealed");
        if (answer == SessionFile.ANSWER_EXISTS) {
            throw puts.exists(plan, incarnation);
        }
        puts.checkCreated(attachment, plan, answer);
        return new Stored(id, plan.options().name(), length, incarnation, true);
    }

    @Override
    public void abort() {
        end("aborted");
    }

    @Override
    public void close() {
        end("closed");
    }

    /** Gives the memory back, whatever was committed. Nothing if it has ended before. */
    synchronized void end(String how) {
        if (end == null) {
            closeSegment();
            end = how;
            writing.lanes().giveBack(lane);
            attachment.removeWriter(this);
        }
    }

    private void closeSegment() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void checkOpen() {
        if (end != null) {
            throw InvalidState.used("writer", end);
        }
    }
}
