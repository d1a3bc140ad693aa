package io.tokamak.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MetadataLayout;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.SessionFenced;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import io.tokamak.proto.local.v1.DeleteRequest;
import io.tokamak.proto.local.v1.DeleteResponse;
import io.tokamak.proto.local.v1.DescribeRequest;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.ExtendRequest;
import io.tokamak.proto.local.v1.ExtendResponse;
import io.tokamak.proto.local.v1.InterestRequest;
import io.tokamak.proto.local.v1.InterestResponse;
import io.tokamak.proto.local.v1.LeaseRequest;
import io.tokamak.proto.local.v1.LeaseResponse;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.ListResponse;
import io.tokamak.proto.local.v1.LocalGrpc;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Presence;
import io.tokamak.proto.local.v1.ResolveRequest;
import io.tokamak.proto.local.v1.ResolveResponse;
import io.tokamak.proto.local.v1.ReturnRequest;
import io.tokamak.proto.local.v1.ReturnResponse;
import io.tokamak.proto.local.v1.StatusRequest;
import io.tokamak.proto.local.v1.WatchRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node as small as a client's tests need it: real files, locks, futexes and calls; one owner
 * thread; no eviction, no recovery. What is freed is overwritten, so that a reader of freed bytes
 * is found out.
 */
final class TestNode implements AutoCloseable {
    static final byte FREED = (byte) 0xDD;

    private static final long SHARED_EXTENT_BYTES = 64 << 10;
    private static final long SHARED_EXTENT_BYTES_MAX = 64 << 20;
    private static final int STORE_NUMBER = 7;

    final Folder folder;
    private final long poolLength;

    @SuppressWarnings("NullAway.Init")
    private Memory store;

    @SuppressWarnings("NullAway.Init")
    private Memory index;

    @SuppressWarnings("NullAway.Init")
    private Memory pool;

    @SuppressWarnings("NullAway.Init")
    private IndexWriter writer;

    private final List<OpenFile> files = new ArrayList<>();
    private final Map<String, TestSession> sessions = new HashMap<>();
    private final List<Range> condemned = new ArrayList<>();
    private final List<Range> free = new ArrayList<>();
    private final SlotFields fields = new SlotFields();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final List<StreamObserver<Event>> watchers = new CopyOnWriteArrayList<>();
    private final List<PendingResolve> pending = new ArrayList<>();
    private long lastIncarnation;
    private int nextSession = 1;
    private @Nullable Thread owner;
    private @Nullable Server server;
    private @Nullable EventLoopGroup threads;
    private volatile boolean stopping;

    /** Counts calls that a warm client is not to make. */
    final AtomicInteger leases = new AtomicInteger();

    final AtomicInteger returnCalls = new AtomicInteger();

    final AtomicInteger interests = new AtomicInteger();
    volatile boolean overwriteFreed = true;

    /** Does not answer named records while set. */
    volatile boolean silent;

    /** Lends and does not answer while set. */
    volatile boolean answersNoLease;

    private record Range(long start, long end) {}

    private record PendingResolve(
            List<ObjectId> ids,
            int count,
            long untilNanos,
            CompletableFuture<ResolveResponse> answer) {}

    private static final class TestSession {
        final OpenFile file;
        final Memory memory;
        final Set<ObjectId> interests = new HashSet<>();
        final TestLane[] lanes = new TestLane[SessionFile.LANE_COUNT];

        TestSession(OpenFile file, Memory memory) {
            this.file = file;
            this.memory = memory;
        }
    }

    private static final class TestLane {
        long extentNumber;
        long start;
        long length;
        long drained;
        long nextStart;
        long nextLength;
    }

    @SuppressWarnings("NullAway.Init")
    TestNode(Path path, long poolLength) {
        this.folder = new Folder(path);
        this.poolLength = poolLength;
        try {
            Files.createDirectories(folder.sessions());
            createStore();
            start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TestNode create(long poolLength) {
        return new TestNode(Path.of("/dev/shm/tokamak-test-" + UUID.randomUUID()), poolLength);
    }

    ConnectOptions options() {
        return ConnectOptions.defaults().withFolder(folder.path()).withName("test");
    }

    private void createStore() throws IOException {
        long bucketLimit = IndexFile.bucketLimit(poolLength);
        long overflowLimit = IndexFile.overflowLimit(bucketLimit);
        pool = createFile(folder.pool(), poolLength, true);
        OpenFile indexFile = OpenFile.create(folder.index(), 0640);
        files.add(indexFile);
        indexFile.setSize(IndexFile.length(bucketLimit, overflowLimit));
        index = indexFile.map(true, IndexFile.length(bucketLimit, overflowLimit));
        store = createFile(folder.store(), StoreFile.LENGTH, true);
        store.putInt(StoreFile.STORE_NUMBER_OFFSET, STORE_NUMBER);
        store.putLong(StoreFile.HASH_SEED_OFFSET, System.nanoTime());
        store.putLong(StoreFile.POOL_LENGTH_OFFSET, poolLength);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, bucketLimit);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, overflowLimit);
        store.putLong(StoreFile.NOW_OFFSET, System.currentTimeMillis());
        writer =
                new IndexWriter(
                        store,
                        index,
                        (offset, length) -> {
                            try {
                                indexFile.allocate(offset, length);
                                return true;
                            } catch (IOException e) {
                                return false;
                            }
                        },
                        _ -> {});
        writer.create();
        free.clear();
        free.add(new Range(PoolFile.DATA_OFFSET, poolLength & -PoolFile.BLOCK_BYTES));
        condemned.clear();
        store.putLongRelease(StoreFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
    }

    private Memory createFile(Path path, long length, boolean allocate) throws IOException {
        OpenFile file = OpenFile.create(path, 0664);
        files.add(file);
        file.setSize(length);
        if (allocate) {
            file.allocate(0, length);
        }
        return file.map(true, length);
    }

    void start() throws IOException {
        stopping = false;
        owner = Thread.ofPlatform().name("test-node").daemon().start(this::run);
        threads = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Files.deleteIfExists(folder.control());
        server =
                NettyServerBuilder.forAddress(new DomainSocketAddress(folder.control().toFile()))
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(threads)
                        .workerEventLoopGroup(threads)
                        .directExecutor()
                        .addService(new Calls())
                        .build()
                        .start();
    }

    /** As a node that dies: files, sessions' locks and mappings stay. */
    void stop() {
        stopping = true;
        try {
            if (server != null) {
                server.shutdownNow().awaitTermination();
            }
            if (threads != null) {
                threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2000);
            }
            ring();
            if (owner != null) {
                owner.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        interestsForgotten();
    }

    private void interestsForgotten() {
        sessions.values().forEach(session -> session.interests.clear());
    }

    /** Replaces the store by a new one in the same folder. */
    void retire() {
        onOwner(
                () -> {
                    try {
                        store.putIntRelease(StoreFile.RETIRED_OFFSET, 1);
                        Files.delete(folder.store());
                        Files.delete(folder.index());
                        Files.delete(folder.pool());
                        sessions.clear();
                        createStore();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return null;
                });
    }

    void fenceAll() {
        onOwner(
                () -> {
                    sessions.values()
                            .forEach(
                                    session ->
                                            session.memory.putIntRelease(
                                                    SessionFile.STATE_OFFSET,
                                                    SessionFile.STATE_FENCED));
                    return null;
                });
    }

    /** Forgets its sessions, as if they had been buried. */
    void forgetSessions() {
        onOwner(
                () -> {
                    sessions.clear();
                    return null;
                });
    }

    int lanesInUse() {
        return onOwner(
                () ->
                        sessions.values().stream()
                                .mapToInt(
                                        session ->
                                                (int)
                                                        Stream.of(session.lanes)
                                                                .filter(lane -> lane != null)
                                                                .count())
                                .sum());
    }

    int sessionCount() {
        return onOwner(sessions::size);
    }

    /** Whether anyone holds a session's lock. */
    boolean isAnySessionLocked() {
        return onOwner(
                () ->
                        sessions.values().stream()
                                .anyMatch(
                                        session -> {
                                            try {
                                                return session.file.isLockedElsewhere();
                                            } catch (IOException e) {
                                                throw new UncheckedIOException(e);
                                            }
                                        }));
    }

    long freeBytes() {
        return onOwner(() -> free.stream().mapToLong(range -> range.end - range.start).sum());
    }

    int pinCount() {
        return onOwner(() -> pins().size());
    }

    /**
     * Writes over an object's slot, as no node does.
     *
     * @param damage gets the index, and where the slot lies
     */
    void damage(ObjectId id, ObjLongConsumer<Memory> damage) {
        onOwner(
                () -> {
                    damage.accept(index, slot(id));
                    return null;
                });
    }

    /** Moves what an object's expiry says, as time would. */
    void setExpiry(ObjectId id, long millis) {
        onOwner(
                () -> {
                    writer.setExpiry(slot(id), millis);
                    return null;
                });
    }

    List<ObjectId> reportedAccesses() {
        return onOwner(
                () -> {
                    List<ObjectId> ids = new ArrayList<>();
                    for (TestSession session : sessions.values()) {
                        long tail = session.memory.getLongAcquire(SessionFile.ACCESS_TAIL_OFFSET);
                        long head = session.memory.getLong(SessionFile.ACCESS_HEAD_OFFSET);
                        for (; head < tail; head++) {
                            long entry = SessionFile.accessOffset(head);
                            ids.add(
                                    idOf(
                                            session.memory.getLong(entry),
                                            session.memory.getLong(entry + Long.BYTES)));
                        }
                        session.memory.putLongRelease(SessionFile.ACCESS_HEAD_OFFSET, head);
                    }
                    return ids;
                });
    }

    <T> T onOwner(Supplier<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        tasks.add(
                () -> {
                    try {
                        result.complete(action.get());
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                });
        ring();
        return result.join();
    }

    private void ring() {
        pool.getAndAddInt(PoolFile.DOORBELL_OFFSET, 1);
        Futex.wake(pool, PoolFile.DOORBELL_OFFSET, 1);
    }

    private void run() {
        while (!stopping) {
            Memory poolNow = pool;
            int seen = poolNow.getIntAcquire(PoolFile.DOORBELL_OFFSET);
            store.putIntOpaque(
                    StoreFile.WANTED_OFFSET, pending.isEmpty() && !anyInterest() ? 0 : 1);
            Memory.fullFence();
            store.putLongRelease(StoreFile.NOW_OFFSET, System.currentTimeMillis());
            drainAll();
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                drainAll();
                task.run();
            }
            answerPending();
            reclaim();
            writer.grow(1000);
            Futex.await(poolNow, PoolFile.DOORBELL_OFFSET, seen, 2_000_000);
        }
    }

    private boolean anyInterest() {
        return sessions.values().stream().anyMatch(session -> !session.interests.isEmpty());
    }

    // ---- lanes

    private void drainAll() {
        for (TestSession session : List.copyOf(sessions.values())) {
            for (int lane = 0; lane < session.lanes.length; lane++) {
                if (session.lanes[lane] != null) {
                    drain(session, lane);
                }
            }
        }
    }

    private void drain(TestSession session, int number) {
        TestLane lane = session.lanes[number];
        long base = SessionFile.laneOffset(number);
        Memory memory = session.memory;
        while (true) {
            long next = memory.getLongAcquire(base + SessionFile.tailOffset(lane.extentNumber + 1));
            boolean isClosed =
                    lane.nextLength > 0 && SessionFile.isInExtent(next, lane.extentNumber + 1);
            long tail = memory.getLongAcquire(base + SessionFile.tailOffset(lane.extentNumber));
            if (SessionFile.isInExtent(tail, lane.extentNumber)) {
                drainTo(session, base, lane, lane.start + SessionFile.positionOffset(tail));
            }
            if (!isClosed) {
                break;
            }
            release(
                    (lane.drained + PoolFile.BLOCK_BYTES - 1) & -PoolFile.BLOCK_BYTES,
                    lane.start + lane.length);
            lane.extentNumber++;
            lane.start = lane.nextStart;
            lane.length = lane.nextLength;
            lane.drained = lane.start;
            lane.nextLength = 0;
        }
        long wanted = memory.getLongAcquire(base + SessionFile.WANTED_OFFSET);
        if (wanted == lane.extentNumber + 1 && lane.nextLength == 0) {
            offer(session, number, Math.min(SHARED_EXTENT_BYTES_MAX, 2 * lane.length));
        }
    }

    private boolean offer(TestSession session, int number, long size) {
        TestLane lane = session.lanes[number];
        long start = allocate(size);
        if (start < 0) {
            return false;
        }
        lane.nextStart = start;
        lane.nextLength = size;
        long base = SessionFile.laneOffset(number);
        long at = base + SessionFile.extentOffset(lane.extentNumber + 1);
        session.memory.putLong(at, start);
        session.memory.putLong(at + Long.BYTES, size);
        session.memory.putLongRelease(base + SessionFile.OFFERED_OFFSET, lane.extentNumber + 1);
        return true;
    }

    private void drainTo(TestSession session, long base, TestLane lane, long tail) {
        while (lane.drained < tail) {
            long location = lane.drained;
            long first = pool.getLong(location + PoolFile.RECORD_ID_OFFSET);
            long second = pool.getLong(location + PoolFile.RECORD_ID_OFFSET + 8);
            long lengthWord = pool.getLong(location + PoolFile.RECORD_LENGTH_OFFSET);
            int metadataLength = pool.getInt(location + PoolFile.RECORD_METADATA_OFFSET);
            if (pool.getInt(location + PoolFile.RECORD_CHECK_OFFSET)
                    != PoolFile.check(first, second, lengthWord, metadataLength)) {
                throw new IllegalStateException("bad record at " + location);
            }
            long end =
                    PoolFile.recordEnd(
                            location, metadataLength, IndexFile.payloadLength(lengthWord));
            ObjectId id = idOf(first, second);
            if (id.isNamed()) {
                publishNamed(session, base, lane, location, id, lengthWord, metadataLength);
            } else {
                publish(location, id, lengthWord, metadataLength);
            }
            lane.drained = end;
            session.memory.putLongRelease(
                    base + SessionFile.DRAINED_OFFSET,
                    SessionFile.position(lane.extentNumber, end - lane.start));
        }
    }

    private void publishNamed(
            TestSession session,
            long base,
            TestLane lane,
            long location,
            ObjectId id,
            long lengthWord,
            int metadataLength) {
        long there = slot(id);
        long incarnation =
                there == IndexWriter.NONE
                        ? publish(location, id, lengthWord, metadataLength)
                        : writer.incarnation(there);
        if (silent) {
            return;
        }
        session.memory.putInt(
                base + SessionFile.ANSWER_OFFSET,
                there == IndexWriter.NONE ? SessionFile.ANSWER_CREATED : SessionFile.ANSWER_EXISTS);
        session.memory.putLong(base + SessionFile.ANSWER_INCARNATION_OFFSET, incarnation);
        session.memory.putLongRelease(
                base + SessionFile.ANSWERED_OFFSET,
                SessionFile.position(lane.extentNumber, location - lane.start));
        session.memory.getAndAddInt(base + SessionFile.ANSWERS_OFFSET, 1);
        Futex.wake(session.memory, base + SessionFile.ANSWERS_OFFSET, 1);
    }

    private long publish(long location, ObjectId id, long lengthWord, int metadataLength) {
        lastIncarnation = Incarnation.next(lastIncarnation, System.currentTimeMillis());
        long incarnation = lastIncarnation;
        fields.idFirst = Long.reverseBytes(id.mostSignificantBits());
        fields.idSecond = Long.reverseBytes(id.leastSignificantBits());
        fields.incarnation = incarnation;
        fields.location = location;
        fields.length = IndexFile.payloadLength(lengthWord);
        fields.metadataLength = metadataLength;
        long idleMillis =
                metadataLength > 0
                        ? MetadataLayout.idleMillis(
                                pool.segment(), location + PoolFile.HEADER_BYTES)
                        : 0;
        fields.idle = IndexFile.idleCode(idleMillis);
        fields.expiry =
                idleMillis == 0
                        ? 0
                        : System.currentTimeMillis()
                                + idleMillis
                                + Lifetime.accessGranularityMillis(idleMillis);
        writer.insert(IndexFile.SEALED, fields);
        Memory.fullFence();
        for (TestSession session : sessions.values()) {
            if (session.interests.contains(id)) {
                session.memory.getAndAddInt(SessionFile.NOTIFIED_OFFSET, 1);
                Futex.wake(session.memory, SessionFile.NOTIFIED_OFFSET, Integer.MAX_VALUE);
            }
        }
        if (!watchers.isEmpty()) {
            Event event =
                    Event.newBuilder()
                            .setKind(Event.Kind.KIND_SEALED)
                            .setId(ByteString.copyFrom(id.toBytes()))
                            .setSequence(incarnation)
                            .build();
            watchers.forEach(watcher -> watcher.onNext(event));
        }
        return incarnation;
    }

    // ---- memory

    private long allocate(long size) {
        long blocks = (size + PoolFile.BLOCK_BYTES - 1) & -PoolFile.BLOCK_BYTES;
        for (int i = 0; i < free.size(); i++) {
            Range range = free.get(i);
            if (range.end - range.start >= blocks) {
                if (range.start + blocks == range.end) {
                    free.remove(i);
                } else {
                    free.set(i, new Range(range.start + blocks, range.end));
                }
                return range.start;
            }
        }
        return -1;
    }

    private void release(long start, long end) {
        long from = (start + PoolFile.BLOCK_BYTES - 1) & -PoolFile.BLOCK_BYTES;
        long to = end & -PoolFile.BLOCK_BYTES;
        if (from < to) {
            free.add(new Range(from, to));
        }
    }

    private Set<Long> pins() {
        Set<Long> pins = new HashSet<>();
        for (TestSession session : sessions.values()) {
            int highWater = session.memory.getIntAcquire(SessionFile.PIN_HIGH_WATER_OFFSET);
            for (int i = 0; i < highWater; i++) {
                long pin = session.memory.getLongAcquire(SessionFile.pinOffset(i));
                if (pin != 0) {
                    pins.add(PoolFile.pinnedLocation(pin));
                }
            }
        }
        return pins;
    }

    private void reclaim() {
        if (condemned.isEmpty()) {
            return;
        }
        Memory.fullFence();
        Set<Long> pins = pins();
        for (Iterator<Range> ranges = condemned.iterator(); ranges.hasNext(); ) {
            Range range = ranges.next();
            if (!pins.contains(range.start)) {
                ranges.remove();
                if (overwriteFreed) {
                    pool.segment().asSlice(range.start, range.end - range.start).fill(FREED);
                }
            }
        }
    }

    /**
     * @param incarnation 0: any
     */
    private boolean delete(ObjectId id, long incarnation) {
        long slot = slot(id);
        if (slot == IndexWriter.NONE
                || (incarnation != 0 && writer.incarnation(slot) != incarnation)) {
            return false;
        }
        long location = writer.location(slot);
        long end =
                PoolFile.recordEnd(
                        location,
                        writer.metadataLength(slot),
                        IndexFile.payloadLength(writer.length(slot)));
        writer.setState(slot, IndexFile.CONDEMNED);
        writer.empty(slot);
        condemned.add(new Range(location, end));
        return true;
    }

    private long slot(ObjectId id) {
        return writer.findCurrent(
                Long.reverseBytes(id.mostSignificantBits()),
                Long.reverseBytes(id.leastSignificantBits()));
    }

    private static ObjectId idOf(long first, long second) {
        return new ObjectId(Long.reverseBytes(first), Long.reverseBytes(second));
    }

    private void answerPending() {
        for (Iterator<PendingResolve> each = pending.iterator(); each.hasNext(); ) {
            PendingResolve resolve = each.next();
            ResolveResponse response = presences(resolve.ids);
            long present =
                    response.getPresencesList().stream()
                            .filter(presence -> presence == Presence.PRESENCE_PRESENT)
                            .count();
            if (present >= resolve.count || System.nanoTime() >= resolve.untilNanos) {
                each.remove();
                resolve.answer.complete(response);
            }
        }
    }

    private ResolveResponse presences(List<ObjectId> ids) {
        ResolveResponse.Builder response = ResolveResponse.newBuilder();
        ids.forEach(id -> response.addPresences(presence(id)));
        return response.build();
    }

    private Presence presence(ObjectId id) {
        return slot(id) == IndexWriter.NONE ? Presence.PRESENCE_ABSENT : Presence.PRESENCE_PRESENT;
    }

    // ---- calls

    private final class Calls extends LocalGrpc.LocalImplBase {
        @Override
        public StreamObserver<AttachRequest> attach(StreamObserver<AttachResponse> responses) {
            return new StreamObserver<>() {
                private @Nullable String attached;

                @Override
                public void onNext(AttachRequest request) {
                    switch (request.getStepCase()) {
                        case HELLO -> responses.onNext(onOwner(this::offerSession));
                        case READY -> responses.onNext(onOwner(this::go));
                        case RESUME -> {
                            attached = request.getResume().getSession();
                            if (onOwner(() -> sessions.containsKey(attached))) {
                                responses.onNext(goResponse());
                            } else {
                                responses.onError(Status.NOT_FOUND.asRuntimeException());
                            }
                        }
                        case DETACH -> {
                            onOwner(() -> detach());
                            responses.onCompleted();
                        }
                        default -> responses.onError(Status.INVALID_ARGUMENT.asRuntimeException());
                    }
                }

                private AttachResponse offerSession() {
                    try {
                        String name = UUID.randomUUID().toString().replace("-", "");
                        OpenFile file = OpenFile.create(folder.session(name), 0666);
                        file.setSize(SessionFile.LENGTH);
                        file.allocate(0, SessionFile.pinOffset(SessionFile.PINS_ALLOCATED));
                        Memory memory = file.map(true, SessionFile.LENGTH);
                        int number = nextSession++;
                        memory.putInt(SessionFile.SESSION_NUMBER_OFFSET, number);
                        memory.putInt(SessionFile.STATE_OFFSET, SessionFile.STATE_OFFERED);
                        memory.putInt(SessionFile.PIN_LIMIT_OFFSET, SessionFile.PIN_LIMIT);
                        memory.putLongRelease(SessionFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
                        sessions.put(name, new TestSession(file, memory));
                        attached = name;
                        return AttachResponse.newBuilder()
                                .setOffer(
                                        AttachResponse.Offer.newBuilder()
                                                .setSession(name)
                                                .setSessionNumber(number))
                                .build();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }

                private AttachResponse go() {
                    TestSession session = Objects.requireNonNull(sessions.get(attached));
                    try {
                        if (!session.file.isLockedElsewhere()) {
                            throw new IllegalStateException("not locked");
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    session.memory.putIntRelease(SessionFile.STATE_OFFSET, SessionFile.STATE_GO);
                    return goResponse();
                }

                private AttachResponse goResponse() {
                    return AttachResponse.newBuilder()
                            .setGo(AttachResponse.Go.getDefaultInstance())
                            .build();
                }

                private @Nullable Void detach() {
                    sessions.remove(attached);
                    return null;
                }

                @Override
                public void onError(Throwable t) {}

                @Override
                public void onCompleted() {
                    try {
                        responses.onCompleted();
                    } catch (IllegalStateException ended) {
                        return;
                    }
                }
            };
        }

        @Override
        public void lease(LeaseRequest request, StreamObserver<LeaseResponse> responses) {
            leases.incrementAndGet();
            if (answersNoLease) {
                onOwner(() -> lend(request));
            } else {
                answer(responses, () -> lend(request));
            }
        }

        /** Here nothing that follows an extent is ever free. */
        @Override
        public void extend(ExtendRequest request, StreamObserver<ExtendResponse> responses) {
            answer(
                    responses,
                    () -> {
                        TestSession session = session(request.getSession());
                        long base = SessionFile.laneOffset(request.getLane());
                        long extent = session.memory.getLong(base + SessionFile.OFFERED_OFFSET);
                        long at = base + SessionFile.extentOffset(extent);
                        return ExtendResponse.newBuilder()
                                .setLength(session.memory.getLong(at + Long.BYTES))
                                .build();
                    });
        }

        private LeaseResponse lend(LeaseRequest request) {
            TestSession session = session(request.getSession());
            giveBack(session, request.getReturnsList());
            boolean isShared = request.getKind() == LeaseRequest.Kind.KIND_SHARED;
            if (!request.getReserve().isEmpty()) {
                ObjectId id = ObjectId.ofBytes(request.getReserve().toByteArray(), 0);
                if (slot(id) != IndexWriter.NONE) {
                    throw failure(
                            Code.ALREADY_EXISTS, "object-exists", Map.of("id", id.toString()));
                }
            }
            long size = Math.max(isShared ? SHARED_EXTENT_BYTES : 0, request.getSizeBytes());
            if (size > poolLength) {
                throw failure(
                        Code.OUT_OF_RANGE,
                        "too-large",
                        Map.of(
                                "requested",
                                "" + request.getSizeBytes(),
                                "capacity",
                                "" + poolLength));
            }
            int number = request.hasLane() ? request.getLane() : freeLane(session);
            TestLane lane = session.lanes[number];
            long base = SessionFile.laneOffset(number);
            if (lane == null) {
                lane = new TestLane();
                lane.extentNumber = session.memory.getLong(base + SessionFile.OFFERED_OFFSET);
                session.lanes[number] = lane;
                session.memory.putIntRelease(
                        base + SessionFile.KIND_OFFSET,
                        isShared ? SessionFile.KIND_SHARED : SessionFile.KIND_SINGLE);
            }
            if (lane.nextLength == 0 && !offer(session, number, (size + 4095) & -4096L)) {
                if (!request.hasLane()) {
                    session.lanes[number] = null;
                }
                throw failure(
                        Code.RESOURCE_EXHAUSTED,
                        "out-of-memory",
                        Map.of(
                                "requested",
                                "" + request.getSizeBytes(),
                                "capacity",
                                "" + poolLength,
                                "free",
                                "1",
                                "pinned",
                                "5000000",
                                "pinnedBy",
                                "3:4711:5000000:trainer"));
            }
            long extent = lane.extentNumber + 1;
            LeaseResponse response =
                    LeaseResponse.newBuilder()
                            .setLane(number)
                            .setExtentNumber(extent)
                            .setStart(lane.nextStart)
                            .setLength(lane.nextLength)
                            .build();
            if (!request.hasLane()) {
                lane.extentNumber = extent;
                lane.start = lane.nextStart;
                lane.drained = lane.nextStart;
                lane.length = lane.nextLength;
                lane.nextLength = 0;
            }
            return response;
        }

        private int freeLane(TestSession session) {
            for (int i = 0; i < session.lanes.length; i++) {
                if (session.lanes[i] == null) {
                    return i;
                }
            }
            throw failure(Code.RESOURCE_EXHAUSTED, "lanes", Map.of());
        }

        @Override
        public void return_(ReturnRequest request, StreamObserver<ReturnResponse> responses) {
            answer(
                    responses,
                    () -> {
                        returnCalls.incrementAndGet();
                        giveBack(session(request.getSession()), request.getLanesList());
                        return ReturnResponse.getDefaultInstance();
                    });
        }

        private void giveBack(TestSession session, List<Integer> lanes) {
            for (int number : lanes) {
                TestLane lane = session.lanes[number];
                if (lane != null) {
                    session.lanes[number] = null;
                    release(lane.drained, lane.start + lane.length);
                    if (lane.nextLength > 0) {
                        release(lane.nextStart, lane.nextStart + lane.nextLength);
                    }
                    session.memory.putIntRelease(
                            SessionFile.laneOffset(number) + SessionFile.KIND_OFFSET,
                            SessionFile.KIND_FREE);
                }
            }
        }

        @Override
        public void resolve(ResolveRequest request, StreamObserver<ResolveResponse> responses) {
            List<ObjectId> ids =
                    request.getIdsList().stream()
                            .map(id -> ObjectId.ofBytes(id.toByteArray(), 0))
                            .toList();
            CompletableFuture<ResolveResponse> answer = new CompletableFuture<>();
            var _ =
                    answer.thenAccept(
                            response -> {
                                responses.onNext(response);
                                responses.onCompleted();
                            });
            tasks.add(
                    () ->
                            pending.add(
                                    new PendingResolve(
                                            ids,
                                            request.getCount() == 0
                                                    ? ids.size()
                                                    : request.getCount(),
                                            System.nanoTime()
                                                    + request.getTimeoutMillis() * 1_000_000,
                                            answer)));
            ring();
        }

        @Override
        public void interest(InterestRequest request, StreamObserver<InterestResponse> responses) {
            interests.incrementAndGet();
            answer(
                    responses,
                    () -> {
                        TestSession session = session(request.getSession());
                        InterestResponse.Builder response = InterestResponse.newBuilder();
                        for (ByteString bytes : request.getIdsList()) {
                            ObjectId id = ObjectId.ofBytes(bytes.toByteArray(), 0);
                            if (request.getRemove()) {
                                session.interests.remove(id);
                            } else {
                                session.interests.add(id);
                            }
                            response.addPresences(presence(id));
                        }
                        return response.build();
                    });
        }

        @Override
        public void delete(DeleteRequest request, StreamObserver<DeleteResponse> responses) {
            answer(
                    responses,
                    () -> {
                        byte[] ids = request.getIds().toByteArray();
                        byte[] wereThere = new byte[ids.length / ObjectId.SIZE_BYTES];
                        long deleted = 0;
                        for (int i = 0; i < wereThere.length; i++) {
                            ObjectId id = ObjectId.ofBytes(ids, i * ObjectId.SIZE_BYTES);
                            wereThere[i] =
                                    (byte)
                                            (TestNode.this.delete(id, request.getIncarnation())
                                                    ? 1
                                                    : 0);
                            deleted += wereThere[i];
                        }
                        return DeleteResponse.newBuilder()
                                .setDeleted(deleted)
                                .setWereThere(ByteString.copyFrom(wereThere))
                                .build();
                    });
        }

        @Override
        public void list(ListRequest request, StreamObserver<ListResponse> responses) {
            answer(
                    responses,
                    () -> {
                        ListResponse.Builder response = ListResponse.newBuilder();
                        writer.visit(
                                0,
                                writer.bucketCount(),
                                slot -> response.addObjects(describe(slot)));
                        return response.build();
                    });
        }

        @Override
        public void describe(DescribeRequest request, StreamObserver<ObjectDescription> responses) {
            answer(
                    responses,
                    () -> {
                        long slot = slot(ObjectId.ofBytes(request.getId().toByteArray(), 0));
                        if (slot == IndexWriter.NONE) {
                            throw failure(Code.NOT_FOUND, "object-not-found", Map.of());
                        }
                        return describe(slot);
                    });
        }

        private ObjectDescription describe(long slot) {
            byte[] metadata = new byte[writer.metadataLength(slot)];
            pool.copyTo(
                    writer.location(slot) + PoolFile.HEADER_BYTES, metadata, 0, metadata.length);
            return ObjectDescription.newBuilder()
                    .setId(
                            ByteString.copyFrom(
                                    idOf(writer.idFirst(slot), writer.idSecond(slot)).toBytes()))
                    .setIncarnation(writer.incarnation(slot))
                    .setSizeBytes(IndexFile.payloadLength(writer.length(slot)))
                    .setMetadata(ByteString.copyFrom(metadata))
                    .setStoreNumber(STORE_NUMBER)
                    .build();
        }

        @Override
        public void watch(WatchRequest request, StreamObserver<Event> responses) {
            onOwner(
                    () -> {
                        responses.onNext(
                                Event.newBuilder().setKind(Event.Kind.KIND_SUBSCRIBED).build());
                        return watchers.add(responses);
                    });
        }

        @Override
        public void status(StatusRequest request, StreamObserver<NodeStatus> responses) {
            answer(
                    responses,
                    () ->
                            NodeStatus.newBuilder()
                                    .setNodeId("test-node")
                                    .setStoreNumber(STORE_NUMBER)
                                    .setState("ready")
                                    .setObjects(writer.count())
                                    .build());
        }

        private TestSession session(String name) {
            TestSession session = sessions.get(name);
            if (session == null) {
                throw failure(Code.NOT_FOUND, "session", Map.of());
            }
            if (session.memory.getIntAcquire(SessionFile.STATE_OFFSET)
                    == SessionFile.STATE_FENCED) {
                throw failure(Code.FAILED_PRECONDITION, SessionFenced.CODE, Map.of());
            }
            return session;
        }

        private <T> void answer(StreamObserver<T> responses, Supplier<T> action) {
            tasks.add(
                    () -> {
                        try {
                            responses.onNext(action.get());
                            responses.onCompleted();
                        } catch (RuntimeException e) {
                            responses.onError(e);
                        }
                    });
            ring();
        }

        private StatusRuntimeException failure(
                Code code, String reason, Map<String, String> numbers) {
            return StatusProto.toStatusRuntimeException(
                    com.google.rpc.Status.newBuilder()
                            .setCode(code.getNumber())
                            .setMessage(reason)
                            .addDetails(
                                    Any.pack(
                                            ErrorInfo.newBuilder()
                                                    .setReason(reason)
                                                    .setDomain("tokamak")
                                                    .putAllMetadata(numbers)
                                                    .build()))
                            .build());
        }
    }

    /** The bytes of the pool, for tests that look behind a view. */
    MemorySegment poolBytes() {
        return pool.segment();
    }

    @Override
    public void close() {
        stop();
        files.forEach(OpenFile::close);
        try (Stream<Path> paths = Files.walk(folder.path())) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
