package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

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
        if (location < PoolFile.DATA_OFFSET
                || location > pool.size() - PoolFile.HEADER_BYTES
                || location % PoolFile.GRANULE_BYTES != 0) {
            return 0;
        }
        long first = pool.getLongOpaque(location + PoolFile.RECORD_ID_OFFSET);
        long second = pool.getLongOpaque(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
        long slot = table.index().findAt(first, second, location);
        return slot == IndexWriter.NONE ? 0 : table.recordEnd(slot) - location;
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
                pins.add(
                        new PinHolder(
                                session.number,
                                session.pid(),
                                session.language(),
                                session.processName(),
                                session.pinnedSinceMillis(location),
                                count));
            }
        }
        return pins;
    }
}
