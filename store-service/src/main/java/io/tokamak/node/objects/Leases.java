package io.tokamak.node.objects;

import static io.tokamak.layout.PoolFile.BLOCK_BYTES;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.SessionFile;
import io.tokamak.node.objects.RoomQueue.Attempt;
import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lends extents of the pool to lanes. SHARED lanes get theirs ahead of need, twice as large as the
 * last one when that went within 100 ms; all that is lent ahead stays within an eighth of the pool
 * (I22). A request that finds no room waits until its deadline, as {@link RoomQueue} says. The
 * owner thread's.
 */
final class Leases {
    static final long EXTENT_BYTES_MIN = 64 << 10;
    static final long EXTENT_BYTES_MAX = 64 << 20;
    private static final long QUICK_NANOS = 100_000_000;
    private static final int HOLDERS_NAMED = 3;

    /**
     * A request for an extent.
     *
     * @param lane that wants its next extent; null: any free one
     * @param welcomeBytes for a record of unknown length: bytes that are welcome; 0 when it is
     *     known
     * @param reserve name that the record will have
     */
    record Request(
            AttachedSession session,
            @Nullable Lane lane,
            int kind,
            long sizeBytes,
            long welcomeBytes,
            @Nullable ObjectId reserve,
            long deadlineNanos,
            CompletableFuture<Store.Lease> answer) {}

    private final PoolSpace space;
    private final Accounts accounts;
    private final SessionTable sessions;
    private final Drain drain;
    private final Claims claims;
    private final Incarnations incarnations;
    private final Holders holders;
    private final IndexWriter.Steps steps;
    private final long extentBytesMax;
    private final long aheadBytesMax;
    private final RoomQueue waiting = new RoomQueue();
    private final Map<Lane, AttachedSession> toGiveBack = new HashMap<>();
    private long failures;

    Leases(
            PoolSpace space,
            Accounts accounts,
            SessionTable sessions,
            Drain drain,
            Claims claims,
            Incarnations incarnations,
            Holders holders,
            IndexWriter.Steps steps) {
        this.space = space;
        this.accounts = accounts;
        this.sessions = sessions;
        this.drain = drain;
        this.claims = claims;
        this.incarnations = incarnations;
        this.holders = holders;
        this.steps = steps;
        aheadBytesMax = space.capacityBytes() / 8;
        extentBytesMax =
                Math.clamp(
                        space.capacityBytes() / 64 & -BLOCK_BYTES,
                        EXTENT_BYTES_MIN,
                        EXTENT_BYTES_MAX);
    }

    boolean isRoomWanted() {
        return !waiting.isEmpty();
    }

    /** Whether the next {@link #serveWaiting} may turn somebody away, and tell who pins. */
    boolean isTimeOver(long nowNanos) {
        return waiting.hasExpired(nowNanos);
    }

    /** Requests that found no room by their deadline. */
    long failureCount() {
        return failures;
    }

    void request(Request request, long nowNanos) {
        long largest = space.capacityBytes();
        if (request.sizeBytes() > largest) {
            request.answer()
                    .completeExceptionally(
                            new CommandRefused(
                                    CommandRefused.Kind.TOO_LARGE,
                                    "%d bytes asked for, the pool has %d"
                                            .formatted(request.sizeBytes(), largest),
                                    Map.of(
                                            "requested",
                                            "" + request.sizeBytes(),
                                            "capacity",
                                            "" + largest)));
            return;
        }
        ObjectId reserve = request.reserve();
        if (reserve != null && isTaken(request, reserve)) {
            return;
        }
        if (!waiting.isEmpty() || tryLend(request, nowNanos) != Attempt.ANSWERED) {
            waiting.add(request);
        }
    }

    private boolean isTaken(Request request, ObjectId id) {
        Reservation reservation = claims.reservation(id);
        if (reservation == null) {
            return false;
        }
        request.answer()
                .completeExceptionally(
                        new CommandRefused(
                                CommandRefused.Kind.EXISTS,
                                "session %d is writing an object of this name"
                                        .formatted(reservation.sessionNumber()),
                                Map.of(
                                        "id", id.toString(),
                                        "session", "" + reservation.sessionNumber(),
                                        "since", "" + reservation.sinceMillis())));
        return true;
    }

    /**
     * Serves those who wait, and turns away those whose time is over.
     *
     * @param isFreeing whether bytes that were deleted already are about to be free: nobody is
     *     turned away for these milliseconds
     * @return nanoseconds after which it should be called again
     */
    long serveWaiting(long nowNanos, boolean isFreeing) {
        waiting.serve(nowNanos, request -> tryLend(request, nowNanos));
        if (isFreeing) {
            return Long.MAX_VALUE;
        }
        return waiting.expire(
                nowNanos,
                (request, bytesBefore) -> {
                    CommandRefused refused = outOfMemory(request.sizeBytes(), bytesBefore);
                    failures++;
                    request.answer().completeExceptionally(refused);
                });
    }

    private Attempt tryLend(Request request, long nowNanos) {
        AttachedSession session = request.session();
        if (session.state != AttachedSession.State.ATTACHED) {
            request.answer().completeExceptionally(CommandRefused.fenced(session.number));
            return Attempt.ANSWERED;
        }
        ObjectId reserve = request.reserve();
        if (reserve != null && isTaken(request, reserve)) {
            return Attempt.ANSWERED;
        }
        Lane lane = request.lane();
        if (lane == null) {
            lane = session.freeLane();
            if (lane == null) {
                request.answer()
                        .completeExceptionally(
                                new CommandRefused(
                                        CommandRefused.Kind.USED_UP,
                                        "session %d has all its %d lanes in use; seal or abort large objects, or attach again"
                                                .formatted(session.number, session.lanes.length),
                                        Map.of("lanes", "" + session.lanes.length)));
                return Attempt.ANSWERED;
            }
        }
        boolean held = !lane.isFree();
        if (held && lane.kind != request.kind()) {
            request.answer()
                    .completeExceptionally(CommandRefused.invalid("the lane was given back"));
            return Attempt.ANSWERED;
        }
        if (drain.isStalled()) {
            return Attempt.NOT_YET; // the index has no room for what is committed already
        }
        if (held && lane.hasNext()) {
            // Offered meanwhile. If it is too small, the client goes through it and asks again.
            long next = lane.extent + 1;
            if (SessionFile.isInExtent(session.tail(lane, next), next)) {
                return Attempt.NOT_YET; // entered, and about to be drained
            }
            request.answer()
                    .complete(
                            new Store.Lease(
                                    lane.number, next, lane.start(next), lane.length(next)));
            return Attempt.ANSWERED;
        }
        long wanted = PoolSpace.toBlocks(request.sizeBytes());
        long length =
                Math.max(
                        wanted,
                        request.kind() == SessionFile.KIND_SHARED
                                ? nextLength(lane, nowNanos)
                                : PoolSpace.toBlocks(
                                        Math.min(request.welcomeBytes(), space.capacityBytes())));
        lane.kind = request.kind();
        lane.isExtensible = request.welcomeBytes() > 0 && wanted > extentBytesMax;
        long start = lend(lane, wanted, length);
        if (start == PoolSpace.NONE) {
            if (!held) {
                lane.kind = SessionFile.KIND_FREE;
            }
            return Attempt.NO_ROOM;
        }
        long number = lane.offered + 1;
        offer(session, lane, number, start, lentLength, nowNanos);
        if (!held) {
            lane.extent = number;
            lane.drained = 0;
            session.storeDrained(lane, SessionFile.position(number, 0));
            session.storeKind(lane);
            if (reserve != null) {
                claims.reserve(
                        new Reservation(reserve, session.number, incarnations.nowMillis()), lane);
            }
        }
        if (!request.answer().complete(new Store.Lease(lane.number, number, start, lentLength))
                && !held) {
            giveBack(session, lane, incarnations.nowMillis());
        }
        return Attempt.ANSWERED;
    }

    private long lentLength;

    /** Lends between {@code least} and {@code most} bytes; {@link #lentLength} says how many. */
    private long lend(Lane lane, long least, long most) {
        long length = most;
        while (true) {
            boolean allowed =
                    lane.kind != SessionFile.KIND_SHARED
                            || accounts.leasedAhead + length <= aheadBytesMax
                            || (accounts.leasedAhead == 0 && length == least);
            long start = allowed ? allocate(lane, length) : PoolSpace.NONE;
            if (start != PoolSpace.NONE) {
                lentLength = length;
                drain.lent(lane, length);
                return start;
            }
            if (length == least) {
                return PoolSpace.NONE;
            }
            length = Math.max(least, length / 2 & -BLOCK_BYTES);
        }
    }

    private long allocate(Lane lane, long length) {
        return lane.isExtensible
                ? space.allocateExtensible(length)
                : space.allocate(length, lane.kind == SessionFile.KIND_SINGLE);
    }

    /**
     * Extends the extent of a SINGLE lane in place.
     *
     * @param length bytes that it should have
     * @return bytes that it has then
     */
    long extend(AttachedSession session, Lane lane, long length) {
        long start = lane.start(lane.extent);
        long before = lane.length(lane.extent);
        long wanted = PoolSpace.toBlocks(Math.min(length, space.capacityBytes()));
        if (wanted <= before) {
            return before;
        }
        long more = space.extend(start + before, wanted - before);
        if (more > 0) {
            drain.lent(lane, more);
            lane.setExtent(lane.extent, start, before + more);
            lane.setSerial(lane.extent, incarnations.next(incarnations.nowMillis()));
            session.storeLength(lane, steps);
        }
        return before + more;
    }

    private void offer(
            AttachedSession session,
            Lane lane,
            long number,
            long start,
            long length,
            long nowNanos) {
        lane.setExtent(number, start, length);
        lane.setSerial(number, incarnations.next(incarnations.nowMillis()));
        lane.offered = number;
        lane.lastExtentBytes = length;
        lane.lastOfferNanos = nowNanos;
        session.storeExtent(lane, number);
    }

    private long nextLength(Lane lane, long nowNanos) {
        if (lane.lastExtentBytes == 0) {
            return EXTENT_BYTES_MIN;
        }
        long sinceLast = nowNanos - lane.lastOfferNanos;
        long length =
                sinceLast < QUICK_NANOS
                        ? lane.lastExtentBytes * 2
                        : sinceLast > 10 * QUICK_NANOS
                                ? lane.lastExtentBytes / 2
                                : lane.lastExtentBytes;
        return Math.clamp(length & -BLOCK_BYTES, EXTENT_BYTES_MIN, extentBytesMax);
    }

    /**
     * Offers the next extents of lanes that are half full, or whose client says that it wants one.
     */
    void offerAhead(AttachedSession session, long nowNanos) {
        for (int i = 0; i < session.laneHighWater; i++) {
            Lane lane = session.lanes[i];
            if (lane.kind != SessionFile.KIND_SHARED || lane.hasNext()) {
                continue;
            }
            boolean wanted =
                    lane.drained * 2 > lane.length(lane.extent)
                            || session.wantedExtent(lane) == lane.extent + 1;
            if (wanted) {
                long start = lend(lane, EXTENT_BYTES_MIN, nextLength(lane, nowNanos));
                if (start != PoolSpace.NONE) {
                    offer(session, lane, lane.extent + 1, start, lentLength, nowNanos);
                }
            }
        }
    }

    private void takeBackNext(Lane lane) {
        long number = lane.extent + 1;
        long length = lane.length(number);
        space.release(lane.start(number), lane.start(number) + length);
        drain.lent(lane, -length);
        lane.setExtent(number, 0, 0);
        lane.offered = lane.extent;
    }

    /** Ends a lane: what was committed is published, the rest is free. */
    void giveBack(AttachedSession session, Lane lane, long nowMillis) {
        if (lane.isFree()) {
            return;
        }
        if (session.isDraining()) {
            var _ = sessions.guarded(session, () -> drain.drain(session, lane, nowMillis, null));
        }
        if (lane.stalled) {
            toGiveBack.put(lane, session); // what is committed there is not given up
        } else {
            release(session, lane);
        }
    }

    /**
     * Gives back lanes whose records found no room in the index when they were to be given back.
     */
    void giveBackStalled(long nowMillis) {
        if (!toGiveBack.isEmpty()) {
            Map.copyOf(toGiveBack)
                    .forEach(
                            (lane, session) -> {
                                toGiveBack.remove(lane); // one by one: a fault ends the turn
                                giveBack(session, lane, nowMillis);
                            });
        }
    }

    /** Ends a lane without looking at it again. */
    void release(AttachedSession session, Lane lane) {
        claims.giveUp(lane);
        if (lane.hasNext()) {
            takeBackNext(lane);
        }
        long start = lane.start(lane.extent);
        long end = start + lane.length(lane.extent);
        if (start + lane.drained < end) {
            space.release(start + lane.drained, end);
            drain.lent(lane, start + lane.drained - end);
        }
        lane.clear();
        session.storeKind(lane);
    }

    /** Forgets the requests of a session that is gone. */
    void forget(AttachedSession session) {
        toGiveBack.values().removeIf(owner -> owner == session);
        waiting.forget(
                request -> request.session() == session,
                request -> request.answer().completeExceptionally(CommandRefused.noSession()));
    }

    private CommandRefused outOfMemory(long requested, long bytesBefore) {
        Map<String, String> numbers = numbers(requested);
        if (drain.isStalled()) {
            return CommandRefused.indexFull(numbers);
        }
        return new CommandRefused(
                CommandRefused.Kind.OUT_OF_MEMORY,
                "no room for %d bytes: %d of %d are free, the longest run has %d%s"
                        .formatted(
                                requested,
                                space.freeBytes(),
                                space.capacityBytes(),
                                space.largestRunBytes(),
                                bytesBefore == 0
                                        ? ""
                                        : "; a request for %d came before".formatted(bytesBefore)),
                numbers);
    }

    /** Where the memory is, for an error. */
    Map<String, String> numbers(long requested) {
        Map<String, String> numbers = new LinkedHashMap<>();
        long pinned = 0;
        List<SessionInfo> infos = new ArrayList<>();
        for (AttachedSession session : sessions.all()) {
            SessionInfo info = holders.describe(session);
            infos.add(info);
            pinned += info.pinnedBytes();
        }
        numbers.put("requested", "" + requested);
        numbers.put("capacity", "" + space.capacityBytes());
        numbers.put("inUse", "" + accounts.inUse);
        numbers.put("free", "" + space.freeBytes());
        numbers.put("largestFree", "" + space.largestRunBytes());
        numbers.put("leased", "" + accounts.leased);
        numbers.put("condemned", "" + accounts.condemned);
        numbers.put("withheld", "" + accounts.withheld);
        numbers.put("pinned", "" + pinned);
        numbers.put("pinnedBy", holders(infos, SessionInfo::pinnedBytes));
        numbers.put("leasedBy", holders(infos, SessionInfo::leasedBytes));
        return numbers;
    }

    /** The largest holders, the largest first, a line {@code session:pid:bytes:process} each. */
    private static String holders(List<SessionInfo> infos, ToLongFunction<SessionInfo> bytes) {
        return infos.stream()
                .filter(info -> bytes.applyAsLong(info) > 0)
                .sorted(Comparator.comparingLong(bytes).reversed())
                .limit(HOLDERS_NAMED)
                .map(
                        info ->
                                "%d:%s:%d:%s"
                                        .formatted(
                                                info.number(),
                                                Integer.toUnsignedString(info.pid()),
                                                bytes.applyAsLong(info),
                                                info.name()))
                .collect(Collectors.joining("\n"));
    }
}
