package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tokamak.layout.Folder;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.Group;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.SessionFenced;
import io.tokamak.proto.local.v1.DeleteRequest;
import io.tokamak.proto.local.v1.DeleteResponse;
import io.tokamak.proto.local.v1.DescribeRequest;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.ListResponse;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Presence;
import io.tokamak.proto.local.v1.ResolveRequest;
import io.tokamak.proto.local.v1.ResolveResponse;
import io.tokamak.proto.local.v1.StatusRequest;
import io.tokamak.proto.local.v1.WatchRequest;
import io.tokamak.segment.Lane;
import io.tokamak.segment.Lanes;
import io.tokamak.segment.RecordHeader;
import io.tokamak.session.Control;
import io.tokamak.session.Pinned;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the node's shared memory. What it asks of every call comes first: one look at
 * whether the store was retired (I33), the session is gone, or the process is a fork; then the call
 * goes on with the {@link Attachment} that stands, or with a new one.
 */
final class MappedClient implements TokamakClient {
    /** Up to here a copy is cheaper than the pin. */
    private static final int COPY_BYTES_MAX = 64 << 10;

    /** A stream that ends before is put like an array. */
    private static final int STREAM_BUFFER_BYTES = 256 << 10;

    private static final int IDS_PER_CALL = 100_000;
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final long SLEEP_NANOS_MAX = Futex.patience(TimeUnit.SECONDS.toNanos(1));
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** How long a node that was woken needs to drain, mostly. */
    private static final long DRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long GLANCE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    /**
     * How often a named put begins again because the object that had the name was deleted
     * meanwhile.
     */
    private static final int NAME_TRIES = 100;

    private final ConnectOptions options;
    private final Control control;
    private final Keeper keeper;
    private final ReentrantLock attaching = new ReentrantLock();
    private volatile Attachment current;
    private volatile boolean closed;
    private volatile @Nullable PutPlan lastPlan;
    private volatile @Nullable String nodeId;

    private MappedClient(
            ConnectOptions options, Control control, Keeper keeper, Attachment attachment) {
        this.options = options;
        this.control = control;
        this.keeper = keeper;
        this.current = attachment;
    }

    static TokamakClient connect(ConnectOptions options) {
        Control control = new Control(new Folder(options.folder()));
        Keeper keeper = new Keeper(control);
        try {
            Attachment attachment =
                    Attachment.open(
                            control,
                            options.name(),
                            keeper::wake,
                            Deadline.after(options.timeout()));
            keeper.keep(attachment);
            keeper.start();
            return new MappedClient(options, control, keeper, attachment);
        } catch (RuntimeException | Error e) {
            control.close();
            throw e;
        }
    }

    private Attachment attachment() {
        Attachment known = current;
        return known.isCurrent() && !known.isForkedChild() ? known : attachAgain(known);
    }

    private Attachment attachAgain(Attachment previous) {
        if (previous.isForkedChild()) {
            throw new InvalidState(
                    "this process was forked from the one that connected",
                    "connect again in the child");
        }
        attaching.lock();
        try {
            if (closed) {
                throw InvalidState.used("client", "closed");
            }
            if (current != previous) {
                return current;
            }
            Attachment next =
                    Attachment.open(
                            control,
                            options.name(),
                            keeper::wake,
                            Deadline.after(options.timeout()));
            keeper.keep(next);
            current = next;
            nodeId = null;
            keeper.wake(); // it ends the previous one
            return next;
        } finally {
            attaching.unlock();
        }
    }

    /** Whether to begin a call again that ran into the end of its attachment. */
    private boolean isOver(Attachment attachment) {
        if (!attachment.isEnding()) {
            return false;
        }
        if (closed) {
            throw InvalidState.used("client", "closed");
        }
        return true;
    }

    /** For calls that go to the node whatever the caller's deadline: a restart is waited for. */
    private Deadline controlDeadline() {
        return Deadline.after(options.timeout());
    }

    @Override
    public Locality locality() {
        return new Locality(
                true, "store " + attachment().storeNumber() + " mapped from " + options.folder());
    }

    // ---- writing

    @Override
    public Stored put(byte[] payload, PutOptions putOptions) {
        return put(MemorySegment.ofArray(payload), putOptions);
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions putOptions) {
        return put(MemorySegment.ofBuffer(payload), putOptions);
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions putOptions) {
        long length = payload.byteSize();
        for (int tries = 1; ; tries++) {
            Attachment attachment = attachment();
            PutPlan plan = plan(putOptions, attachment);
            checkNotFenced(attachment);
            Stored stored =
                    length <= Lanes.SHARED_RECORD_BYTES_MAX
                            ? putShared(attachment, plan, payload)
                            : putSingle(attachment, plan, payload);
            if (stored != null) {
                return stored;
            }
            if (!isOver(attachment) && tries >= NAME_TRIES) {
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

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions putOptions) {
        Attachment known = current;
        Writing writing = known.writingIfBegun();
        if (putOptions.name() != null
                || payload.remaining() > Lanes.SHARED_RECORD_BYTES_MAX
                || writing == null
                || !known.isCurrent()
                || known.isForkedChild()) {
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
        Memory pool = writing.pool();
        ObjectId namedId = plan.namedId();
        ObjectId id = namedId != null ? namedId : lane.nextId(writing.ids());
        long length = payload.byteSize();
        byte[] metadata = plan.encoded();
        long location = lane.location();
        if (metadata.length > 0) {
            pool.copyFrom(location + PoolFile.HEADER_BYTES, metadata, 0, metadata.length);
        }
        RecordHeader.write(
                pool,
                location,
                Long.reverseBytes(id.mostSignificantBits()),
                Long.reverseBytes(id.leastSignificantBits()),
                length,
                metadata.length);
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
                name, id, "node " + nodeId(), Incarnation.createdAt(Math.max(0, incarnation)));
    }

    @Override
    public Stored put(InputStream payload, PutOptions putOptions) {
        try {
            byte[] head = payload.readNBytes(STREAM_BUFFER_BYTES);
            if (head.length < STREAM_BUFFER_BYTES) {
                return put(head, putOptions);
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
        Attachment attachment = attachment();
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

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        if (sizeBytesMax > Lanes.SHARED_RECORD_BYTES_MAX) {
            return putInPlaceLarge(sizeBytesMax, writer, putOptions);
        }
        if (putOptions.name() != null) {
            // When the name turns out to be taken, the lane's bytes are gone, and needed once more.
            return Filling.put(this, sizeBytesMax, writer, putOptions);
        }
        while (true) {
            Attachment attachment = attachment();
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
            isOver(attachment);
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
        pool.copyFrom(location + PoolFile.HEADER_BYTES, plan.encoded(), 0, metadataLength);
        ObjectId id = lane.nextId(writing.ids());
        RecordHeader.write(
                pool,
                location,
                Long.reverseBytes(id.mostSignificantBits()),
                Long.reverseBytes(id.leastSignificantBits()),
                length,
                metadataLength);
        KillPoint.reached("put.written");
        lane.commit(PoolFile.recordEnd(location, metadataLength, length));
        return new Stored(id, null, length, 0, true);
    }

    private Stored putInPlaceLarge(
            long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        Attachment attachment = attachment();
        checkNotFenced(attachment);
        try (MappedWriter open =
                MappedWriter.ofLengthAtMost(
                        this, attachment, plan(putOptions, attachment), sizeBytesMax)) {
            return open.seal(Filling.fill(open.writable(sizeBytesMax), writer));
        }
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions putOptions) {
        Attachment attachment = attachment();
        checkNotFenced(attachment);
        return MappedWriter.ofLength(this, attachment, freePlan(putOptions, attachment), sizeBytes);
    }

    @Override
    public ObjectWriter create(PutOptions putOptions) {
        Attachment attachment = attachment();
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

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions putOptions) {
        Attachment attachment = attachment();
        checkNotFenced(attachment);
        return MappedWriter.withoutClaim(
                this, attachment, plan(putOptions, attachment), sizeBytes.orElse(-1));
    }

    // ---- reading

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        Attachment attachment = attachment();
        Pinned pinned = attachment.pins().scratch();
        return attachment.pin(id, null, pinned)
                ? new HeldView(attachment, id, pinned)
                : getMissing(id, null, deadline);
    }

    @Override
    public ObjectView get(ObjectName name, Deadline deadline) {
        ObjectId id = ObjectId.named(name);
        HeldView view = pin(id, name);
        return view != null ? view : getMissing(id, name, deadline);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        return pinIfCurrent(id, null);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        return pinIfCurrent(ObjectId.named(name), name);
    }

    private @Nullable HeldView pinIfCurrent(ObjectId id, @Nullable ObjectName name) {
        Attachment known = current;
        return known.isCurrent() && !known.isForkedChild() ? known.pin(id, name) : null;
    }

    private @Nullable HeldView pin(ObjectId id, @Nullable ObjectName name) {
        while (true) {
            Attachment attachment = attachment();
            HeldView view = attachment.pin(id, name);
            if (view != null || !isOver(attachment)) {
                return view;
            }
        }
    }

    /** The index does not show it: asks the node, and waits until the deadline. */
    private HeldView getMissing(ObjectId id, @Nullable ObjectName name, Deadline deadline) {
        Deadline patience = deadline.remainingNanos() > 0 ? deadline : controlDeadline();
        while (true) {
            boolean isThere = awaitOne(id, deadline);
            HeldView view = pin(id, name);
            if (view != null) {
                return view;
            }
            // "There" and not to be seen: a move in the index, or on its way back from disk.
            boolean isHopeless =
                    isThere ? patience.isExpired() || isOtherName(id, name) : deadline.isExpired();
            if (isHopeless) {
                throw name == null ? new ObjectNotFound(id) : new ObjectNotFound(name);
            }
            if (isThere) {
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    /** Another name has the same digest: there will not be an object of this one. */
    private boolean isOtherName(ObjectId id, @Nullable ObjectName name) {
        if (name == null) {
            return false;
        }
        try (HeldView other = pin(id, null)) {
            return other != null && !name.equals(other.metadata().name());
        }
    }

    private boolean awaitOne(ObjectId id, Deadline deadline) {
        if (deadline.isExpired()) {
            return resolve(List.of(id), controlDeadline()).contains(id);
        }
        return !await(List.of(id), 1, deadline).ready().isEmpty();
    }

    /** Which of them are there, after all lanes were drained. */
    private Set<ObjectId> resolve(List<ObjectId> ids, Deadline deadline) {
        Set<ObjectId> present = new HashSet<>();
        for (int from = 0; from < ids.size(); from += IDS_PER_CALL) {
            List<ObjectId> part = ids.subList(from, Math.min(ids.size(), from + IDS_PER_CALL));
            ResolveRequest.Builder request = ResolveRequest.newBuilder();
            part.forEach(id -> request.addIds(Descriptions.bytes(id)));
            ResolveResponse response =
                    control.call(deadline, stub -> stub.resolve(request.build()));
            for (int i = 0; i < part.size() && i < response.getPresencesCount(); i++) {
                if (response.getPresences(i) == Presence.PRESENCE_PRESENT) {
                    present.add(part.get(i));
                }
            }
        }
        return present;
    }

    @Override
    public ObjectViews getAll(List<ObjectId> ids, Deadline deadline) {
        HeldView[] views = new HeldView[ids.size()];
        boolean done = false;
        try {
            if (!pinAll(ids, views)) {
                awaitMissing(ids, views, deadline);
            }
            done = true;
            return new HeldViews(views);
        } finally {
            if (!done) {
                for (HeldView view : views) {
                    if (view != null) {
                        view.close();
                    }
                }
            }
        }
    }

    private boolean pinAll(List<ObjectId> ids, @Nullable HeldView[] views) {
        Attachment attachment = attachment();
        Attachment.Batch batch = new Attachment.Batch();
        boolean all = true;
        for (int from = 0; from < views.length; from += Attachment.Batch.COUNT_MAX) {
            int to = Math.min(views.length, from + Attachment.Batch.COUNT_MAX);
            all &= attachment.pinAll(ids, views, from, to, batch);
        }
        return all;
    }

    private void awaitMissing(List<ObjectId> ids, @Nullable HeldView[] views, Deadline deadline) {
        List<ObjectId> missing = missing(ids, views);
        List<ObjectId> pending =
                deadline.isExpired()
                        ? without(missing, resolve(missing, controlDeadline()))
                        : await(missing, missing.size(), deadline).pending();
        if (!pending.isEmpty()) {
            ObjectNotFound first = new ObjectNotFound(pending.getFirst());
            pending.stream().skip(1).map(ObjectNotFound::new).forEach(first::addSuppressed);
            throw first;
        }
        for (int i = 0; i < views.length; i++) {
            if (views[i] == null) {
                views[i] = getMissing(ids.get(i), null, deadline);
            }
        }
    }

    private static List<ObjectId> without(List<ObjectId> ids, Set<ObjectId> others) {
        return ids.stream().filter(id -> !others.contains(id)).toList();
    }

    @Override
    public byte[] read(ObjectId id, Deadline deadline) {
        byte[] copy = copy(id, null);
        return copy != null ? copy : bytes(get(id, deadline));
    }

    @Override
    public byte[] read(ObjectName name, Deadline deadline) {
        byte[] copy = copy(ObjectId.named(name), name);
        return copy != null ? copy : bytes(get(name, deadline));
    }

    private byte @Nullable [] copy(ObjectId id, @Nullable ObjectName name) {
        while (true) {
            Attachment attachment = attachment();
            byte[] copy = attachment.copy(id, name, COPY_BYTES_MAX);
            if (copy != null || !isOver(attachment)) {
                return copy;
            }
        }
    }

    private static byte[] bytes(ObjectView view) {
        try (view) {
            if (view.sizeBytes() > Integer.MAX_VALUE - 8) {
                throw new InvalidState(
                        "object " + view.id() + " of " + view.sizeBytes() + " bytes fits no array",
                        "get a view of it");
            }
            return view.segment().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    // ---- waiting

    @Override
    public WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline) {
        List<ObjectId> all = List.copyOf(ids);
        int wanted = Math.min(count, all.size());
        Progress progress = new Progress(all, wanted);
        // Who does not wait at all still waits for the node's word, by the client's deadline.
        Deadline patience = deadline.isExpired() ? controlDeadline() : deadline;
        while (!progress.look(attachment()) && !awaitSeals(progress, deadline)) {
            if (deadline.isExpired()) {
                progress.add(resolve(progress.pending(), patience));
                break;
            }
        }
        return progress.result();
    }

    /**
     * Whether enough are there; false also when the node has to be told again, or the deadline has
     * passed.
     */
    private boolean awaitSeals(Progress progress, Deadline deadline) {
        if (deadline.isExpired()) {
            return false;
        }
        Attachment attachment = attachment();
        Interests interests = attachment.interests();
        List<ObjectId> pending = progress.pending();
        int resumptions = attachment.session().resumptions();
        interests.add(pending);
        try {
            progress.add(interests.tell(pending, deadline));
            long spinUntil = System.nanoTime() + SPIN_NANOS;
            while (attachment.isCurrent() && !interests.isForgotten(resumptions) && !closed) {
                int seen = interests.notified();
                if (progress.look(attachment)) {
                    return true;
                }
                long remaining = deadline.remainingNanos();
                if (remaining == 0) {
                    return false;
                }
                if (System.nanoTime() - spinUntil < 0) {
                    Thread.onSpinWait();
                } else {
                    interests.sleep(seen, Math.min(remaining, SLEEP_NANOS_MAX));
                }
            }
            return false;
        } catch (NodeDown away) {
            return false; // the deadline has passed, or the next attempt says so
        } finally {
            interests.remove(pending);
        }
    }

    /** Which of the objects that a wait is for were seen. For one thread. */
    private static final class Progress {
        private final List<ObjectId> ids;
        private final boolean[] ready;
        private final int wanted;
        private int readyCount;

        Progress(List<ObjectId> ids, int wanted) {
            this.ids = ids;
            this.ready = new boolean[ids.size()];
            this.wanted = wanted;
        }

        /** Looks at the index and returns whether enough are there. */
        boolean look(Attachment attachment) {
            for (int i = 0; i < ready.length && readyCount < wanted; i++) {
                if (!ready[i] && attachment.shows(ids.get(i))) {
                    mark(i);
                }
            }
            return readyCount >= wanted;
        }

        void add(Set<ObjectId> present) {
            for (int i = 0; i < ready.length && !present.isEmpty(); i++) {
                if (!ready[i] && present.contains(ids.get(i))) {
                    mark(i);
                }
            }
        }

        private void mark(int i) {
            ready[i] = true;
            readyCount++;
        }

        List<ObjectId> pending() {
            return result().pending();
        }

        WaitResult result() {
            List<ObjectId> seen = new ArrayList<>();
            List<ObjectId> pending = new ArrayList<>();
            for (int i = 0; i < ready.length; i++) {
                (ready[i] ? seen : pending).add(ids.get(i));
            }
            return new WaitResult(List.copyOf(seen), List.copyOf(pending));
        }
    }

    // ---- asking the node

    @Override
    public boolean contains(ObjectId id) {
        return peek(id) || !resolve(List.of(id), controlDeadline()).isEmpty();
    }

    @Override
    public boolean peek(ObjectId id) {
        while (true) {
            Attachment attachment = attachment();
            boolean shows = attachment.shows(id);
            if (!isOver(attachment)) {
                return shows;
            }
        }
    }

    @Override
    public @Nullable ObjectInfo head(ObjectId id) {
        checkOpen();
        DescribeRequest request =
                DescribeRequest.newBuilder().setId(Descriptions.bytes(id)).build();
        Optional<ObjectDescription> description =
                control.call(
                        controlDeadline(),
                        stub -> {
                            try {
                                return Optional.of(stub.describe(request));
                            } catch (StatusRuntimeException failure) {
                                if (failure.getStatus().getCode() == Status.Code.NOT_FOUND) {
                                    return Optional.empty();
                                }
                                throw failure;
                            }
                        });
        return description.map(this::info).orElse(null);
    }

    @Override
    public List<@Nullable ObjectInfo> headAll(List<ObjectId> ids) {
        checkOpen();
        @Nullable ObjectInfo[] found = new ObjectInfo[ids.size()];
        String home = nodeId();
        boolean isAll = describe(ids, found, home);
        Writing writing = isAll ? null : attachment().writingIfBegun();
        if (writing != null) { // whoever put them just now is mostly this process
            writing.doorbell().ring();
            long begun = System.nanoTime();
            while (!isAll && System.nanoTime() - begun < DRAIN_NANOS) {
                LockSupport.parkNanos(GLANCE_NANOS);
                isAll = describe(ids, found, home);
            }
        }
        if (!isAll) {
            Set<ObjectId> present = resolve(missing(ids, found), controlDeadline());
            if (!present.isEmpty()) {
                var _ = describe(ids, found, home);
            }
            for (int i = 0; i < found.length; i++) {
                // "There" and not to be seen: a move in the index.
                if (found[i] == null && present.contains(ids.get(i))) {
                    ObjectInfo info = head(ids.get(i));
                    found[i] = info == null ? null : info.withoutPins();
                }
            }
        }
        return Arrays.asList(found);
    }

    /** Describes those that are null, as far as the index shows them; whether it shows all. */
    private boolean describe(List<ObjectId> ids, @Nullable ObjectInfo[] found, String home) {
        Attachment attachment = attachment();
        boolean isAll = true;
        for (int i = 0; i < found.length; i++) {
            if (found[i] == null) {
                found[i] = attachment.describe(ids.get(i), home);
                isAll &= found[i] != null;
            }
        }
        return isAll;
    }

    private static List<ObjectId> missing(List<ObjectId> ids, @Nullable Object[] found) {
        List<ObjectId> missing = new ArrayList<>();
        for (int i = 0; i < found.length; i++) {
            if (found[i] == null) {
                missing.add(ids.get(i));
            }
        }
        return missing;
    }

    @Override
    public @Nullable ObjectInfo head(ObjectName name) {
        ObjectInfo info = head(ObjectId.named(name));
        return info != null && name.equals(info.metadata().name()) ? info : null;
    }

    private ObjectInfo info(ObjectDescription description) {
        int home = description.getStoreNumber();
        String homeId =
                home == 0 || home == attachment().storeNumber()
                        ? nodeId()
                        : "store-" + Integer.toUnsignedString(home);
        return Descriptions.info(description, homeId);
    }

    private String nodeId() {
        String known = nodeId;
        if (known == null) {
            known = nodeId = node().id();
        }
        return known;
    }

    @Override
    public boolean delete(ObjectId id) {
        return deleteAll(List.of(id)) > 0;
    }

    @Override
    public boolean delete(ObjectName name) {
        ObjectId id = ObjectId.named(name);
        return !isOtherName(id, name) && delete(id);
    }

    @Override
    public long deleteAll(Collection<ObjectId> ids) {
        return deleteEach(List.copyOf(ids)).cardinality();
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        checkOpen();
        BitSet wereThere = new BitSet();
        for (int from = 0; from < ids.size(); from += IDS_PER_CALL) {
            List<ObjectId> part = ids.subList(from, Math.min(ids.size(), from + IDS_PER_CALL));
            ByteString.Output bytes = ByteString.newOutput(part.size() * ObjectId.SIZE_BYTES);
            part.forEach(id -> bytes.write(id.toBytes(), 0, ObjectId.SIZE_BYTES));
            DeleteRequest request = DeleteRequest.newBuilder().setIds(bytes.toByteString()).build();
            DeleteResponse response = control.call(controlDeadline(), stub -> stub.delete(request));
            for (int i = 0; i < response.getWereThere().size(); i++) {
                wereThere.set(from + i, response.getWereThere().byteAt(i) != 0);
            }
        }
        return wereThere;
    }

    @Override
    public long deleteGroup(Group group) {
        checkOpen();
        DeleteRequest request =
                DeleteRequest.newBuilder().setGroup(Descriptions.group(group)).build();
        DeleteResponse response = control.call(controlDeadline(), stub -> stub.delete(request));
        return response.getDeleted();
    }

    @Override
    public Stream<ObjectInfo> list(ListQuery query) {
        checkOpen();
        return ListPage.all(cursor -> page(query, ListPage.LIMIT_MAX, cursor));
    }

    @Override
    public ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        checkOpen();
        ListPage.checkLimit(limit);
        ListRequest.Builder request = Descriptions.request(query).setLimit(limit);
        if (cursor != null) {
            request.setCursor(cursor);
        }
        ListResponse page = page(request.build());
        return new ListPage(
                page.getObjectsList().stream().map(this::info).toList(),
                page.getCursor().isEmpty() ? null : page.getCursor());
    }

    private ListResponse page(ListRequest request) {
        return control.call(controlDeadline(), stub -> stub.list(request));
    }

    @Override
    public AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        checkOpen();
        WatchRequest request = Descriptions.request(query);
        return Watching.begin(
                (_, heard) -> listen(request, heard),
                listener,
                options.folder().toString(),
                options.timeout());
    }

    private void listen(WatchRequest request, Consumer<Watching.Heard> heard) {
        try {
            control.stream()
                    .watch(request)
                    .forEachRemaining(event -> heard.accept(Descriptions.heard(event)));
        } catch (StatusRuntimeException failure) {
            throw control.translate(failure);
        }
    }

    @Override
    public NodeInfo node() {
        checkOpen();
        StatusRequest request = StatusRequest.newBuilder().setSessions(true).build();
        NodeStatus status = control.call(controlDeadline(), stub -> stub.status(request));
        return Descriptions.node(status);
    }

    @Override
    public NodeActivity activity(int pinnedMax) {
        checkOpen();
        StatusRequest request =
                StatusRequest.newBuilder().setSessions(true).setPinnedMax(pinnedMax).build();
        NodeStatus status = control.call(controlDeadline(), stub -> stub.status(request));
        return Descriptions.activity(status, this::info);
    }

    private void checkOpen() {
        if (closed) {
            throw InvalidState.used("client", "closed");
        }
    }

    @Override
    public void close() {
        attaching.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            attaching.unlock();
        }
        current.outdate();
        keeper.close(options.timeout());
    }
}
