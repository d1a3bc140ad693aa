package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Says who holds what. The owner thread's. */
final class Holders {
    private final Memory pool;
    private final ObjectTable table;

    Holders(Memory pool, ObjectTable table) {
        this.pool = pool;
        this.table = table;
    }

    SessionInfo describe(AttachedSession session) {
        long[] bytes = new long[1];
        session.forEachPin((location, _) -> bytes[0] += recordBytesAt(location));
        return new SessionInfo(
                session.number,
                session.pid(),
                session.language(),
                session.processName(),
                session.attachedMillis(),
                session.state == AttachedSession.State.FENCED,
                session.pinCount(),
                bytes[0],
                session.leasedLanes(),
                session.leasedBytes());
    }

    /** Bytes of the record at a pinned pool offset, as the index says; 0 when there is none. */
    private long recordBytesAt(long location) {
        long slot = slotAt(location);
        return slot == IndexWriter.NONE ? 0 : table.recordEnd(slot) - location;
    }

    /** The slot of the record at a pinned pool offset, or {@link IndexWriter#NONE}. */
    private long slotAt(long location) {
        if (location < PoolFile.DATA_OFFSET
                || location > pool.size() - PoolFile.HEADER_BYTES
                || location % PoolFile.GRANULE_BYTES != 0) {
            return IndexWriter.NONE;
        }
        long first = pool.getLongOpaque(location + PoolFile.RECORD_ID_OFFSET);
        long second = pool.getLongOpaque(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
        return table.index().findAt(first, second, location);
    }

    /** Distinct pinned bytes. */
    long pinnedBytes(PinSet pins) {
        long bytes = 0;
        for (int i = 0; i < pins.size(); i++) {
            if (i == 0 || pins.location(i) != pins.location(i - 1)) {
                bytes += recordBytesAt(pins.location(i));
            }
        }
        return bytes;
    }

    List<PinHolder> pinsAt(long location, Collection<AttachedSession> sessions) {
        List<PinHolder> pins = new ArrayList<>();
        for (AttachedSession session : sessions) {
            int count = session.pinCount(location);
            if (count > 0) {
                pins.add(holder(session, session.pinnedSinceMillis(location), count));
            }
        }
        return pins;
    }

    /**
     * Pinned objects, deleted ones among them.
     *
     * @param max how many to describe: those that have been pinned longest
     */
    Store.Pinned pinned(Collection<AttachedSession> sessions, int max) {
        Map<Long, Long> sinceMillis = new HashMap<>(); // by pool offset
        for (AttachedSession session : sessions) {
            session.forEachPin((location, since) -> sinceMillis.merge(location, since, Math::min));
        }
        sinceMillis.keySet().removeIf(location -> slotAt(location) == IndexWriter.NONE);
        Map<Long, List<PinHolder>> holders = new LinkedHashMap<>();
        sinceMillis.entrySet().stream()
                .sorted(Map.Entry.<Long, Long>comparingByValue().thenComparing(Map.Entry::getKey))
                .limit(max)
                .forEach(entry -> holders.put(entry.getKey(), new ArrayList<>()));
        for (AttachedSession session : sessions) {
            addHolder(session, holders);
        }
        List<Store.PinnedObject> objects = new ArrayList<>();
        holders.forEach((location, pins) -> objects.add(pinnedObject(slotAt(location), pins)));
        return new Store.Pinned(objects, sinceMillis.size());
    }

    /** Adds the session to the holders of each of these records that it pins. */
    private static void addHolder(AttachedSession session, Map<Long, List<PinHolder>> holders) {
        Map<Long, PinHolder> own = new HashMap<>();
        session.forEachPin(
                (location, since) ->
                        own.merge(location, holder(session, since, 1), Holders::together));
        own.forEach(
                (location, holder) -> {
                    List<PinHolder> pins = holders.get(location);
                    if (pins != null) {
                        pins.add(holder);
                    }
                });
    }

    private static PinHolder together(PinHolder one, PinHolder other) {
        return new PinHolder(
                one.sessionNumber(),
                one.pid(),
                one.language(),
                one.name(),
                Math.min(one.sinceMillis(), other.sinceMillis()),
                one.count() + other.count());
    }

    private static PinHolder holder(AttachedSession session, long sinceMillis, int count) {
        return new PinHolder(
                session.number,
                session.pid(),
                session.language(),
                session.processName(),
                sinceMillis,
                count);
    }

    private Store.PinnedObject pinnedObject(long slot, List<PinHolder> pins) {
        IndexWriter index = table.index();
        return new Store.PinnedObject(
                new Store.Description(
                        ObjectTable.id(index.idFirst(slot), index.idSecond(slot)),
                        index.incarnation(slot),
                        IndexFile.payloadLength(index.length(slot)),
                        table.readMetadata(slot),
                        index.expiry(slot),
                        pins),
                index.state(slot) == IndexFile.CONDEMNED);
    }
}
