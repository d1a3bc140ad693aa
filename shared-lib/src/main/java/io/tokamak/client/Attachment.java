package io.tokamak.client;

import io.tokamak.index.IndexReader;
import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.KillPoint;
import io.tokamak.memory.Membarrier;
import io.tokamak.memory.Memory;
import io.tokamak.memory.NativeFailure;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.segment.Lanes;
import io.tokamak.session.Control;
import io.tokamak.session.PinTable;
import io.tokamak.session.Pinned;
import io.tokamak.session.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One store, mapped, with this process's session at it: keeps the reader's side of R1, R2 and R3.
 *
 * <p>It outlives the client and the store's retirement as long as a pin or a writer needs it:
 * {@link #tryEnd}.
 */
final class Attachment implements Holding {
    private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

    static final long NANOS_BETWEEN_TRIES = 5_000_000;

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    private final Folder folder;
    private final StoreMapping mapping;
    private final Memory store;
    private final Memory pool;
    private final IndexReader index;
    private final Session session;
    private final PinTable pins;
    private final boolean isFenced;
    private final Runnable keeper;
    private final long poolLength;
    private final long sharedPayloadBytesMax;
    private final Interests interests;
    private final Set<MappedWriter> writers = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Writing writing;
    private volatile boolean ending;
    private volatile boolean outdated;
    private boolean sessionEnded;

    private Attachment(
            Folder folder,
            StoreMapping mapping,
            Session session,
            boolean isFenced,
            Runnable keeper) {
        this.folder = folder;
        this.mapping = mapping;
        this.store = mapping.store();
        this.pool = mapping.pool();
        this.index = new IndexReader(store, mapping.index());
        this.session = session;
        this.pins = session.pins();
        this.isFenced = isFenced;
        this.keeper = keeper;
        this.poolLength = pool.size();
        this.sharedPayloadBytesMax = Lanes.sharedPayloadBytesMax(poolLength);
        this.interests = new Interests(session);
    }

    /** See {@link Lanes#sharedPayloadBytesMax}. */
    long sharedPayloadBytesMax() {
        return sharedPayloadBytesMax;
    }

    /**
     * Maps the store in the folder and attaches to its node.
     *
     * @param keeper is run when something is to be done in the background
     * @throws NodeDown when no node was there by the deadline
     */
    static Attachment open(
            Control control, String processName, Runnable keeper, Deadline deadline) {
        while (true) {
            StoreMapping mapping = null;
            Attachment attachment = null;
            try {
                mapping = StoreMapping.open(control.folder());
                boolean isFenced = !mapping.hasBarriers() || !Membarrier.isAvailable();
                Session session = Session.attach(control, processName, isFenced, deadline);
                attachment = new Attachment(control.folder(), mapping, session, isFenced, keeper);
                session.whenBroken(keeper);
                if (!attachment.isRetired()) {
                    return attachment;
                }
                attachment.session.end();
                attachment = null;
            } catch (NodeDown away) {
                if (deadline.isExpired() || Thread.currentThread().isInterrupted()) {
                    throw away;
                }
            } finally {
                if (attachment == null && mapping != null) {
                    mapping.recycle();
                }
            }
            LockSupport.parkNanos(NANOS_BETWEEN_TRIES);
        }
    }

    /** The files of a store that every client maps read-only. */
    private record StoreMapping(Memory store, Memory index, Memory pool) {
        static StoreMapping open(Folder folder) {
            List<Memory> mapped = new ArrayList<>();
            boolean isDone = false;
            try {
                int owner = folder.ownerUid();
                Memory store = map(folder.store(), owner, StoreFile.LENGTH, mapped);
                long layout = store.getLongAcquire(StoreFile.LAYOUT_OFFSET);
                if (layout == 0 || store.getIntOpaque(StoreFile.RETIRED_OFFSET) != 0) {
                    throw down(folder, "its store is not ready yet", null);
                }
                if (layout != StoreFile.LAYOUT) {
                    throw new IncompatibleStore(
                            folder.path().toString(),
                            "layout",
                            Long.toHexString(StoreFile.LAYOUT),
                            Long.toHexString(layout),
                            "run the client and the node from the same release");
                }
                long indexLength =
                        IndexFile.length(
                                store.getLong(StoreFile.BUCKET_LIMIT_OFFSET),
                                store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET));
                Memory index = map(folder.index(), owner, indexLength, mapped);
                long poolLength = store.getLong(StoreFile.POOL_LENGTH_OFFSET);
                Memory pool = map(folder.pool(), owner, poolLength, mapped);
                isDone = true;
                return new StoreMapping(store, index, pool);
            } catch (NativeFailure failure) {
                if (failure.isPermission()) {
                    throw denied("read", folder, folder.path(), failure);
                }
                throw down(folder, String.valueOf(failure.getMessage()), failure);
            } catch (IOException e) {
                throw down(folder, String.valueOf(e.getMessage()), e);
            } finally {
                if (!isDone) {
                    mapped.forEach(Memory::recycle);
                }
            }
        }

        private static Memory map(Path path, int owner, long length, List<Memory> mapped)
                throws IOException {
            try (OpenFile file = OpenFile.openReadOnly(path)) {
                file.requireRegular(owner, length);
                Memory memory = file.map(false, length);
                mapped.add(memory);
                return memory;
            }
        }

        /** Whether the node has readers pass a fence (R2). */
        boolean hasBarriers() {
            return store.getInt(StoreFile.BARRIERS_OFFSET) == 1;
        }

        /** Whoever is late reads what lies there by then, and does not believe it. */
        void recycle() {
            store.recycle();
            index.recycle();
            pool.recycle();
        }
    }

    private static NodeDown down(Folder folder, String why, @Nullable Throwable cause) {
        return new NodeDown(folder.path().toString(), why, RETRY_AFTER, cause);
    }

    /**
     * @param path whose group has the right
     */
    private static PermissionDenied denied(
            String action, Folder folder, Path path, Throwable cause) {
        return new PermissionDenied(
                "user " + Processes.effectiveUid(),
                action,
                folder.path().toString(),
                groupOf(path) + " may: run as a member, or have the user added to it",
                cause);
    }

    private static String groupOf(Path path) {
        try {
            return "group " + Files.getAttribute(path, "unix:gid");
        } catch (IOException hidden) {
            return "the group of " + path;
        }
    }

    Folder folder() {
        return folder;
    }

    Session session() {
        return session;
    }

    IndexReader index() {
        return index;
    }

    /** Mapped read-only. */
    @Override
    public Memory pool() {
        return pool;
    }

    @Override
    public Place place(long offset, long length) {
        return new Place(this, offset, length);
    }

    @Override
    public void release(int pin) {
        pins.clear(pin);
    }

    PinTable pins() {
        return pins;
    }

    int storeNumber() {
        return store.getInt(StoreFile.STORE_NUMBER_OFFSET);
    }

    /** Milliseconds since the epoch, by the node's clock. */
    long nowMillis() {
        return store.getLong(StoreFile.NOW_OFFSET);
    }

    /** Whether to go on with it; if not, attach anew. */
    boolean isCurrent() {
        return store.getIntOpaque(StoreFile.RETIRED_OFFSET) == 0 && !outdated && !session.isGone();
    }

    /** Whether every pin still protects its bytes, and always has. Once false, false for good. */
    boolean isPinning() {
        return !isRetired() && !session.isGone();
    }

    private boolean isRetired() {
        return store.getIntOpaque(StoreFile.RETIRED_OFFSET) != 0;
    }

    /** Lets the next call attach anew: this session may not write any more. */
    void outdate() {
        outdated = true;
    }

    boolean isEnding() {
        return ending;
    }

    boolean isForkedChild() {
        return session.isForkedChild();
    }

    /**
     * Looks an object up and pins it.
     *
     * @param name the name that it must have, unless null
     * @return null: the index does not show it, or the attachment {@link #isEnding}
     */
    @Nullable HeldView pin(ObjectId id, @Nullable ObjectName name) {
        Pinned pinned = pins.scratch();
        return pin(id, name, pinned) ? new HeldView(this, id, pinned) : null;
    }

    /**
     * As {@link #pin(ObjectId, ObjectName)}, for a caller who makes the view: where both the view
     * and its end are in one compiled method, there is no view at all. For that the caller has to
     * be small, as HotSpot inlines nothing large, and so this stays one method that is too large to
     * become a part of it (AttachmentCodeTest).
     */
    boolean pin(ObjectId id, @Nullable ObjectName name, Pinned pinned) {
        long first = Long.reverseBytes(id.mostSignificantBits());
        long second = Long.reverseBytes(id.leastSignificantBits());
        long slot = index.findInBucket(first, second);
        while (true) {
            if (slot == IndexReader.NOT_FOUND) {
                slot = index.find(first, second);
                if (slot == IndexReader.NOT_FOUND) {
                    return false;
                }
            }
            long state = index.state(slot);
            if (IndexFile.stateOf(state) == IndexFile.SEALED && index.hasId(slot, first, second)) {
                long location = index.location(slot);
                long payloadLength = IndexFile.payloadLength(index.length(slot));
                int metadataLength = index.metadataLength(slot);
                if (isInPool(location, metadataLength, payloadLength)) {
                    pinned.location = location;
                    pinned.payloadOffset =
                            PoolFile.payloadOffset(location, metadataLength, payloadLength);
                    pinned.sizeBytes = payloadLength;
                    pinned.incarnation = index.incarnation(slot);
                    pinned.metadataLength = metadataLength;
                    pins.pin(pinned);
                    KillPoint.reached("get.fenced");
                    if (index.state(slot) == state && !ending) {
                        if (name != null && !hasName(location, metadataLength, name)) {
                            pins.clear(pinned.pin);
                            return false;
                        }
                        KillPoint.reached("get.checked");
                        long expiry = index.expiry(slot);
                        if (expiry != 0 && isUnreported(slot, expiry)) {
                            session.accesses().report(first, second, expiry);
                        }
                        pins.countGet(pinned);
                        return true;
                    }
                    pins.clear(pinned.pin);
                    if (ending) {
                        return false;
                    }
                } else {
                    checkUnchanged(slot, state, id, location);
                }
            }
            slot = IndexReader.NOT_FOUND; // it changed: look again, everywhere
        }
    }

    private boolean isSealed(long state, long slot, long first, long second) {
        return IndexFile.stateOf(state) == IndexFile.SEALED && index.hasId(slot, first, second);
    }

    /** Copies what the slot says, not pinned yet; false when it changes meanwhile. */
    private boolean read(long slot, ObjectId id, long state, Pinned pinned) {
        long location = index.location(slot);
        long payloadLength = IndexFile.payloadLength(index.length(slot));
        int metadataLength = index.metadataLength(slot);
        if (!isInPool(location, metadataLength, payloadLength)) {
            checkUnchanged(slot, state, id, location);
            return false;
        }
        pinned.location = location;
        pinned.payloadOffset = PoolFile.payloadOffset(location, metadataLength, payloadLength);
        pinned.sizeBytes = payloadLength;
        pinned.incarnation = index.incarnation(slot);
        pinned.metadataLength = metadataLength;
        return true;
    }

    /** I9: no index, however damaged, makes a reader fault. */
    private boolean isInPool(long location, int metadataLength, long payloadLength) {
        return location >= PoolFile.DATA_OFFSET
                && location < poolLength
                && metadataLength >= 0
                && metadataLength <= PoolFile.METADATA_BYTES_MAX
                && PoolFile.payloadOffset(location, metadataLength, payloadLength) + payloadLength
                        <= poolLength;
    }

    private void checkUnchanged(long slot, long state, ObjectId id, long location) {
        Memory.acquireFence();
        if (index.state(slot) == state) {
            throw new CorruptObject(
                    "object " + id + " at " + location + " of a pool of " + poolLength);
        }
    }

    private boolean hasName(long location, int metadataLength, ObjectName name) {
        return MetadataCodec.matchesName(
                pool.segment(), location + PoolFile.HEADER_BYTES, metadataLength, name);
    }

    /** The last access that the node knows of is {@code expiry - idle - granularity}. */
    private boolean isUnreported(long slot, long expiry) {
        int idle = index.idle(slot);
        return idle != 0
                && expiry - IndexFile.idleMillis(idle) <= store.getLongOpaque(StoreFile.NOW_OFFSET);
    }

    private void reportAccess(long slot, long first, long second) {
        long expiry = index.expiry(slot);
        if (expiry != 0 && isUnreported(slot, expiry)) {
            session.accesses().report(first, second, expiry);
        }
    }

    /**
     * Scratch of {@link #pinAll}: what belongs to each view until it was looked at again. A
     * thread's own, since it is as large as thirty views.
     */
    static final class Batch {
        static final int COUNT_MAX = 128;

        private static final ThreadLocal<Batch> OF_THREAD = ThreadLocal.withInitial(Batch::new);

        final long[] slots = new long[COUNT_MAX];
        final long[] states = new long[COUNT_MAX];

        /** Keeps the loads that only warm the cache from being optimized away. */
        long sum;

        /** For a call of this thread. Virtual ones are too many to keep any. */
        static Batch ofThread() {
            return Thread.currentThread().isVirtual() ? new Batch() : OF_THREAD.get();
        }
    }

    /**
     * Looks up and pins those of {@code [from, to)}, with one fence for all of them. Buckets are
     * touched first, so that their cache misses overlap.
     *
     * @return whether all of them were found
     */
    boolean pinAll(List<ObjectId> ids, @Nullable HeldView[] views, int from, int to, Batch batch) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            ObjectId id = ids.get(i);
            sum +=
                    index.prefetch(
                            Long.reverseBytes(id.mostSignificantBits()),
                            Long.reverseBytes(id.leastSignificantBits()));
        }
        batch.sum += sum;
        Pinned pinned = pins.scratch();
        for (int i = from; i < to; i++) {
            views[i] = lookUp(ids.get(i), batch, i - from, pinned);
        }
        KillPoint.reached("getAll.stored");
        pins.fence();
        boolean all = true;
        for (int i = from; i < to; i++) {
            HeldView view = views[i];
            if (view == null) {
                all = false;
                continue;
            }
            long slot = batch.slots[i - from];
            if (index.state(slot) != batch.states[i - from] || ending) {
                views[i] = null; // should the next pin fail, nobody ends this one again
                pins.clear(view.pin());
                views[i] = pin(view.id(), null);
                all &= views[i] != null;
            } else {
                pins.countGet(pinned);
                reportAccess(
                        slot,
                        Long.reverseBytes(view.id().mostSignificantBits()),
                        Long.reverseBytes(view.id().leastSignificantBits()));
            }
        }
        return all;
    }

    /**
     * As {@link #pin(ObjectId, ObjectName)}, and no access: the node is not told of it, and it is
     * not counted.
     */
    @Nullable HeldView inspect(ObjectId id) {
        Batch batch = Batch.ofThread();
        Pinned pinned = pins.scratch();
        while (!ending) {
            HeldView view = lookUp(id, batch, 0, pinned);
            if (view == null) {
                return null;
            }
            pins.fence();
            if (index.state(batch.slots[0]) == batch.states[0] && !ending) {
                return view;
            }
            pins.clear(view.pin());
        }
        return null;
    }

    /** Pinned, but neither fenced nor looked at again; null when it is not there. */
    private @Nullable HeldView lookUp(ObjectId id, Batch batch, int at, Pinned pinned) {
        long first = Long.reverseBytes(id.mostSignificantBits());
        long second = Long.reverseBytes(id.leastSignificantBits());
        while (true) {
            long slot = index.find(first, second);
            batch.slots[at] = slot;
            if (slot == IndexReader.NOT_FOUND) {
                return null;
            }
            long state = index.state(slot);
            batch.states[at] = state;
            if (isSealed(state, slot, first, second) && read(slot, id, state, pinned)) {
                pins.put(pinned);
                return new HeldView(this, id, pinned);
            }
        }
    }

    /**
     * Copies an object without a pin (I2).
     *
     * @return null: the index does not show it, it is longer than {@code lengthMax}, or the
     *     attachment {@link #isEnding}
     */
    byte @Nullable [] read(ObjectId id, @Nullable ObjectName name, int lengthMax) {
        return copy(id, name, lengthMax, null);
    }

    /** As {@link #read}, with what describes it. */
    @Nullable ObjectCopy copy(ObjectId id, @Nullable ObjectName name, int lengthMax) {
        Head head = new Head();
        byte[] bytes = copy(id, name, lengthMax, head);
        ObjectMetadata metadata = head.metadata;
        return bytes == null || metadata == null
                ? null
                : new ObjectCopy(id, head.incarnation, metadata, bytes);
    }

    /** What is copied beside the bytes. */
    private static final class Head {
        private long incarnation;
        private @Nullable ObjectMetadata metadata;
    }

    private byte @Nullable [] copy(
            ObjectId id, @Nullable ObjectName name, int lengthMax, @Nullable Head head) {
        long first = Long.reverseBytes(id.mostSignificantBits());
        long second = Long.reverseBytes(id.leastSignificantBits());
        while (true) {
            long slot = index.find(first, second);
            if (slot == IndexReader.NOT_FOUND) {
                return null;
            }
            long state = index.state(slot);
            if (!isSealed(state, slot, first, second)) {
                continue;
            }
            long location = index.location(slot);
            long payloadLength = IndexFile.payloadLength(index.length(slot));
            int metadataLength = index.metadataLength(slot);
            if (!isInPool(location, metadataLength, payloadLength)) {
                checkUnchanged(slot, state, id, location);
                continue;
            }
            if (payloadLength > lengthMax) {
                return null;
            }
            byte[] bytes = new byte[(int) payloadLength];
            pool.copyTo(
                    PoolFile.payloadOffset(location, metadataLength, payloadLength),
                    bytes,
                    0,
                    bytes.length);
            boolean isNamed = name == null || hasName(location, metadataLength, name);
            CorruptObject torn =
                    head == null ? null : describe(head, slot, location, metadataLength);
            Memory.acquireFence();
            if (ending) { // what was read may be another store's
                return null;
            }
            if (index.state(slot) == state) {
                if (torn != null) {
                    throw torn;
                }
                if (!isNamed) {
                    return null;
                }
                reportAccess(slot, first, second);
                pins.countGet(pins.scratch());
                return bytes;
            }
        }
    }

    /**
     * Reads what lies beside the bytes.
     *
     * @return what is wrong with it, if the slot is still the same afterwards
     */
    private @Nullable CorruptObject describe(
            Head head, long slot, long location, int metadataLength) {
        head.incarnation = index.incarnation(slot);
        try {
            head.metadata =
                    RecentMetadata.at(pool, location + PoolFile.HEADER_BYTES, metadataLength);
            return null;
        } catch (CorruptObject torn) {
            return torn;
        }
    }

    boolean shows(ObjectId id) {
        return index.find(
                        Long.reverseBytes(id.mostSignificantBits()),
                        Long.reverseBytes(id.leastSignificantBits()))
                != IndexReader.NOT_FOUND;
    }

    /** What it takes to write; mapped at the first use. */
    Writing writing() {
        Writing known = writing;
        return known != null ? known : beginWriting();
    }

    /** As {@link #writing}; null: nothing was written yet. */
    @Nullable Writing writingIfBegun() {
        return writing;
    }

    private Writing beginWriting() {
        lock.lock();
        try {
            Writing known = writing;
            if (known == null) {
                if (ending) {
                    throw InvalidState.used("client", "closed");
                }
                try (OpenFile file = OpenFile.openReadWrite(folder.pool())) {
                    file.requireRegular(folder.ownerUid(), poolLength);
                    known = new Writing(store, file.map(true, poolLength), session, keeper);
                }
                writing = known;
            }
            return known;
        } catch (NativeFailure failure) {
            if (failure.isPermission()) {
                throw denied("write", folder, folder.pool(), failure);
            }
            throw down(folder, String.valueOf(failure.getMessage()), failure);
        } catch (IOException e) {
            throw down(folder, String.valueOf(e.getMessage()), e);
        } finally {
            lock.unlock();
        }
    }

    Interests interests() {
        return interests;
    }

    /** Has the writer ended with the attachment, if it does not end before. */
    void addWriter(MappedWriter writer) {
        writers.add(writer);
        if (ending) {
            writer.end("closed with its client");
        }
    }

    void removeWriter(MappedWriter writer) {
        writers.remove(writer);
    }

    /**
     * For the keeper: warms, gives back, reports. Returns nanoseconds after which it should be
     * called again.
     */
    long keep(long nowNanos) {
        if (!session.repair()) {
            return 10_000_000;
        }
        session.giveBackUnused();
        session.giveBackLost();
        long next = 200_000_000;
        Writing known = writing;
        if (known != null && !ending) {
            next = known.lanes().keep(nowNanos);
        }
        interests.clean(nowNanos);
        session.reportGets();
        if (session.accesses().flush()) {
            next = Math.min(next, 1_000_000);
        }
        return next;
    }

    /**
     * Accepts nothing new from here on. Waits for puts under way; objects that are being written in
     * place are aborted.
     */
    void beginEnd() {
        lock.lock();
        try {
            if (ending) {
                return;
            }
            ending = true;
        } finally {
            lock.unlock();
        }
        // R2 once more: either a reader sees `ending` after its fence, or tryEnd sees its pin.
        if (isFenced) {
            Memory.fullFence();
        } else {
            Membarrier.everywhere();
        }
        endWriters();
        Writing known = writing;
        if (known != null) {
            known.lanes().close();
        }
    }

    /** A system call may still read into a writer's segment: that one ends with a later try. */
    private void endWriters() {
        for (MappedWriter writer : writers) {
            try {
                writer.end("closed with its client");
            } catch (IllegalStateException inUse) {
                LOG.debug("object {} is still being written", writer.id(), inUse);
            }
        }
    }

    /**
     * Ends the session and unmaps the store, unless a view is open. After {@link #beginEnd}, for
     * one thread.
     *
     * @return whether it has ended
     */
    boolean tryEnd() {
        endWriters();
        Writing known = writing;
        if (pins.count() > 0 || (known != null && known.lanes().hasSingles())) {
            return false; // somebody reads, or copies a large object
        }
        if (!sessionEnded) {
            sessionEnded = true;
            session.end();
        }
        mapping.recycle();
        if (known != null) {
            known.pool().recycle();
        }
        return true;
    }
}
