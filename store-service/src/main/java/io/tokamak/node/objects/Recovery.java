package io.tokamak.node.objects;

import static io.tokamak.layout.PoolFile.BLOCK_BYTES;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Takes over what a node left, however it ended. Truth is: the store, the index's slots, the lanes,
 * the pin words. Nothing is lent before this is done; readers go on meanwhile, and writers until
 * their extents are used.
 *
 * <p>Free is what no slot, lane or pin covers. A lane that contradicts the index, or of which there
 * is no proof, fences its session and is not lent again; of two lanes that contradict each other
 * the one that was lent earlier. What they, or a pin in free space, cover is {@link Withheld}.
 */
final class Recovery {
    private final StoreFiles files;
    private final ObjectTable table;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts;
    private final SessionTable sessions;
    private final Condemned condemned;
    private final Drain drain;
    private final Claims claims;
    private final Withheld withheld;
    private final long nowMillis;
    private final IndexWriter.Steps steps;

    private final List<Range> ranges = new ArrayList<>();
    private final List<Range> disjoint = new ArrayList<>();
    private final List<Long> orphans = new ArrayList<>();
    private final List<NameDirectory.Claim> names = new ArrayList<>();
    private final List<NameDirectory.Claim> abandoned = new ArrayList<>();
    private final List<Long> claiming = new ArrayList<>();

    /** What a lane may still write: from what was published to the extent's end. */
    private static final class Range {
        final AttachedSession session;
        final Lane lane;
        final long start;
        final long end;
        final long serial;
        final List<Recovered.Found> found = new ArrayList<>();
        boolean contested;

        Range(AttachedSession session, Lane lane, long extent, long from) {
            this.session = session;
            this.lane = lane;
            start = lane.start(extent) + from;
            end = lane.start(extent) + lane.length(extent);
            serial = lane.serial(extent);
        }
    }

    Recovery(
            StoreFiles files,
            ObjectTable table,
            PoolSpace space,
            Accounts accounts,
            SessionTable sessions,
            Condemned condemned,
            Drain drain,
            Claims claims,
            Withheld withheld,
            long nowMillis,
            IndexWriter.Steps steps) {
        this.files = files;
        this.table = table;
        this.index = table.index();
        this.space = space;
        this.accounts = accounts;
        this.sessions = sessions;
        this.condemned = condemned;
        this.drain = drain;
        this.claims = claims;
        this.withheld = withheld;
        this.nowMillis = nowMillis;
        this.steps = steps;
    }

    /** Names that the store holds, for the directory. */
    List<NameDirectory.Claim> names() {
        return names;
    }

    /** Names whose objects are gone, or that nobody waits for any more. */
    List<NameDirectory.Claim> abandoned() {
        return abandoned;
    }

    void run(long nowNanos) throws IOException {
        if (!index.recover()) {
            throw new IncompatibleStore(
                    files.folder.path().toString(),
                    "index",
                    "a table within its file",
                    "level and split beyond it",
                    "the file was damaged; begin anew with --discard");
        }
        steps.reached("recovery.indexed");
        openSessions(nowNanos);
        steps.reached("recovery.opened");
        disjoint.addAll(findDisjoint());
        PinSet pins = new PinSet();
        for (AttachedSession session : sessions.all()) {
            if (session.file.isLockedElsewhere()) {
                var _ = sessions.guarded(session, () -> session.readPins(nowMillis));
                session.addPins(pins);
            }
        }
        pins.sort();
        BitSet explained = new BitSet(pins.size());
        index.visit(0, index.bucketCount(), slot -> takeOver(slot, pins, explained));
        steps.reached("recovery.walked");
        // A session is believed whole or not at all.
        for (Range range : ranges) {
            if (range.session.contested) {
                contest(range);
            }
        }
        for (Range range : ranges) {
            if (!range.session.contested) {
                space.claim(range.start, range.end);
                drain.lent(range.lane, range.end - range.start);
            }
        }
        for (Range range : ranges) {
            if (range.session.contested) {
                withheld.ofSession(range.session, range.start, range.end);
                range.lane.clear();
            }
        }
        takeOverClaims();
        steps.reached("recovery.claimed");
        // They ended with sessions whose files are gone.
        orphans.forEach(slot -> table.condemn(slot, StoreListener.Kind.EXPIRED));
        drainLanes();
        steps.reached("recovery.drained");
        List<Long> strayPins = new ArrayList<>();
        for (int pin = explained.nextClearBit(0);
                pin < pins.size();
                pin = explained.nextClearBit(pin + 1)) {
            if (isFree(pins.location(pin))) {
                strayPins.add(pins.location(pin));
            }
        }
        withheld.behindPins(strayPins);
        if (!files.proofs.areEstablished()) {
            proveAll();
        }
    }

    /** The node before made no proofs: what it lent, and nothing contradicts, gets them now. */
    private void proveAll() throws IOException {
        for (AttachedSession session : sessions.all()) {
            for (int i = 0; i < session.laneHighWater; i++) {
                Lane lane = session.lanes[i];
                for (long extent = lane.extent;
                        !lane.isFree() && extent <= lane.offered;
                        extent++) {
                    long proven = extent;
                    var _ = sessions.guarded(session, () -> session.storeExtent(lane, proven));
                }
            }
        }
        files.proofs.establish();
    }

    /**
     * Ranges of which none touches another, in order. Where two do, the one that was lent later is
     * its lane's, and the other is contested; both are when that cannot be told.
     */
    private List<Range> findDisjoint() {
        ranges.sort(Comparator.comparingLong(range -> range.start));
        Range last = null;
        for (Range range : ranges) {
            if (last == null || range.start >= last.end) {
                last = range;
                continue;
            }
            if (range.serial <= last.serial) {
                contest(range);
            }
            if (range.serial >= last.serial) {
                contest(last);
            }
            boolean isKept = !range.contested || (last.contested && range.end > last.end);
            last = isKept ? range : last;
        }
        return ranges.stream().filter(range -> !range.contested).toList();
    }

    /**
     * The range is not its lane's alone: records found in it are in use by themselves, and their
     * session loses all lanes.
     */
    private void contest(Range range) {
        range.contested = true;
        for (Recovered.Found record : range.found) {
            space.claim(record.location(), record.end());
        }
        range.found.clear();
        if (!range.session.contested) {
            contested(
                    range.session,
                    "lane %d claims pool offsets %d to %d, which are not its own"
                            .formatted(range.lane.number, range.start, range.end));
        }
    }

    private boolean isFree(long location) {
        return location >= PoolFile.DATA_OFFSET
                && location < files.poolLength()
                && !isLent(location);
    }

    private boolean isLent(long location) {
        for (Range range : ranges) {
            if (location >= range.start && location < range.end) {
                return true;
            }
        }
        return false;
    }

    private void openSessions(long nowNanos) throws IOException {
        Folder folder = files.folder;
        List<Path> paths;
        try (Stream<Path> list = Files.list(folder.sessions())) {
            paths = list.toList();
        }
        for (Path path : paths) {
            OpenFile file = OpenFile.openReadWrite(path);
            boolean isWhole =
                    file.size() == SessionFile.LENGTH && layoutOf(file) == StoreFile.LAYOUT;
            if (!isWhole && !file.isLockedElsewhere()) {
                file.close();
                Files.delete(path);
                continue;
            }
            AttachedSession session =
                    new AttachedSession(
                            path.getFileName().toString(),
                            sessionNumberOf(path),
                            file,
                            files.proofs,
                            nowNanos);
            sessions.add(session);
            if (isWhole) {
                open(session);
            } else {
                session.setUnreadable();
                contested(session, "its file is not whole");
            }
        }
    }

    /**
     * Reads what a session has. One that truncates or scribbles over its file harms itself alone:
     * its lanes cannot be known then, and what it pinned is not protected any more.
     */
    private void open(AttachedSession session) {
        steps.reached("recovery.opening");
        // The fault may have been that of another session.
        while (!sessions.guarded(session, () -> openLanes(session))) {
            ranges.removeIf(range -> range.session == session);
            for (Lane lane : session.lanes) {
                lane.clear();
            }
            session.laneHighWater = 0;
            if (session.isUnreadable()) {
                session.contested = true;
                return;
            }
        }
    }

    private void openLanes(AttachedSession session) {
        session.takeOver();
        for (Lane lane : session.lanes) {
            openLane(session, lane);
        }
    }

    private static long layoutOf(OpenFile file) throws IOException {
        return wordAt(file, SessionFile.LAYOUT_OFFSET).getLong(0);
    }

    /** The last eight digits of the file's name: what stands in the file is the client's. */
    private static int sessionNumberOf(Path path) {
        String name = path.getFileName().toString();
        return name.matches("[0-9a-f]{32}") ? HexFormat.fromHexDigits(name.substring(24)) : 0;
    }

    private static ByteBuffer wordAt(OpenFile file, long offset) throws IOException {
        return ByteBuffer.wrap(file.read(offset, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void openLane(AttachedSession session, Lane lane) {
        Memory memory = session.memory;
        long base = SessionFile.laneOffset(lane.number);
        int kind = memory.getIntAcquire(base + SessionFile.KIND_OFFSET);
        lane.offered = memory.getLongAcquire(base + SessionFile.OFFERED_OFFSET);
        lane.extent = lane.offered;
        if (kind == SessionFile.KIND_FREE) {
            return;
        }
        session.laneHighWater = lane.number + 1;
        lane.kind = kind == SessionFile.KIND_SINGLE ? kind : SessionFile.KIND_SHARED;
        long drained = memory.getLongAcquire(base + SessionFile.DRAINED_OFFSET);
        if (!SessionFile.isInExtent(drained, lane.offered)) {
            lane.extent = lane.offered - 1;
        }
        if (lane.offered < 1
                || lane.offered == Long.MAX_VALUE
                || lane.extent < 1
                || !SessionFile.isInExtent(drained, lane.extent)) {
            lane.clear();
            contested(session, "lane %d has no extent".formatted(lane.number));
            return;
        }
        lane.drained = SessionFile.positionOffset(drained);
        List<Range> own = new ArrayList<>();
        for (long extent = lane.extent; extent <= lane.offered; extent++) {
            boolean isProven = session.readExtent(lane, extent);
            long start = lane.start(extent);
            long length = lane.length(extent);
            long from = extent == lane.extent ? lane.drained : 0;
            if (start < PoolFile.DATA_OFFSET
                    || length < 0
                    || start > files.poolLength() - length
                    || start % BLOCK_BYTES != 0
                    || length % PoolFile.GRANULE_BYTES != 0
                    || from > length) {
                lane.clear();
                contested(session, "lane %d lies outside of the pool".formatted(lane.number));
                return;
            }
            if (!isProven) {
                lane.clear();
                contested(
                        session,
                        "lane %d has an extent that was not lent to it".formatted(lane.number));
                return;
            }
            if (from < length) {
                own.add(new Range(session, lane, extent, from));
            }
        }
        ranges.addAll(own);
    }

    private void contested(AttachedSession session, String why) {
        session.contested = true;
        sessions.fence(session, why);
    }

    private void takeOver(long slot, PinSet pins, BitSet explained) {
        long location = index.location(slot);
        long end = table.recordEnd(slot);
        if (location < PoolFile.DATA_OFFSET || end > files.poolLength() || end <= location) {
            throw new IncompatibleStore(
                    files.folder.path().toString(),
                    "slot",
                    "records within the pool",
                    "pool offsets %d to %d".formatted(location, end),
                    "the file was damaged; begin anew with --discard");
        }
        pins.forEachIn(location, end, explained::set);
        Range range = rangeThatHolds(location, end);
        if (range != null) {
            // Published, and the lane not yet told: the lane's drain comes by once more.
            if (index.state(slot) == IndexFile.CLAIMING) {
                // A client can have moved it back behind a claim that was made.
                listName(abandoned, slot);
                index.empty(slot);
                steps.reached("recovery.unclaimed");
                return;
            }
            range.found.add(new Recovered.Found(location, end));
        } else {
            space.claim(location, end);
        }
        switch (index.state(slot)) {
            case IndexFile.CONDEMNED -> {
                accounts.condemned += end - location;
                condemned.add(index.idFirst(slot), index.idSecond(slot), location, end, slot);
                listName(abandoned, slot);
            }
            case IndexFile.CLAIMING -> {
                accounts.inUse += end - location;
                claiming.add(slot);
            }
            default -> {
                AttachedSession session = sessionOf(slot);
                table.recovered(slot, session, nowMillis);
                if (session == null
                        && (IndexFile.flags(index.length(slot)) & IndexFile.FLAG_SESSION) != 0) {
                    orphans.add(slot);
                    listName(abandoned, slot);
                } else {
                    listName(names, slot);
                }
            }
        }
    }

    private void listName(List<NameDirectory.Claim> list, long slot) {
        if (ObjectTable.isNamed(index.idFirst(slot))) {
            list.add(
                    new NameDirectory.Claim(
                            ObjectTable.id(index.idFirst(slot), index.idSecond(slot)),
                            index.incarnation(slot)));
        }
    }

    /** Whether a record can be one that the lane's drain has just published. */
    private static boolean mayHold(Range range, long location, long end) {
        return location >= range.start
                && end <= range.end
                && range.session.state == AttachedSession.State.ATTACHED
                && range.found.size() < Drain.BATCH;
    }

    /**
     * The range whose drain has published the record, null when there is none. All others that the
     * record lies in, or across, are contested.
     */
    private @org.jspecify.annotations.Nullable Range rangeThatHolds(long location, long end) {
        Range holder = null;
        for (int i = firstBehind(location);
                i < disjoint.size() && disjoint.get(i).start < end;
                i++) {
            Range range = disjoint.get(i);
            if (!mayHold(range, location, end)) {
                contest(range);
            } else if (!range.contested) {
                holder = range;
            }
        }
        return holder;
    }

    /** Place of the first range that ends behind a pool offset. */
    private int firstBehind(long location) {
        int low = 0;
        int high = disjoint.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (disjoint.get(middle).end <= location) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private @org.jspecify.annotations.Nullable AttachedSession sessionOf(long slot) {
        if ((IndexFile.flags(index.length(slot)) & IndexFile.FLAG_SESSION) == 0) {
            return null;
        }
        ObjectMetadata metadata = table.readMetadata(slot);
        if (metadata == null
                || !(metadata.lifetime() instanceof io.tokamak.objects.Lifetime.Session own)) {
            return null;
        }
        for (AttachedSession session : sessions.all()) {
            if (session.number == own.number()) {
                return session;
            }
        }
        return null;
    }

    /** Claims that were under way are made again; who still waits is answered. */
    private void takeOverClaims() {
        for (long slot : claiming) {
            long location = index.location(slot);
            ObjectMetadata metadata = table.readMetadata(slot);
            AttachedSession holder = null;
            Lane holderLane = null;
            for (AttachedSession session : sessions.all()) {
                for (Lane lane : session.lanes) {
                    // Who waits holds the lane: its record was drained last.
                    if (lane.covers(location)
                            && lane.start(lane.extent) + lane.drained == table.recordEnd(slot)
                            && !session.contested) {
                        holder = session;
                        holderLane = lane;
                    }
                }
            }
            if (metadata == null || holder == null || holderLane == null) {
                // Nobody can be waiting for it, or nobody could read it.
                listName(abandoned, slot);
                table.claimLost(slot);
                continue;
            }
            claims.add(
                    new Claims.Pending(
                            holder,
                            holderLane,
                            holderLane.position(location),
                            location,
                            ObjectTable.id(index.idFirst(slot), index.idSecond(slot)),
                            index.incarnation(slot),
                            metadata));
        }
    }

    private void drainLanes() {
        for (AttachedSession session : sessions.all()) {
            if (session.state != AttachedSession.State.ATTACHED) {
                continue;
            }
            for (int i = 0; i < session.laneHighWater; i++) {
                Lane lane = session.lanes[i];
                if (lane.isFree()) {
                    continue;
                }
                List<Recovered.Found> found = new ArrayList<>();
                for (Range range : ranges) {
                    if (range.lane == lane) {
                        found.addAll(range.found);
                    }
                }
                Recovered recovered = new Recovered(found);
                if (session.isDraining()) {
                    var _ =
                            sessions.guarded(
                                    session,
                                    () -> drain.drain(session, lane, nowMillis, recovered));
                }
                if (recovered.skipped != found.size()) {
                    withholdRest(session, lane, found);
                    contested(
                            session,
                            "lane %d covers %d objects of others"
                                    .formatted(lane.number, found.size() - recovered.skipped));
                }
            }
        }
    }

    /** A lane that covers records which its own headers do not lead to is its client's no more. */
    private void withholdRest(AttachedSession session, Lane lane, List<Recovered.Found> found) {
        long first = lane.extent;
        long last = lane.offered;
        for (long extent = first; extent <= last; extent++) {
            long start = lane.start(extent) + (extent == first ? lane.drained : 0);
            long end = lane.start(extent) + lane.length(extent);
            if (start == end) {
                continue;
            }
            drain.lent(lane, start - end);
            space.release(start, end);
            for (Recovered.Found record : found) {
                if (record.location() >= start && record.location() < end) {
                    space.claim(record.location(), record.end());
                }
            }
            withheld.ofSession(session, start, end);
        }
        lane.clear();
    }
}
