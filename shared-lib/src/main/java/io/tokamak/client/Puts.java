package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.SessionFenced;
import io.tokamak.segment.Lane;
import io.tokamak.segment.RecordHeader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Consumer;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/** Writes objects into the node's memory. Thread-safe. */
final class Puts {
    /** A stream that ends before is put like an array. */
    private static final int STREAM_BUFFER_BYTES = 256 << 10;

    /**
     * How often a named put begins again because the object that had the name was deleted
     * meanwhile.
     */
    private static final int NAME_TRIES = 100;

    private final ConnectOptions options;
    private final Attachments attachments;
    private final NodeCalls node;
    private volatile @Nullable PutPlan lastPlan;

    Puts(ConnectOptions options, Attachments attachments, NodeCalls node) {
        this.options = options;
        this.attachments = attachments;
        this.node = node;
    }

    Stored put(MemorySegment payload, PutOptions putOptions) {
        long length = payload.byteSize();
        for (int tries = 1; ; tries++) {
            Attachment attachment = attachments.current();
            PutPlan plan = plan(putOptions, attachment);
            checkNotFenced(attachment);
            Stored stored =
                    length <= attachment.sharedPayloadBytesMax()
                            ? putShared(attachment, plan, payload)
                            : putSingle(attachment, plan, payload);
            if (stored != null) {
                return stored;
            }
            if (!attachments.isOver(attachment) && tries >= NAME_TRIES) {
                throw new DeadlineExceeded(
                        "a put of " + putOptions.name() + ", which came and went,", Duration.ZERO);
            }
        }
    }

    private PutPlan plan(PutOptions putOptions, Attachment attachment) {
        PutPlan last = lastPlan;
        if (last != null && last.isFor(putOptions, attachment)) {
            return last;
        }
        PutPlan plan = new PutPlan(putOptions, attachment);
        if (plan.isReusable()) {
            lastPlan = plan;
        }
        return plan;
    }

    void checkNotFenced(Attachment attachment) {
        if (attachment.session().isFenced()) {
            attachment.outdate();
            throw new SessionFenced(
                    Integer.toUnsignedString(attachment.session().number()),
                    "the node accepts nothing new from it");
        }
    }

    /** Null: begin again. */
    private @Nullable Stored putShared(Attachment attachment, PutPlan plan, MemorySegment payload) {
        Writing writing = attachment.writing();
        Lane lane = take(writing, plan, payload.byteSize());
        if (lane == null) {
            return null;
        }
        return putInto(attachment, writing, lane, plan, payload);
    }

    /** Into a lane with room, which is given. Null: begin again. */
    private @Nullable Stored putInto(
            Attachment attachment,
            Writing writing,
            Lane lane,
            PutPlan plan,
            MemorySegment payload) {
        try {
            long place =
                    PoolFile.payloadOffset(
                            lane.location(), plan.encoded().length, payload.byteSize());
            writing.pool().copyFrom(place, payload);
            KillPoint.reached("put.copied");
            return commit(attachment, writing, lane, plan, payload);
        } finally {
            writing.lanes().give(lane);
        }
    }

    @Nullable Stored tryPut(ByteBuffer payload, PutOptions putOptions) {
        Attachment known = attachments.currentOrNull();
        Writing writing = known == null ? null : known.writingIfBegun();
        if (known == null
                || writing == null
                || putOptions.name() != null
                || payload.remaining() > known.sharedPayloadBytesMax()) {
            return null;
        }
        PutPlan plan = plan(putOptions, known);
        checkNotFenced(known);
        Lane lane = writing.lanes().takeNow(plan.encoded().length, payload.remaining());
        return lane == null
                ? null
                : putInto(known, writing, lane, plan, MemorySegment.ofBuffer(payload));
    }

    private static @Nullable Lane take(Writing writing, PutPlan plan, long length) {
        Lane lane = writing.lanes().takeOwn(plan.encoded().length, length);
        return lane != null
                ? lane
                : writing.lanes()
                        .take(
                                plan.encoded().length,
                                length,
                                Deadline.after(plan.options().timeout()));
    }

    /** Null: begin again. */
    private @Nullable Stored putSingle(Attachment attachment, PutPlan plan, MemorySegment payload) {
        Writing writing = attachment.writing();
        Deadline deadline = Deadline.after(plan.options().timeout());
        Lane lane;
        try {
            lane =
                    writing.lanes()
                            .leaseSingle(
                                    PoolFile.recordBytesMax(
                                            plan.encoded().length, payload.byteSize()),
                                    plan.namedId(),
                                    deadline);
        } catch (ObjectExists taken) {
            return existingOr(attachment, plan, payload, taken);
        }
        try {
            long place =
                    PoolFile.payloadOffset(
                            lane.location(), plan.encoded().length, payload.byteSize());
            lane.warm(place);
            Copier.copy(payload, writing.pool(), place, writing.lanes().pages());
            KillPoint.reached("put.copied");
            return commit(attachment, writing, lane, plan, payload);
        } finally {
            writing.lanes().giveBack(lane);
        }
    }

    private Stored existingOr(
            Attachment attachment, PutPlan plan, MemorySegment payload, ObjectExists taken) {
        Stored existing = existing(attachment, plan, payload);
        if (existing == null) {
            throw taken;
        }
        return existing;
    }

    /** The payload is in its place. Null: the name was taken, and is no more; begin again. */
    private @Nullable Stored commit(
            Attachment attachment,
            Writing writing,
            Lane lane,
            PutPlan plan,
            MemorySegment payload) {
        ObjectId namedId = plan.namedId();
        ObjectId id = namedId != null ? namedId : lane.nextId(writing.ids());
        long length = payload.byteSize();
        byte[] metadata = plan.encoded();
        long location = lane.location();
        RecordHeader.write(writing.pool(), location, id, metadata, length);
        KillPoint.reached("put.written");
        long recordEnd = PoolFile.recordEnd(location, metadata.length, length);
        if (namedId == null) {
            lane.commit(recordEnd);
            return new Stored(id, null, length, 0, true);
        }
        int answer = lane.commitNamed(recordEnd, Deadline.after(plan.options().timeout()));
        if (answer == SessionFile.ANSWER_EXISTS) {
            return existing(attachment, plan, payload);
        }
        long incarnation = lane.answeredIncarnation();
        checkCreated(attachment, plan, answer);
        return new Stored(id, plan.options().name(), length, incarnation, true);
    }

    void checkCreated(Attachment attachment, PutPlan plan, int answer) {
        if (answer == SessionFile.ANSWER_CREATED) {
            return;
        }
        checkNotFenced(attachment);
        if (answer == SessionFile.ANSWER_REFUSED) {
            throw new NodeDown(
                    options.folder().toString(),
                    "it could not claim the name " + plan.options().name(),
                    Duration.ofMillis(500));
        }
        String unanswered =
                "the put of "
                        + plan.options().name()
                        + " was not answered, and may still take place";
        if (!attachment.session().isConnected()) { // to be tried again, not waited for longer
            throw new NodeDown(options.folder().toString(), unanswered, Duration.ofMillis(500));
        }
        throw new DeadlineExceeded(unanswered + "; it", plan.options().timeout());
    }

    /**
     * What a put answers when its name is taken.
     *
     * @return null: it is not taken any more
     * @throws ObjectExists when the object there differs
     */
    @Nullable Stored existing(Attachment attachment, PutPlan plan, MemorySegment payload) {
        ObjectId id = plan.namedId();
        ObjectName name = plan.options().name();
        if (id == null || name == null) {
            return null;
        }
        try (HeldView there = attachment.pin(id, name)) {
            if (there == null) {
                return null;
            }
            if (there.sizeBytes() != payload.byteSize()
                    || !there.metadata().describesSameAs(plan.metadata())
                    || there.segment().mismatch(payload) >= 0) {
                throw exists(plan, there.incarnation());
            }
            return new Stored(id, name, there.sizeBytes(), there.incarnation(), false);
        }
    }

    ObjectExists exists(PutPlan plan, long incarnation) {
        ObjectId id = plan.namedId();
        ObjectName name = plan.options().name();
        if (id == null || name == null) {
            throw new IllegalStateException("an anonymous object cannot exist before its put");
        }
        return new ObjectExists(
                name, id, "node " + node.nodeId(), Incarnation.createdAt(Math.max(0, incarnation)));
    }

    Stored put(InputStream payload, PutOptions putOptions) {
        try {
            byte[] head = payload.readNBytes(STREAM_BUFFER_BYTES);
            if (head.length < STREAM_BUFFER_BYTES) {
                return put(MemorySegment.ofArray(head), putOptions);
            }
            try (ObjectWriter writer = create(putOptions)) {
                writer.write(MemorySegment.ofArray(head));
                writer.writeFrom(payload);
                return writer.seal();
            } catch (ObjectExists taken) {
                return existingOr(head, payload, putOptions, taken);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A stream that cannot get the name is compared with what has it, as far as it was not read
     * yet.
     */
    private Stored existingOr(
            byte[] head, InputStream rest, PutOptions putOptions, ObjectExists taken)
            throws IOException {
        ObjectName name = putOptions.name();
        if (name == null) {
            throw taken;
        }
        Attachment attachment = attachments.current();
        PutPlan plan = plan(putOptions, attachment);
        try (HeldView there = attachment.pin(ObjectId.named(name), name)) {
            if (there == null || !there.metadata().describesSameAs(plan.metadata())) {
                throw taken;
            }
            long position = 0;
            byte[] part = head;
            while (part.length > 0) {
                if (part.length > there.sizeBytes() - position
                        || there.segment()
                                        .asSlice(position, part.length)
                                        .mismatch(MemorySegment.ofArray(part))
                                >= 0) {
                    throw taken;
                }
                position += part.length;
                part = rest.readNBytes(STREAM_BUFFER_BYTES);
            }
            if (position != there.sizeBytes()) {
                throw taken;
            }
            return new Stored(there.id(), name, position, there.incarnation(), false);
        }
    }

    Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        if (sizeBytesMax > attachments.current().sharedPayloadBytesMax()) {
            return putInPlaceLarge(sizeBytesMax, writer, putOptions);
        }
        if (putOptions.name() != null) {
            // When the name turns out to be taken, the lane's bytes are gone, and needed once more.
            return Filling.put(this::put, sizeBytesMax, writer, putOptions);
        }
        while (true) {
            Attachment attachment = attachments.current();
            checkNotFenced(attachment);
            PutPlan plan = plan(putOptions, attachment);
            Writing writing = attachment.writing();
            Lane lane =
                    take(writing, plan, Math.max(sizeBytesMax, PoolFile.ALIGNED_PAYLOAD_BYTES_MIN));
            if (lane != null) {
                try {
                    return putInPlace(writing, lane, plan, sizeBytesMax, writer);
                } finally {
                    writing.lanes().give(lane);
                }
            }
            attachments.isOver(attachment);
        }
    }

    private static Stored putInPlace(
            Writing writing,
            Lane lane,
            PutPlan plan,
            long sizeBytesMax,
            Consumer<Bytes<?>> writer) {
        Memory pool = writing.pool();
        int metadataLength = plan.encoded().length;
        long location = lane.location();
        long written = PoolFile.payloadOffset(location, metadataLength, sizeBytesMax);
        long length = Filling.fill(pool.segment().asSlice(written, sizeBytesMax), writer);
        long place = PoolFile.payloadOffset(location, metadataLength, length);
        if (place != written) { // shorter than it was placed for
            MemorySegment.copy(pool.segment(), written, pool.segment(), place, length);
        }
        ObjectId id = lane.nextId(writing.ids());
        RecordHeader.write(pool, location, id, plan.encoded(), length);
        KillPoint.reached("put.written");
        lane.commit(PoolFile.recordEnd(location, metadataLength, length));
        return new Stored(id, null, length, 0, true);
    }

    private Stored putInPlaceLarge(
            long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        Attachment attachment = attachments.current();
        checkNotFenced(attachment);
        try (MappedWriter open =
                MappedWriter.ofLengthAtMost(
                        this, attachment, plan(putOptions, attachment), sizeBytesMax)) {
            return open.seal(Filling.fill(open.writable(sizeBytesMax), writer));
        }
    }

    ObjectWriter create(long sizeBytes, PutOptions putOptions) {
        Attachment attachment = attachments.current();
        checkNotFenced(attachment);
        return MappedWriter.ofLength(this, attachment, freePlan(putOptions, attachment), sizeBytes);
    }

    ObjectWriter create(PutOptions putOptions) {
        Attachment attachment = attachments.current();
        checkNotFenced(attachment);
        return MappedWriter.ofUnknownLength(this, attachment, freePlan(putOptions, attachment));
    }

    /** The plan of an object whose name nobody has yet. */
    private PutPlan freePlan(PutOptions putOptions, Attachment attachment) {
        PutPlan plan = plan(putOptions, attachment);
        ObjectId id = plan.namedId();
        if (id != null) {
            try (HeldView there = attachment.pin(id, null)) {
                if (there != null) {
                    throw exists(plan, there.incarnation());
                }
            }
        }
        return plan;
    }

    ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions putOptions) {
        Attachment attachment = attachments.current();
        checkNotFenced(attachment);
        return MappedWriter.withoutClaim(
                this, attachment, plan(putOptions, attachment), sizeBytes.orElse(-1));
    }
}
