package io.tokamak.node.objects;

import io.tokamak.index.IndexReader;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The smallest client: one session, one thread, no futex, no socket. It writes and pins as the
 * format says, and, where a test wants, as it does not.
 */
final class LaneClient implements AutoCloseable {
    final Store store;
    final String name;
    final int number;
    final OpenFile file;
    final Memory session;
    final Memory pool;
    private final IndexReader index;
    private final Arena mapping;
    private long counter;
    private int pins;

    /** The shared lane, once there is one. */
    int lane = -1;

    long extent;
    long start;
    long length;
    long used;

    private LaneClient(
            Store store, String name, int number, OpenFile file, Memory session, Arena mapping) {
        this.store = store;
        this.name = name;
        this.number = number;
        this.file = file;
        this.session = session;
        this.mapping = mapping;
        pool = store.poolMemory();
        index = new IndexReader(store.storeMemory(), store.indexMemory());
    }

    static LaneClient attach(Store store) {
        LaneClient client = offered(store);
        if (!client.lock() || !StoreFixture.get(store.ready(client.name))) {
            throw new AssertionError("not attached");
        }
        return client;
    }

    /** As far as the offer, no lock taken. */
    @SuppressWarnings("MustBeClosedChecker") // close() does
    static LaneClient offered(Store store) {
        Store.Offer offer = StoreFixture.get(store.offer(Peer.NODE));
        try {
            OpenFile file = OpenFile.openReadWrite(store.folder().session(offer.session()));
            Arena mapping = Arena.ofShared();
            Memory session = file.map(true, SessionFile.LENGTH, mapping);
            session.putInt(SessionFile.PID_OFFSET, Processes.pid());
            session.putInt(SessionFile.LANGUAGE_OFFSET, SessionFile.LANGUAGE_JAVA);
            return new LaneClient(store, offer.session(), offer.number(), file, session, mapping);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean lock() {
        try {
            return file.tryLock();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long nowMillis() {
        return store.storeMemory().getLongOpaque(StoreFile.NOW_OFFSET);
    }

    ObjectId nextId() {
        return ObjectId.anonymous(store.storeNumber(), number, ++counter);
    }

    /** The id of the last anonymous object. */
    ObjectId lastId() {
        return ObjectId.anonymous(store.storeNumber(), number, counter);
    }

    ObjectId put(byte[] payload) {
        return put(payload, ObjectMetadata.PLAIN);
    }

    ObjectId put(byte[] payload, ObjectMetadata metadata) {
        ObjectId id = nextId();
        commit(write(id, payload, metadata));
        return id;
    }

    /** Puts, and waits until it can be seen. */
    ObjectId putSeen(byte[] payload) {
        ObjectId id = put(payload);
        StoreFixture.get(store.resolve(java.util.List.of(id), 1, 0));
        return id;
    }

    /** Puts under a name and waits for the answer. */
    int putNamed(byte[] payload, ObjectMetadata metadata) {
        long position = commitNamed(payload, metadata);
        Eventually.holds("answered", () -> answered() == position);
        return answer();
    }

    long commitNamed(byte[] payload, ObjectMetadata metadata) {
        ObjectId id = ObjectId.named(java.util.Objects.requireNonNull(metadata.name()));
        long end = write(id, payload, metadata);
        long position = SessionFile.position(extent, used);
        commit(end);
        StoreFixture.get(store.resolve(java.util.List.of(), 0, 0)); // one drain
        return position;
    }

    long answered() {
        return session.getLongAcquire(SessionFile.laneOffset(lane) + SessionFile.ANSWERED_OFFSET);
    }

    int answer() {
        return session.getIntOpaque(SessionFile.laneOffset(lane) + SessionFile.ANSWER_OFFSET);
    }

    long answerIncarnation() {
        return session.getLongOpaque(
                SessionFile.laneOffset(lane) + SessionFile.ANSWER_INCARNATION_OFFSET);
    }

    /**
     * Writes a record behind what was committed.
     *
     * @return offset in the extent at which it ends
     */
    long write(ObjectId id, byte[] payload, ObjectMetadata metadata) {
        byte[] encoded =
                metadata.equals(ObjectMetadata.PLAIN)
                        ? new byte[0]
                        : MetadataCodec.encode(metadata, nowMillis(), number);
        room(PoolFile.recordBytesMax(encoded.length, payload.length));
        long at = start + used;
        pool.copyFrom(
                PoolFile.payloadOffset(at, encoded.length, payload.length),
                payload,
                0,
                payload.length);
        pool.copyFrom(at + PoolFile.HEADER_BYTES, encoded, 0, encoded.length);
        header(at, id, payload.length, encoded.length);
        return PoolFile.recordEnd(at, encoded.length, payload.length) - start;
    }

    void header(long at, ObjectId id, long lengthWord, int metadataLength) {
        long first = ObjectTable.first(id);
        long second = ObjectTable.second(id);
        pool.putLong(at + PoolFile.RECORD_ID_OFFSET, first);
        pool.putLong(at + PoolFile.RECORD_ID_OFFSET + Long.BYTES, second);
        pool.putLong(at + PoolFile.RECORD_LENGTH_OFFSET, lengthWord);
        pool.putInt(at + PoolFile.RECORD_METADATA_OFFSET, metadataLength);
        pool.putInt(
                at + PoolFile.RECORD_CHECK_OFFSET,
                PoolFile.check(first, second, lengthWord, metadataLength));
    }

    void commit(long end) {
        storeTail(SessionFile.position(extent, end));
        used = end;
    }

    void storeTail(long position) {
        session.putLongRelease(
                SessionFile.laneOffset(lane) + SessionFile.tailOffset(extent), position);
    }

    /** Makes sure that the lane has room for a record. */
    void room(long bytes) {
        if (lane >= 0 && used + bytes <= length) {
            return;
        }
        if (lane >= 0 && takeOffered(bytes)) {
            return;
        }
        Store.Lease lease =
                StoreFixture.get(
                        store.lease(
                                name,
                                lane < 0 ? null : lane,
                                SessionFile.KIND_SHARED,
                                bytes,
                                0,
                                null,
                                TimeUnit.SECONDS.toNanos(5)));
        lane = lease.lane();
        use(lease.extentNumber(), lease.start(), lease.length());
    }

    private boolean takeOffered(long bytes) {
        long base = SessionFile.laneOffset(lane);
        if (session.getLongAcquire(base + SessionFile.OFFERED_OFFSET) != extent + 1) {
            return false;
        }
        long at = base + SessionFile.extentOffset(extent + 1);
        if (session.getLong(at + Long.BYTES) < bytes) {
            return false;
        }
        use(extent + 1, session.getLong(at), session.getLong(at + Long.BYTES));
        return true;
    }

    void use(long extentNumber, long extentStart, long extentLength) {
        extent = extentNumber;
        start = extentStart;
        length = extentLength;
        used = 0;
        storeTail(SessionFile.position(extent, 0));
    }

    void giveBackLane() {
        StoreFixture.get(store.giveBack(name, java.util.List.of(lane)));
        lane = -1;
        used = 0;
        length = 0;
    }

    long find(ObjectId id) {
        return index.find(ObjectTable.first(id), ObjectTable.second(id));
    }

    /** After a drain: the payload, null when there is no such object. */
    byte @Nullable [] read(ObjectId id) {
        while (true) {
            long slot = find(id);
            if (slot == IndexReader.NOT_FOUND) {
                return null;
            }
            long state = index.state(slot);
            byte[] bytes = payloadAt(index.location(slot), slot);
            Memory.acquireFence();
            if (index.state(slot) == state && IndexFile.stateOf(state) == IndexFile.SEALED) {
                return bytes;
            }
        }
    }

    private byte[] payloadAt(long location, long slot) {
        int size = (int) IndexFile.payloadLength(index.length(slot));
        byte[] bytes = new byte[size];
        pool.copyTo(
                PoolFile.payloadOffset(location, index.metadataLength(slot), size), bytes, 0, size);
        return bytes;
    }

    /** An object held by a pin. */
    record Pinned(int word, long location, long payloadOffset, int size) {}

    Pinned pin(ObjectId id) {
        int word = pins++;
        session.putIntRelease(SessionFile.PIN_HIGH_WATER_OFFSET, pins);
        while (true) {
            long slot = find(id);
            long state = index.state(slot);
            long location = index.location(slot);
            int size = (int) IndexFile.payloadLength(index.length(slot));
            int metadata = index.metadataLength(slot);
            session.putLongOpaque(SessionFile.pinOffset(word), PoolFile.pinOf(location));
            Memory.fullFence();
            if (index.state(slot) == state) {
                return new Pinned(
                        word, location, PoolFile.payloadOffset(location, metadata, size), size);
            }
            unpin(word);
        }
    }

    byte[] read(Pinned pinned) {
        byte[] bytes = new byte[pinned.size()];
        pool.copyTo(pinned.payloadOffset(), bytes, 0, bytes.length);
        return bytes;
    }

    void unpin(int word) {
        session.putLongRelease(SessionFile.pinOffset(word), 0);
    }

    boolean isBuried() {
        return !java.nio.file.Files.exists(store.folder().session(name));
    }

    boolean isFenced() {
        return session.getIntAcquire(SessionFile.STATE_OFFSET) == SessionFile.STATE_FENCED;
    }

    /** What the kernel does when the process ends: nobody has the file, so its lock is free. */
    @Override
    public void close() {
        if (mapping.scope().isAlive()) {
            mapping.close();
        }
        file.close();
    }
}
