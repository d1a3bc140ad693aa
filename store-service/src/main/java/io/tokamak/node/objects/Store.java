package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Group;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's store: its folder, and the one owner thread that publishes, reclaims, attaches and
 * answers.
 *
 * <p>Thread-safe: commands are queued for the owner thread and answered with futures, after all
 * lanes were drained; so whoever learned an id after its put returned finds it. Futures complete on
 * the owner thread: what depends on them must not block there.
 */
public final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    private static final long SLEEP_NANOS = Futex.patience(50_000_000);
    private static final int PREFETCHED = 32;
    private static final int SECRET_BYTES = 12;
    private static final long OFFER_NANOS = 30_000_000_000L;

    private final StoreFiles files;
    private final StoreSettings settings;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts = new Accounts();
    private final SessionTable sessions = new SessionTable();
    private final Waits waits = new Waits();
    private final Condemned condemned = new Condemned();
    private final Withheld withheld;
    private final Incarnations incarnations;
    private final Lifetimes lifetimes;
    private final ObjectTable table;
    private final Barrier barrier;
    private final Reclaimer reclaimer;
    private final Claims claims;
    private final Drain drain;
    private final Leases leases;
    private final Holders holders;
    private final NameDirectory directory;
    private final String id;
    private final int storeNumber;
    private final String nonce;
    private final long startedMillis;
    private final SecureRandom random = new SecureRandom();

    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();

    /** Commands of this turn; what a fault in it leaves is for the next one. */
    private final Queue<Runnable> batch = new ArrayDeque<>();

    private final Thread owner;
    private volatile boolean sleeping;
    private volatile boolean stopping;
    private volatile @Nullable Throwable failure;
    private long nextProbeNanos;
    private final Set<AttachedSession> suspects = new LinkedHashSet<>();
    private boolean wanted;

    /** Keeps the prefetching loads from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;

    private long misses;
    private final PreTouch preTouch;

    /** What a get after a miss is told. */
    public record Presence(Set<ObjectId> present) {}

    /** A session file that was made for a client, who has to take its lock. */
    public record Offer(String session, int number) {}

    /** An extent lent to a lane. */
    public record Lease(int lane, long extentNumber, long start, long length) {}

    /** What became of a deletion: for each id whether it was there. */
    public record Deletion(List<ObjectId> deleted, BitSet wereThere) {}

    private Store(StoreFiles files, StoreSettings settings, Membership membership)
            throws IOException {
        this.files = files;
        this.settings = settings;
        incarnations = new Incarnations(files.store, settings.clock());
        startedMillis = settings.clock().millis();
        index = new IndexWriter(files.store, files.index, files::allocateIndex, settings.steps());
        storeNumber =
                membership.claimStoreNumber(files.store.getInt(StoreFile.STORE_NUMBER_OFFSET));
        directory = membership.names(storeNumber);
        files.store.putIntRelease(StoreFile.STORE_NUMBER_OFFSET, storeNumber);
        id =
                new UUID(
                                files.store.getLong(StoreFile.STORE_ID_OFFSET),
                                files.store.getLong(StoreFile.STORE_ID_OFFSET + Long.BYTES))
                        .toString();
        space = new PoolSpace(files.poolLength());
        withheld = new Withheld(space, accounts);
        lifetimes = new Lifetimes(index);
        table =
                new ObjectTable(
                        files.pool,
                        index,
                        space,
                        accounts,
                        incarnations,
                        lifetimes,
                        waits,
                        condemned);
        barrier = new Barrier(files.offerBarriers());
        reclaimer =
                new Reclaimer(
                        condemned,
                        index,
                        space,
                        accounts,
                        sessions,
                        withheld,
                        barrier,
                        () -> execute(() -> {}),
                        settings.steps());
        claims = new Claims(directory, storeNumber, table, this::execute, incarnations);
        drain =
                new Drain(
                        files.pool,
                        table,
                        space,
                        accounts,
                        sessions,
                        claims,
                        storeNumber,
                        settings.steps());
        holders = new Holders(files.pool, table);
        leases =
                new Leases(
                        space,
                        accounts,
                        sessions,
                        drain,
                        claims,
                        incarnations,
                        holders,
                        settings.steps());
        start();
        nonce = files.renewNonce(settings);
        settings.steps().reached("start.renewed");
        preTouch = new PreTouch(files.pool, !files.found);
        owner = Thread.ofPlatform().name("owner").unstarted(this::run);
    }

    /**
     * Opens a store and starts its owner thread.
     *
     * @param membership claims the store's number and names
     * @throws StoreUnusable when the folder cannot be used
     * @throws IncompatibleStore when it holds a store that does not fit
     */
    public static Store open(StoreSettings settings, Membership membership) throws IOException {
        StoreFiles files = StoreFiles.open(settings);
        try {
            Store store = new Store(files, settings, membership);
            store.owner.start();
            return store;
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private void start() throws IOException {
        if (files.found) {
            Recovery recovery =
                    new Recovery(
                            files,
                            table,
                            space,
                            accounts,
                            sessions,
                            condemned,
                            drain,
                            claims,
                            withheld,
                            incarnations.nowMillis(),
                            settings.steps());
            recovery.run(System.nanoTime());
            if (!recovery.names().isEmpty()) {
                directory.restore(recovery.names()).join();
            }
            if (!recovery.abandoned().isEmpty()) {
                directory.release(recovery.abandoned()).join();
            }
            settings.steps().reached("recovery.named");
        } else {
            if (!index.create()) {
                throw new StoreUnusable(
                        "no room for the index in " + files.folder.path(),
                        "lower tokamak.pool.size");
            }
            settings.steps().reached("create.indexed");
            files.proofs.establish();
            files.finish();
            settings.steps().reached("create.finished");
        }
        files.store.putInt(StoreFile.NODE_PID_OFFSET, Processes.pid());
        files.store.putLong(StoreFile.NODE_STARTED_AT_OFFSET, startedMillis);
        Ledger ledger = ledger(reclaimer.scan(startedMillis));
        if (!ledger.isBalanced()) {
            throw new IllegalStateException("the ledger does not balance: " + ledger);
        }
        LOG.info(
                "store {} in {}: {}, {} objects in {} bytes, {} free of {}, {} withheld, {}"
                        + " sessions",
                Integer.toUnsignedString(storeNumber),
                files.folder.path(),
                files.found ? "taken over" : "new",
                accounts.objects,
                accounts.inUse,
                space.freeBytes(),
                space.capacityBytes(),
                accounts.withheld,
                sessions.all().size());
    }

    // The owner thread.

    private void run() {
        try {
            while (!stopping) {
                try {
                    turn();
                } catch (InternalError e) {
                    LOG.warn("a session's file was truncated under the node: {}", e.toString());
                    var _ = sessions.fenceTruncated();
                }
            }
        } catch (Throwable e) {
            failure = e;
            LOG.error("the owner thread ended", e);
        } finally {
            files.store.putIntRelease(StoreFile.WANTED_OFFSET, 0);
            takeCommands();
            batch.forEach(Runnable::run);
        }
    }

    /**
     * One turn: drains everything, then answers what was asked before, then sleeps if there was
     * nothing to do.
     */
    private void turn() {
        int bell = files.pool.getIntAcquire(PoolFile.DOORBELL_OFFSET);
        takeCommands();
        long nowNanos = System.nanoTime();
        long nowMillis = incarnations.nowMillis();
        files.store.putLongRelease(StoreFile.NOW_OFFSET, nowMillis);
        storeWanted();
        Memory.fullFence(); // R5
        boolean busy = drainAll(nowMillis);
        busy |= !batch.isEmpty();
        for (Runnable command = batch.poll(); command != null; command = batch.poll()) {
            command.run();
        }
        if (claims.flush()) {
            settings.steps().reached("claim.sent");
        }
        if (waits.hasNews()) {
            Memory.fullFence(); // R6
            waits.flush();
        }
        long nextWait = waits.expire(nowNanos);
        long nextEndMillis =
                lifetimes.expire(nowMillis, slot -> condemnNamed(slot, StoreListener.Kind.EXPIRED));
        readAccesses(nowMillis);
        probeLocks(nowNanos, nowMillis);
        if (!drain.isStalled()) {
            offerAhead(nowNanos);
        }
        busy |= reclaimer.reclaim(nowNanos, nowMillis, leases.isRoomWanted());
        leases.giveBackStalled(nowMillis);
        if (leases.isTimeOver(nowNanos)) {
            reclaimer.scan(nowMillis); // with nothing condemned, the last look may be long ago
        }
        long nextLease = leases.serveWaiting(nowNanos, reclaimer.isFreeing());
        if (!busy && commands.isEmpty()) {
            long sleep =
                    Math.min(
                            Math.min(SLEEP_NANOS, settings.probeNanos()),
                            Math.min(nextWait, nextLease));
            sleep = Math.min(sleep, reclaimer.dueInNanos(nowNanos));
            sleep = Math.min(sleep, nextEndMillis * 1_000_000);
            sleep(bell, sleep);
        }
    }

    private void takeCommands() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            batch.add(command);
        }
    }

    private void storeWanted() {
        boolean want = waits.isAwaited() || table.isHeard();
        if (want != wanted) {
            wanted = want;
            files.store.putIntOpaque(StoreFile.WANTED_OFFSET, want ? 1 : 0);
        }
    }

    private boolean drainAll(long nowMillis) {
        boolean[] found = new boolean[1];
        for (AttachedSession session : List.copyOf(sessions.all())) {
            if (session.isDraining()) {
                var _ =
                        sessions.guarded(
                                session, () -> found[0] |= drain.drain(session, nowMillis));
            }
        }
        return found[0];
    }

    private void offerAhead(long nowNanos) {
        for (AttachedSession session : sessions.all()) {
            if (session.isDraining()) {
                var _ = sessions.guarded(session, () -> leases.offerAhead(session, nowNanos));
            }
        }
    }

    private void readAccesses(long nowMillis) {
        for (AttachedSession session : sessions.all()) {
            if (session.state == AttachedSession.State.ATTACHED) {
                var _ =
                        sessions.guarded(
                                session,
                                () ->
                                        session.readAccesses(
                                                (first, second) ->
                                                        table.accessed(first, second, nowMillis)));
            }
        }
    }

    private void sleep(int bell, long nanos) {
        if (nanos <= 0) {
            return;
        }
        sleeping = true;
        if (commands.isEmpty() && !stopping) {
            Futex.await(files.pool, PoolFile.DOORBELL_OFFSET, bell, nanos);
        }
        sleeping = false;
    }

    private void ring() {
        if (sleeping) {
            files.pool.getAndAddInt(PoolFile.DOORBELL_OFFSET, 1);
            Futex.wake(files.pool, PoolFile.DOORBELL_OFFSET, 1);
        }
    }

    private void execute(Runnable command) {
        commands.add(command);
        ring();
    }

    private <T> CompletableFuture<T> command(Supplier<T> action) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        execute(
                () -> {
                    try {
                        answer.complete(action.get());
                    } catch (RuntimeException e) {
                        answer.completeExceptionally(e);
                    } catch (InternalError e) {
                        var _ = sessions.fenceTruncated();
                        answer.completeExceptionally(CommandRefused.truncated());
                    }
                });
        if (failure != null) {
            answer.completeExceptionally(
                    new IllegalStateException("the owner thread ended", failure));
        }
        return answer;
    }

    // Sessions.

    /**
     * Makes a session file for a client. It counts once its lock is held and {@link #ready} was
     * called.
     *
     * @param peer who asks; it may have so many sessions and no more
     */
    public CompletableFuture<Offer> offer(Peer peer) {
        return command(
                () -> {
                    sessions.admit(peer);
                    try {
                        return makeSession(peer);
                    } catch (IOException e) {
                        throw new CommandRefused(
                                CommandRefused.Kind.USED_UP,
                                "no session: " + e.getMessage(),
                                Map.of());
                    }
                });
    }

    private Offer makeSession(Peer peer) throws IOException {
        int number = files.store.getInt(StoreFile.NEXT_SESSION_OFFSET);
        files.store.putIntRelease(StoreFile.NEXT_SESSION_OFFSET, number + 1);
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        // The number stands where the client cannot write: a node that starts reads it here.
        String name = HexFormat.of().formatHex(secret) + HexFormat.of().toHexDigits(number);
        OpenFile file = OpenFile.create(files.folder.session(name), 0666);
        try {
            file.setSize(SessionFile.LENGTH);
            file.allocate(0, SessionFile.pinOffset(SessionFile.PINS_ALLOCATED));
        } catch (IOException e) {
            file.close();
            Files.delete(files.folder.session(name));
            throw e;
        }
        AttachedSession session =
                new AttachedSession(name, number, file, files.proofs, System.nanoTime());
        session.peer = peer;
        Memory memory = session.memory;
        memory.putInt(SessionFile.SESSION_NUMBER_OFFSET, number);
        memory.putInt(SessionFile.STATE_OFFSET, SessionFile.STATE_OFFERED);
        memory.putInt(SessionFile.LANE_COUNT_OFFSET, SessionFile.LANE_COUNT);
        memory.putInt(SessionFile.PIN_LIMIT_OFFSET, SessionFile.PIN_LIMIT);
        memory.putInt(SessionFile.ACCESS_LIMIT_OFFSET, SessionFile.ACCESS_LIMIT);
        memory.putLongRelease(SessionFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        sessions.add(session);
        return new Offer(name, number);
    }

    /**
     * The client says that it holds the lock: from the answer on its pins are seen.
     *
     * @return false when it does not hold it
     */
    public CompletableFuture<Boolean> ready(String name) {
        return command(
                () -> {
                    AttachedSession session = sessions.require(name);
                    if (session.state == AttachedSession.State.OFFERED && isLocked(session)) {
                        session.state = AttachedSession.State.ATTACHED;
                        session.storeState(SessionFile.STATE_GO);
                    }
                    return session.state == AttachedSession.State.ATTACHED;
                });
    }

    /**
     * Whether a session of before is still there; a client that lost its connection goes on with
     * it.
     */
    public CompletableFuture<Boolean> resume(String name, Peer peer) {
        return command(
                () -> {
                    AttachedSession session = sessions.find(name);
                    if (session == null || session.state != AttachedSession.State.ATTACHED) {
                        return false;
                    }
                    session.peer = peer;
                    return true;
                });
    }

    /** A connection ended: the session's lock is looked at now. */
    public void suspect(String name) {
        execute(
                () -> {
                    AttachedSession session = sessions.find(name);
                    if (session != null) {
                        suspects.add(session);
                        nextProbeNanos = 0;
                    }
                });
    }

    /**
     * The client broke a rule of the protocol, or an operator says so: nothing new of it is
     * accepted.
     */
    public CompletableFuture<Void> fence(String name, String why) {
        return command(
                () -> {
                    AttachedSession session = sessions.find(name);
                    if (session != null) {
                        sessions.fence(session, why);
                    }
                    return null;
                });
    }

    private static boolean isLocked(AttachedSession session) {
        try {
            return session.file.isLockedElsewhere();
        } catch (IOException e) {
            LOG.warn("cannot look at the lock of session {}", session.number, e);
            return true;
        }
    }

    private void probeLocks(long nowNanos, long nowMillis) {
        if (nowNanos < nextProbeNanos) {
            return;
        }
        nextProbeNanos = nowNanos + settings.probeNanos();
        for (AttachedSession session : List.copyOf(sessions.all())) {
            if (!session.isUnreadable() && SessionTable.isTruncated(session)) {
                session.setUnreadable();
                sessions.fence(session, "its file was truncated");
            }
            boolean abandoned =
                    session.state != AttachedSession.State.OFFERED
                            || suspects.contains(session)
                            || nowNanos - session.offeredNanos > OFFER_NANOS;
            if (abandoned && !isLocked(session)) {
                bury(session, nowMillis);
            }
        }
        suspects.clear();
    }

    /**
     * Takes back the memory of a session whose process is gone: the kernel freed its lock, and the
     * node takes it first (I11).
     */
    private void bury(AttachedSession session, long nowMillis) {
        try {
            if (!session.file.tryLock()) {
                return;
            }
        } catch (IOException e) {
            LOG.warn("cannot take the lock of session {}", session.number, e);
            return;
        }
        settings.steps().reached("bury.locked");
        if (session.isDraining()) {
            var _ = sessions.guarded(session, () -> drain.drain(session, nowMillis));
        }
        for (int lane = 0; lane < session.laneHighWater; lane++) {
            if (session.lanes[lane].stalled) {
                return; // the index has no room for what is committed there: later
            }
        }
        settings.steps().reached("bury.drained");
        for (int i = 0; i < session.laneHighWater; i++) {
            Lane lane = session.lanes[i];
            if (!lane.isFree()) {
                leases.release(session, lane);
            }
        }
        withheld.release(session);
        for (ObjectId id : session.ownObjects) {
            long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
            if (slot != IndexWriter.NONE
                    && (IndexFile.flags(index.length(slot)) & IndexFile.FLAG_SESSION) != 0) {
                condemnNamed(slot, StoreListener.Kind.EXPIRED);
            }
        }
        settings.steps().reached("bury.released");
        leases.forget(session);
        waits.removeSession(session);
        sessions.remove(session);
        reclaimer.hurry();
        try {
            Files.deleteIfExists(files.folder.session(session.name));
        } catch (IOException e) {
            LOG.warn("cannot remove the file of session {}", session.number, e);
        }
        session.close();
    }

    /** Drains and gives back lanes. */
    public CompletableFuture<Void> giveBack(String name, List<Integer> lanes) {
        return command(
                () -> {
                    AttachedSession session = sessions.require(name);
                    for (int lane : lanes) {
                        checkLane(session, lane);
                        leases.giveBack(session, session.lanes[lane], incarnations.nowMillis());
                    }
                    return null;
                });
    }

    private static void checkLane(AttachedSession session, int lane) {
        if (lane < 0 || lane >= session.lanes.length) {
            throw CommandRefused.invalid(
                    "no lane %d: a session has %d".formatted(lane, session.lanes.length));
        }
    }

    /**
     * Lends an extent.
     *
     * @param lane that is held and wants its next one; null: a lane that is free
     * @param kind {@link SessionFile#KIND_SHARED} or {@link SessionFile#KIND_SINGLE}
     * @param sizeBytes what the record needs
     * @param welcomeBytes for a record of unknown length: bytes that are welcome; otherwise 0
     * @param reserve name that the record will have
     */
    public CompletableFuture<Lease> lease(
            String name,
            @Nullable Integer lane,
            int kind,
            long sizeBytes,
            long welcomeBytes,
            @Nullable ObjectId reserve,
            long timeoutNanos) {
        CompletableFuture<Leases.Lease> answer = new CompletableFuture<>();
        execute(
                () -> {
                    try {
                        AttachedSession session = sessions.require(name);
                        Lane held = null;
                        if (lane != null) {
                            checkLane(session, lane);
                            held = session.lanes[lane];
                            if (held.kind != SessionFile.KIND_SHARED) {
                                throw CommandRefused.invalid("lane %d is not held".formatted(lane));
                            }
                        }
                        if ((kind != SessionFile.KIND_SHARED
                                        && (kind != SessionFile.KIND_SINGLE || held != null))
                                || sizeBytes <= 0
                                || welcomeBytes < 0) {
                            throw CommandRefused.invalid(
                                    "kind %d, %d bytes".formatted(kind, sizeBytes));
                        }
                        if (reserve != null && exists(reserve)) {
                            throw new CommandRefused(
                                    CommandRefused.Kind.EXISTS,
                                    "the name is taken",
                                    Map.of("id", reserve.toString()));
                        }
                        long nowNanos = System.nanoTime();
                        leases.request(
                                new Leases.Request(
                                        session,
                                        held,
                                        kind,
                                        sizeBytes,
                                        welcomeBytes,
                                        reserve,
                                        nowNanos + timeoutNanos,
                                        answer),
                                nowNanos);
                    } catch (CommandRefused e) {
                        answer.completeExceptionally(e);
                    } catch (InternalError e) {
                        var _ = sessions.fenceTruncated();
                        answer.completeExceptionally(CommandRefused.truncated());
                    }
                });
        return answer.thenApply(
                lent -> new Lease(lent.lane(), lent.extentNumber(), lent.start(), lent.length()));
    }

    /**
     * Extends the extent of a lane for a single record in place, as far as what follows it is free.
     *
     * @param length bytes that it should have
     * @return bytes that it has then
     */
    public CompletableFuture<Long> extend(String name, int lane, long length) {
        return command(
                () -> {
                    AttachedSession session = sessions.require(name);
                    checkLane(session, lane);
                    if (session.lanes[lane].kind != SessionFile.KIND_SINGLE || length <= 0) {
                        throw CommandRefused.invalid(
                                "lane %d is not held for a single record, or %d bytes are no length"
                                        .formatted(lane, length));
                    }
                    return leases.extend(session, session.lanes[lane], length);
                });
    }

    // Objects.

    private boolean exists(ObjectId id) {
        return index.findCurrent(ObjectTable.first(id), ObjectTable.second(id)) != IndexWriter.NONE;
    }

    /**
     * Which of some objects are there, all lanes drained. Waits until {@code count} of them are, or
     * the time is over.
     */
    public CompletableFuture<Presence> resolve(List<ObjectId> ids, int count, long timeoutNanos) {
        CompletableFuture<Presence> answer = new CompletableFuture<>();
        execute(
                () -> {
                    Set<ObjectId> present = presentOf(ids);
                    Set<ObjectId> pending = new LinkedHashSet<>(ids);
                    pending.removeAll(present);
                    if (present.size() >= count || pending.isEmpty() || timeoutNanos <= 0) {
                        resolved(answer, ids, count, present);
                        return;
                    }
                    Waits.Wait wait;
                    try {
                        wait =
                                waits.await(
                                        pending,
                                        Math.min(count - present.size(), pending.size()),
                                        System.nanoTime() + timeoutNanos);
                    } catch (CommandRefused refused) {
                        answer.completeExceptionally(refused);
                        return;
                    }
                    var _ =
                            wait.answer.thenAccept(
                                    _ -> resolved(answer, ids, count, presentOf(ids)));
                    var _ = answer.thenAccept(_ -> wait.answer.complete(false));
                });
        return answer;
    }

    private void resolved(
            CompletableFuture<Presence> answer,
            List<ObjectId> ids,
            int count,
            Set<ObjectId> present) {
        if (present.size() < Math.min(count, ids.size()) && drain.isStalled()) {
            answer.completeExceptionally(indexFull());
        } else {
            answer.complete(new Presence(present));
        }
    }

    /** Instead of saying that something is not there, which may be committed. */
    private CommandRefused indexFull() {
        return CommandRefused.indexFull(leases.numbers(0));
    }

    private Set<ObjectId> presentOf(List<ObjectId> ids) {
        Set<ObjectId> present = new LinkedHashSet<>();
        for (ObjectId id : ids) {
            if (exists(id)) {
                present.add(id);
            } else {
                misses++;
            }
        }
        return present;
    }

    /**
     * From the answer on the session is notified when one of these is sealed; says which are there
     * already.
     */
    public CompletableFuture<Presence> addInterest(String name, List<ObjectId> ids) {
        return command(
                () -> {
                    AttachedSession session = sessions.require(name);
                    waits.addInterests(session, ids);
                    return new Presence(presentOf(ids));
                });
    }

    public CompletableFuture<Void> removeInterest(String name, List<ObjectId> ids) {
        return command(
                () -> {
                    AttachedSession session = sessions.require(name);
                    waits.removeInterests(session, ids);
                    return null;
                });
    }

    /** Deletes objects: none is found afterwards, their bytes go with the last pin. */
    public CompletableFuture<Deletion> delete(List<ObjectId> ids) {
        return command(() -> deleteNow(ids)).thenCompose(this::releaseNames);
    }

    /** Deletes all objects of a group. */
    public CompletableFuture<Deletion> delete(Group group) {
        return command(() -> deleteGroupNow(group)).thenCompose(this::releaseNames);
    }

    /**
     * @param isWhole whether what was not found is not there; else it may be committed, and appear
     */
    private record Deleted(Deletion deletion, List<NameDirectory.Claim> names, boolean isWhole) {}

    private Deleted deleteGroupNow(Group group) {
        Deleted members = deleteNow(List.copyOf(table.group(group)));
        return new Deleted(members.deletion(), members.names(), !drain.isStalled());
    }

    private Deleted deleteNow(List<ObjectId> ids) {
        List<ObjectId> deleted = new ArrayList<>();
        List<NameDirectory.Claim> names = new ArrayList<>();
        BitSet wereThere = new BitSet(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            if (i % PREFETCHED == 0) {
                prefetch(ids, i);
            }
            ObjectId id = ids.get(i);
            long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
            if (slot == IndexWriter.NONE) {
                continue;
            }
            if (id.isNamed()) {
                names.add(new NameDirectory.Claim(id, index.incarnation(slot)));
            }
            table.condemn(slot, StoreListener.Kind.DELETED);
            settings.steps().reached("delete.condemned");
            deleted.add(id);
            wereThere.set(i);
        }
        boolean isWhole = deleted.size() == ids.size() || !drain.isStalled();
        return new Deleted(new Deletion(deleted, wereThere), names, isWhole);
    }

    /** Looks at the buckets of the next ids, so that they wait for memory at the same time. */
    private void prefetch(List<ObjectId> ids, int from) {
        for (int i = from; i < Math.min(ids.size(), from + PREFETCHED); i++) {
            ObjectId id = ids.get(i);
            prefetched += index.prefetchEntry(ObjectTable.first(id), ObjectTable.second(id));
        }
    }

    private CompletableFuture<Deletion> releaseNames(Deleted deleted) {
        CompletableFuture<Void> released =
                deleted.names().isEmpty()
                        ? CompletableFuture.completedFuture(null)
                        : directory.release(deleted.names());
        return released.thenApply(
                _ -> {
                    if (!deleted.isWhole()) {
                        throw CommandRefused.indexFull(Map.of());
                    }
                    return deleted.deletion();
                });
    }

    /** Condemns an object whose time is over; its name is given up behind it. */
    private void condemnNamed(long slot, StoreListener.Kind why) {
        long first = index.idFirst(slot);
        ObjectId id = ObjectTable.id(first, index.idSecond(slot));
        long incarnation = index.incarnation(slot);
        table.condemn(slot, why);
        if (ObjectTable.isNamed(first)) {
            directory
                    .release(List.of(new NameDirectory.Claim(id, incarnation)))
                    .exceptionally(
                            e -> {
                                LOG.warn(
                                        "the name of {} could not be given up: {}",
                                        id,
                                        e.toString());
                                return null;
                            });
        }
    }

    /** An object as its slot says, and who pins it; null when it is not there. */
    public record Description(
            ObjectId id,
            long incarnation,
            long sizeBytes,
            @Nullable ObjectMetadata metadata,
            long expiryMillis,
            List<PinHolder> pins) {}

    public CompletableFuture<@Nullable Description> describe(ObjectId id) {
        return this.<@Nullable Description>command(
                () -> {
                    long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
                    if (slot == IndexWriter.NONE) {
                        if (drain.isStalled()) {
                            throw indexFull();
                        }
                        return null;
                    }
                    reclaimer.scan(incarnations.nowMillis());
                    long location = index.location(slot);
                    return new Description(
                            id,
                            index.incarnation(slot),
                            IndexFile.payloadLength(index.length(slot)),
                            table.readMetadata(slot),
                            index.expiry(slot),
                            holders.pinsAt(location, sessions.all()));
                });
    }

    /**
     * Tells the listener of everything that happens from now on; null: nobody.
     *
     * @param andThen run on the owner thread, before the first event
     */
    public CompletableFuture<Void> setListener(@Nullable StoreListener listener, Runnable andThen) {
        return command(
                () -> {
                    table.setListener(listener);
                    andThen.run();
                    return null;
                });
    }

    /** Runs this on the owner thread, and stops telling the listener when it answers true. */
    public CompletableFuture<Void> stopListeningIf(BooleanSupplier nobodyListens) {
        return command(
                () -> {
                    if (nobodyListens.getAsBoolean()) {
                        table.setListener(null);
                    }
                    return null;
                });
    }

    /** The node's state, pins scanned for it. */
    public record Status(
            Ledger ledger,
            long objects,
            List<SessionInfo> sessions,
            long oldestPinMillis,
            long undrainedBytes,
            Counters counters,
            long touchedBytes) {}

    /**
     * What was counted since the node's start.
     *
     * @param sealedBytes payload of the objects that became visible
     * @param misses ids that were asked for and not there
     * @param deleted objects deleted or expired
     */
    public record Counters(
            long published,
            long sealedBytes,
            long misses,
            long deleted,
            long deletedBytes,
            long allocationFailures,
            long fencedSessions) {}

    public CompletableFuture<Status> status() {
        return command(
                () -> {
                    long nowMillis = incarnations.nowMillis();
                    PinSet pins = reclaimer.scan(nowMillis);
                    long[] oldest = {nowMillis};
                    List<SessionInfo> infos = new ArrayList<>();
                    for (AttachedSession session : sessions.all()) {
                        if (session.state != AttachedSession.State.OFFERED) {
                            infos.add(holders.describe(session));
                            session.forEachPin(
                                    (_, since) -> oldest[0] = Math.min(oldest[0], since));
                        }
                    }
                    return new Status(
                            ledger(pins),
                            accounts.objects,
                            infos,
                            nowMillis - oldest[0],
                            undrainedBytes(),
                            counters(),
                            preTouch.touchedBytes());
                });
    }

    private Counters counters() {
        return new Counters(
                drain.publishedCount(),
                table.sealedBytes(),
                misses,
                table.condemnedCount(),
                table.condemnedBytes(),
                leases.failureCount(),
                sessions.fencedCount());
    }

    /**
     * An object that somebody pins.
     *
     * @param deleted nobody finds it any more; its bytes go with the last pin
     */
    public record PinnedObject(Description object, boolean deleted) {}

    /**
     * @param count how many there are, described or not
     */
    public record Pinned(List<PinnedObject> objects, int count) {}

    /**
     * What is pinned, and by whom.
     *
     * @param max objects to be described: those pinned longest, in that order
     */
    public CompletableFuture<Pinned> pinned(int max) {
        return command(
                () -> {
                    reclaimer.scan(incarnations.nowMillis());
                    return holders.pinned(sessions.all(), max);
                });
    }

    /** Bytes that clients have committed since this turn's drain. */
    private long undrainedBytes() {
        long[] bytes = new long[1];
        for (AttachedSession session : sessions.all()) {
            if (session.isDraining()) {
                var _ = sessions.guarded(session, () -> bytes[0] += session.undrainedBytes());
            }
        }
        return bytes[0];
    }

    private Ledger ledger(PinSet pins) {
        return new Ledger(
                space.capacityBytes(),
                accounts.inUse,
                space.freeBytes(),
                accounts.leased,
                accounts.condemned,
                accounts.withheld,
                holders.pinnedBytes(pins),
                space.largestRunBytes(),
                index.allocatedBytes());
    }

    /** Who the node is: known by its folder's contents, whatever process serves them. */
    public String id() {
        return id;
    }

    public int storeNumber() {
        return storeNumber;
    }

    public long startedMillis() {
        return startedMillis;
    }

    public Folder folder() {
        return files.folder;
    }

    /** What the file {@code nonce} holds. */
    public String nonce() {
        return nonce;
    }

    /** The store's files as any reader sees them, for {@link StoreListing}. */
    Memory storeMemory() {
        return files.store;
    }

    Memory indexMemory() {
        return files.index;
    }

    Memory poolMemory() {
        return files.pool;
    }

    /** Why the owner thread ended, null while it lives. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** Whether clients would still find these files in the folder. */
    public boolean isLinked() throws IOException {
        return files.areLinked();
    }

    /** Stops the owner thread and frees the folder's lock. Objects stay; clients go on reading. */
    @Override
    public void close() {
        stopping = true;
        sleeping = true;
        ring();
        try {
            owner.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        preTouch.close();
        barrier.close();
        files.close();
    }
}
