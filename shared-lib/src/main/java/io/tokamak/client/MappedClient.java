package io.tokamak.client;

import io.tokamak.layout.Folder;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.session.Control;
import io.tokamak.session.Pinned;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ConnectOptions options;
    private final Attachments attachments;
    private final NodeCalls node;
    private final Puts puts;
    private final Waits waits;

    private MappedClient(ConnectOptions options, Control control, Attachments attachments) {
        this.options = options;
        this.attachments = attachments;
        this.node = new NodeCalls(options, control, attachments);
        this.puts = new Puts(options, attachments, node);
        this.waits = new Waits(attachments, node);
    }

    static TokamakClient connect(ConnectOptions options) {
        Control control = new Control(new Folder(options.folder()));
        try {
            return new MappedClient(options, control, Attachments.open(options, control));
        } catch (RuntimeException | Error e) {
            control.close();
            throw e;
        }
    }

    @Override
    public Locality locality() {
        return new Locality(
                true,
                "store "
                        + attachments.current().storeNumber()
                        + " mapped from "
                        + options.folder());
    }

    // ---- writing

    @Override
    public Stored put(byte[] payload, PutOptions putOptions) {
        return puts.put(MemorySegment.ofArray(payload), putOptions);
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions putOptions) {
        return puts.put(MemorySegment.ofBuffer(payload), putOptions);
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions putOptions) {
        return puts.put(payload, putOptions);
    }

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions putOptions) {
        return puts.tryPut(payload, putOptions);
    }

    @Override
    public Stored put(InputStream payload, PutOptions putOptions) {
        return puts.put(payload, putOptions);
    }

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        return puts.put(sizeBytesMax, writer, putOptions);
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions putOptions) {
        return puts.create(sizeBytes, putOptions);
    }

    @Override
    public ObjectWriter create(PutOptions putOptions) {
        return puts.create(putOptions);
    }

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions putOptions) {
        return puts.createUnclaimed(sizeBytes, putOptions);
    }

    // ---- reading

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        Attachment attachment = attachments.current();
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

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        return copyIfCurrent(id, null, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        return copyIfCurrent(ObjectId.named(name), name, sizeBytesMax);
    }

    private @Nullable ObjectCopy copyIfCurrent(
            ObjectId id, @Nullable ObjectName name, int sizeBytesMax) {
        Attachment known = attachments.currentOrNull();
        return known == null ? null : known.copy(id, name, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectView inspect(ObjectId id) {
        Attachment known = attachments.currentOrNull();
        return known == null ? null : known.inspect(id);
    }

    private @Nullable HeldView pinIfCurrent(ObjectId id, @Nullable ObjectName name) {
        Attachment known = attachments.currentOrNull();
        return known == null ? null : known.pin(id, name);
    }

    private @Nullable HeldView pin(ObjectId id, @Nullable ObjectName name) {
        while (true) {
            Attachment attachment = attachments.current();
            HeldView view = attachment.pin(id, name);
            if (view != null || !attachments.isOver(attachment)) {
                return view;
            }
        }
    }

    /** The index does not show it: asks the node, and waits until the deadline. */
    private HeldView getMissing(ObjectId id, @Nullable ObjectName name, Deadline deadline) {
        Deadline patience = deadline.remainingNanos() > 0 ? deadline : node.deadline();
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
            return node.resolve(List.of(id), node.deadline()).contains(id);
        }
        return !await(List.of(id), 1, deadline).ready().isEmpty();
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
        Attachment attachment = attachments.current();
        Attachment.Batch batch = Attachment.Batch.ofThread();
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
                        ? without(missing, node.resolve(missing, node.deadline()))
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
            Attachment attachment = attachments.current();
            byte[] copy = attachment.read(id, name, COPY_BYTES_MAX);
            if (copy != null || !attachments.isOver(attachment)) {
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
        return waits.await(ids, count, deadline);
    }

    // ---- asking the node

    @Override
    public @Nullable ObjectInfo head(ObjectId id) {
        return node.head(id);
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        return node.deleteEach(ids);
    }

    @Override
    public boolean delete(ObjectId id, long incarnation) {
        return node.delete(id, incarnation);
    }

    @Override
    public long deleteGroup(Group group) {
        return node.deleteGroup(group);
    }

    @Override
    public ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        return node.page(query, limit, cursor);
    }

    @Override
    public AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        return node.watch(query, listener);
    }

    @Override
    public NodeInfo node() {
        return node.node();
    }

    @Override
    public NodeActivity activity(int pinnedMax) {
        return node.activity(pinnedMax);
    }

    @Override
    public boolean contains(ObjectId id) {
        return peek(id) || !node.resolve(List.of(id), node.deadline()).isEmpty();
    }

    @Override
    public boolean peek(ObjectId id) {
        while (true) {
            Attachment attachment = attachments.current();
            boolean shows = attachment.shows(id);
            if (!attachments.isOver(attachment)) {
                return shows;
            }
        }
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
    public Stream<ObjectInfo> list(ListQuery query) {
        attachments.checkOpen();
        return ListPage.all(cursor -> page(query, ListPage.LIMIT_MAX, cursor));
    }

    @Override
    public void close() {
        attachments.close();
    }
}
