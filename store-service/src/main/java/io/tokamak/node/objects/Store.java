package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.Folder;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Group;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
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
    private final @Nullable String address;
    private final int storeNumber;
    private final String nonce;
    private final long startedMillis;
    private final ObjectCommands objects;
    private final SessionCommands attached;
    private final OwnerThread owner;
    private volatile StoreTimes times = StoreTimes.UNHEARD;
    private boolean wanted;
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
        address = membership.address();
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
                        barrier::begin,
                        () -> execute(() -> {}),
                        settings.steps());
        claims =
                new Claims(
                        directory,
                        storeNumber,
                        table,
                        sessions,
                        this::execute,
                        incarnations,
                        nanos -> times.claimed(nanos));
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
        objects =
                new ObjectCommands(
                        index, table, drain, leases, waits, directory, holders, settings.steps());
        attached =
                new SessionCommands(
                        files,
                        settings,
                        sessions,
                        index,
                        objects,
                        drain,
                        leases,
                        withheld,
                        waits,
                        reclaimer,
                        incarnations);
        owner = new OwnerThread(files.pool, sessions, new Turns());
        start();
        nonce = files.renewNonce(settings);
        settings.steps().reached("start.renewed");
        preTouch = new PreTouch(files.store, files.pool);
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

    private final class Turns implements OwnerThread.Turn {
        @Override
        public long take() {
            return turn();
        }

        @Override
        public void end() {
            files.store.putIntRelease(StoreFile.WANTED_OFFSET, 0);
        }
    }

    /**
     * Drains everything, then answers what was asked before.
     *
     * @return see {@link OwnerThread.Turn#take}
     */
    private long turn() {
        long nowNanos = System.nanoTime();
        long nowMillis = incarnations.nowMillis();
        files.store.putLongRelease(StoreFile.NOW_OFFSET, nowMillis);
        storeWanted();
        Memory.fullFence(); // R5
        boolean busy = drainAll(nowMillis);
        busy |= owner.runCommands();
        if (claims.flush()) {
            settings.steps().reached("claim.sent");
        }
        if (waits.hasNews()) {
            Memory.fullFence(); // R6
            waits.flush();
        }
        long nextWait = waits.expire(nowNanos);
        long nextEndMillis =
                lifetimes.expire(
                        nowMillis, slot -> objects.condemnNamed(slot, StoreListener.Kind.EXPIRED));
        readAccesses(nowMillis);
        attached.probeLocks(nowNanos, nowMillis);
        if (!drain.isStalled()) {
            offerAhead(nowNanos);
        }
        busy |= reclaimer.reclaim(nowNanos, nowMillis, leases.isRoomWanted());
        leases.giveBackStalled(nowMillis);
        if (leases.isTimeOver(nowNanos)) {
            reclaimer.scan(nowMillis); // with nothing condemned, the last look may be long ago
        }
        long nextLease = leases.serveWaiting(nowNanos, reclaimer.isFreeing());
        if (busy) {
            times.turned(System.nanoTime() - nowNanos);
            return 0;
        }
        long sleep =
                Math.min(
                        Math.min(SLEEP_NANOS, settings.probeNanos()),
                        Math.min(nextWait, nextLease));
        sleep = Math.min(sleep, reclaimer.dueInNanos(nowNanos));
        return Math.min(sleep, nextEndMillis * 1_000_000);
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

    private void execute(Runnable command) {
        owner.execute(command);
    }

    private CompletableFuture<Void> run(Runnable action) {
        return owner.command(
                () -> {
                    action.run();
                    return null;
                });
    }

    // Sessions.

    /**
     * Makes a session file for a client. It counts once its lock is held and {@link #ready} was
     * called.
     *
     * @param peer who asks; it may have so many sessions and no more
     */
    public CompletableFuture<Offer> offer(Peer peer) {
        return owner.command(() -> attached.offer(peer));
    }

    /**
     * The client says that it holds the lock: from the answer on its pins are seen.
     *
     * @return false when it does not hold it
     */
    public CompletableFuture<Boolean> ready(String name) {
        return owner.command(() -> attached.ready(name));
    }

    /**
     * Whether a session of before is still there; a client that lost its connection goes on with
     * it.
     */
    public CompletableFuture<Boolean> resume(String name, Peer peer) {
        return owner.command(() -> attached.resume(name, peer));
    }

    /** A connection ended: the session's lock is looked at now. */
    public void suspect(String name) {
        owner.execute(() -> attached.suspect(name));
    }

    /**
     * The client broke a rule of the protocol, or an operator says so: nothing new of it is
     * accepted.
     */
    public CompletableFuture<Void> fence(String name, String why) {
        return run(() -> attached.fence(name, why));
    }

    /** Drains and gives back lanes. */
    public CompletableFuture<Void> giveBack(String name, List<Integer> lanes) {
        return run(() -> attached.giveBack(name, lanes));
    }

    /**
     * Lends an extent.
     *
     * @param lane that is held and wants its next one; null: a lane that is free
     * @param kind {@link SessionFile#KIND_SHARED} or {@link SessionFile#KIND_SINGLE}
     * @param sizeBytes what the record needs
     * @param welcomeBytes for a record of unknown length: bytes that are welcome; otherwise 0
     * @param reserve name that the record will have
     * @return nothing is lent to who has completed it meanwhile
     */
    public CompletableFuture<Lease> lease(
            String name,
            @Nullable Integer lane,
            int kind,
            long sizeBytes,
            long welcomeBytes,
            @Nullable ObjectId reserve,
            long timeoutNanos) {
        CompletableFuture<Lease> answer = new CompletableFuture<>();
        owner.command(
                answer,
                () ->
                        attached.lease(
                                answer,
                                name,
                                lane,
                                kind,
                                sizeBytes,
                                welcomeBytes,
                                reserve,
                                timeoutNanos));
        return answer;
    }

    /**
     * Extends the extent of a lane for a single record in place, as far as what follows it is free.
     *
     * @param length bytes that it should have
     * @return bytes that it has then
     */
    public CompletableFuture<Long> extend(String name, int lane, long length) {
        return owner.command(() -> attached.extend(name, lane, length));
    }

    // Objects.

    /**
     * Which of some objects are there, all lanes drained. Waits until {@code count} of them are, or
     * the time is over.
     */
    public CompletableFuture<Presence> resolve(List<ObjectId> ids, int count, long timeoutNanos) {
        CompletableFuture<Presence> answer = new CompletableFuture<>();
        owner.command(answer, () -> objects.resolve(answer, ids, count, timeoutNanos));
        return answer;
    }

    /**
     * From the answer on the session is notified when one of these is sealed; says which are there
     * already.
     */
    public CompletableFuture<Presence> addInterest(String name, List<ObjectId> ids) {
        return owner.command(() -> objects.addInterest(sessions.require(name), ids));
    }

    public CompletableFuture<Void> removeInterest(String name, List<ObjectId> ids) {
        return run(() -> waits.removeInterests(sessions.require(name), ids));
    }

    /** Deletes objects: none is found afterwards, their bytes go with the last pin. */
    public CompletableFuture<Deletion> delete(List<ObjectId> ids) {
        return owner.command(() -> objects.delete(ids)).thenCompose(objects::releaseNames);
    }

    /** Deletes an object if it is of this incarnation; another was not there. */
    public CompletableFuture<Deletion> delete(ObjectId id, long incarnation) {
        return owner.command(() -> objects.delete(id, incarnation))
                .thenCompose(objects::releaseNames);
    }

    /** Deletes all objects of a group. */
    public CompletableFuture<Deletion> delete(Group group) {
        return owner.command(() -> objects.delete(group)).thenCompose(objects::releaseNames);
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
        return owner.<@Nullable Description>command(
                () -> {
                    reclaimer.scan(incarnations.nowMillis());
                    return objects.describe(id, sessions);
                });
    }

    /**
     * Tells the listener of everything that happens from now on; null: nobody.
     *
     * @param andThen run on the owner thread, before the first event
     */
    public CompletableFuture<Void> setListener(@Nullable StoreListener listener, Runnable andThen) {
        return run(
                () -> {
                    table.setListener(listener);
                    andThen.run();
                });
    }

    /** Runs this on the owner thread, and stops telling the listener when it answers true. */
    public CompletableFuture<Void> stopListeningIf(BooleanSupplier nobodyListens) {
        return run(
                () -> {
                    if (nobodyListens.getAsBoolean()) {
                        table.setListener(null);
                    }
                });
    }

    /** Has it hear from now on how long things take. From any thread. */
    public void setTimes(StoreTimes listener) {
        times = listener;
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
     * @param gets objects got in place, or copied, as the clients say from time to time
     * @param misses ids that were asked for and not there
     * @param deleted objects deleted or expired
     */
    public record Counters(
            long published,
            long sealedBytes,
            long gets,
            long misses,
            long deleted,
            long deletedBytes,
            long allocationFailures,
            long fencedSessions) {}

    public CompletableFuture<Status> status() {
        return owner.command(
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
                sessions.gets(),
                objects.misses(),
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
        return owner.command(
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

    /** See {@link Membership#address}. */
    public @Nullable String address() {
        return address;
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
        return owner.failure();
    }

    /** Whether clients would still find these files in the folder. */
    public boolean isLinked() throws IOException {
        return files.areLinked();
    }

    /** Stops the owner thread and frees the folder's lock. Objects stay; clients go on reading. */
    @Override
    public void close() {
        owner.close();
        preTouch.close();
        barrier.close();
        files.close();
    }
}
