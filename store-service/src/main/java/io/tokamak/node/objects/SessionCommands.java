package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.node.objects.Store.Offer;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How sessions come, lease memory, and go: makes their files, looks at their locks, and buries
 * those whose process has ended. The owner thread's.
 */
final class SessionCommands {
    private static final Logger LOG = LoggerFactory.getLogger(SessionCommands.class);
    private static final int SECRET_BYTES = 12;
    private static final long OFFER_NANOS = 30_000_000_000L;

    private final StoreFiles files;
    private final StoreSettings settings;
    private final SessionTable sessions;
    private final IndexWriter index;
    private final ObjectCommands objects;
    private final Drain drain;
    private final Leases leases;
    private final Withheld withheld;
    private final Waits waits;
    private final Reclaimer reclaimer;
    private final Incarnations incarnations;
    private final SecureRandom random = new SecureRandom();
    private final Set<AttachedSession> suspects = new LinkedHashSet<>();
    private long nextProbeNanos;

    SessionCommands(
            StoreFiles files,
            StoreSettings settings,
            SessionTable sessions,
            IndexWriter index,
            ObjectCommands objects,
            Drain drain,
            Leases leases,
            Withheld withheld,
            Waits waits,
            Reclaimer reclaimer,
            Incarnations incarnations) {
        this.files = files;
        this.settings = settings;
        this.sessions = sessions;
        this.index = index;
        this.objects = objects;
        this.drain = drain;
        this.leases = leases;
        this.withheld = withheld;
        this.waits = waits;
        this.reclaimer = reclaimer;
        this.incarnations = incarnations;
    }

    /**
     * @throws CommandRefused when the peer has all the sessions that it may have, or no file can be
     *     made
     */
    Offer offer(Peer peer) {
        sessions.admit(peer);
        try {
            return makeSession(peer);
        } catch (IOException e) {
            throw new CommandRefused(
                    CommandRefused.Kind.USED_UP, "no session: " + e.getMessage(), Map.of());
        }
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

    boolean ready(String name) {
        AttachedSession session = sessions.require(name);
        if (session.state == AttachedSession.State.OFFERED && isLocked(session)) {
            session.state = AttachedSession.State.ATTACHED;
            session.storeState(SessionFile.STATE_GO);
        }
        return session.state == AttachedSession.State.ATTACHED;
    }

    boolean resume(String name, Peer peer) {
        AttachedSession session = sessions.find(name);
        if (session == null || session.state != AttachedSession.State.ATTACHED) {
            return false;
        }
        session.peer = peer;
        return true;
    }

    void suspect(String name) {
        AttachedSession session = sessions.find(name);
        if (session != null) {
            suspects.add(session);
            nextProbeNanos = 0;
        }
    }

    void fence(String name, String why) {
        AttachedSession session = sessions.find(name);
        if (session != null) {
            sessions.fence(session, why);
        }
    }

    private static boolean isLocked(AttachedSession session) {
        try {
            return session.file.isLockedElsewhere();
        } catch (IOException e) {
            LOG.warn("cannot look at the lock of session {}", session.number, e);
            return true;
        }
    }

    /** Looks at the locks from time to time: the kernel frees that of a process that ends. */
    void probeLocks(long nowNanos, long nowMillis) {
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
        for (ObjectId id : List.copyOf(session.ownObjects)) {
            long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
            if (slot != IndexWriter.NONE
                    && (IndexFile.flags(index.length(slot)) & IndexFile.FLAG_SESSION) != 0) {
                objects.condemnNamed(slot, StoreListener.Kind.EXPIRED);
            }
        }
        settings.steps().reached("bury.released");
        sessions.countGets(session);
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

    void giveBack(String name, List<Integer> lanes) {
        AttachedSession session = sessions.require(name);
        for (int lane : lanes) {
            checkLane(session, lane);
            leases.giveBack(session, session.lanes[lane], incarnations.nowMillis());
        }
    }

    private static void checkLane(AttachedSession session, int lane) {
        if (lane < 0 || lane >= session.lanes.length) {
            throw CommandRefused.invalid(
                    "no lane %d: a session has %d".formatted(lane, session.lanes.length));
        }
    }

    /** See {@link Store#lease}. */
    void lease(
            CompletableFuture<Store.Lease> answer,
            String name,
            @Nullable Integer lane,
            int kind,
            long sizeBytes,
            long welcomeBytes,
            @Nullable ObjectId reserve,
            long timeoutNanos) {
        AttachedSession session = sessions.require(name);
        Lane held = null;
        if (lane != null) {
            checkLane(session, lane);
            held = session.lanes[lane];
            if (held.kind != SessionFile.KIND_SHARED) {
                throw CommandRefused.invalid("lane %d is not held".formatted(lane));
            }
        }
        if ((kind != SessionFile.KIND_SHARED && (kind != SessionFile.KIND_SINGLE || held != null))
                || sizeBytes <= 0
                || welcomeBytes < 0) {
            throw CommandRefused.invalid("kind %d, %d bytes".formatted(kind, sizeBytes));
        }
        if (reserve != null && objects.exists(reserve)) {
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
    }

    /** See {@link Store#extend}. */
    long extend(String name, int lane, long length) {
        AttachedSession session = sessions.require(name);
        checkLane(session, lane);
        if (session.lanes[lane].kind != SessionFile.KIND_SINGLE || length <= 0) {
            throw CommandRefused.invalid(
                    "lane %d is not held for a single record, or %d bytes are no length"
                            .formatted(lane, length));
        }
        if (session.lanes[lane].drained > 0) {
            throw CommandRefused.invalid(
                    "lane %d keeps what its record has, which was published: give it back"
                            .formatted(lane));
        }
        return leases.extend(session, session.lanes[lane], length);
    }
}
