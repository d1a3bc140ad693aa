package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what clients committed in their lanes (R8). A record's header is copied once and the
 * copy believed after it was checked: a header that lies fences its session and harms nobody else.
 * The owner thread's.
 */
final class Drain {
    /** Records that may be published before {@code drained} says so. */
    static final int BATCH = 64;

    private final Memory pool;
    private final ObjectTable table;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts;
    private final SessionTable sessions;
    private final Claims claims;
    private final int storeNumber;
    private final IndexWriter.Steps steps;

    private final long[] locations = new long[BATCH];
    private final long[] ends = new long[BATCH];
    private final long[] firsts = new long[BATCH];
    private final long[] seconds = new long[BATCH];
    private final long[] lengths = new long[BATCH];
    private final int[] metadataLengths = new int[BATCH];
    private final int[] refused = new int[BATCH];
    private final long[] refusedFor = new long[BATCH];
    private int refusedCount;
    private @Nullable String wrong;

    /** Keeps the prefetching loads from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;

    private long publishedCount;

    Drain(
            Memory pool,
            ObjectTable table,
            PoolSpace space,
            Accounts accounts,
            SessionTable sessions,
            Claims claims,
            int storeNumber,
            IndexWriter.Steps steps) {
        this.pool = pool;
        this.table = table;
        this.index = table.index();
        this.space = space;
        this.accounts = accounts;
        this.sessions = sessions;
        this.claims = claims;
        this.storeNumber = storeNumber;
        this.steps = steps;
    }

    /** Whether records are committed that the index has no room for: nothing more is lent then. */
    boolean isStalled() {
        for (AttachedSession session : sessions.all()) {
            for (int i = 0; i < session.laneHighWater; i++) {
                if (session.lanes[i].stalled) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Records published since the start. */
    long publishedCount() {
        return publishedCount;
    }

    /**
     * Publishes everything that the session committed before the call.
     *
     * @return whether there was anything
     */
    boolean drain(AttachedSession session, long nowMillis) {
        boolean found = false;
        for (int i = 0; i < session.laneHighWater && session.isDraining(); i++) {
            Lane lane = session.lanes[i];
            if (!lane.isFree()) {
                found |= drain(session, lane, nowMillis, null);
            }
        }
        return found;
    }

    /**
     * Publishes what was committed in one lane.
     *
     * @param recovery records that were published before the node was killed; null when that cannot
     *     be
     * @return whether there was anything
     */
    boolean drain(
            AttachedSession session, Lane lane, long nowMillis, @Nullable Recovered recovery) {
        boolean found = false;
        while (true) {
            // A tail in the next extent closes this one: it is loaded first (R8).
            boolean closed =
                    lane.hasNext()
                            && SessionFile.isInExtent(
                                    session.tail(lane, lane.extent + 1), lane.extent + 1);
            long tail = session.tail(lane, lane.extent);
            if (SessionFile.isInExtent(tail, lane.extent)) {
                long end = SessionFile.positionOffset(tail);
                if (end < lane.drained || end > lane.length(lane.extent)) {
                    sessions.fence(
                            session,
                            "tail %d of an extent of %d bytes, %d of them published"
                                    .formatted(end, lane.length(lane.extent), lane.drained));
                    return found;
                }
                while (lane.drained < end) {
                    long before = lane.drained;
                    boolean goesOn = publishBatch(session, lane, end, nowMillis, recovery);
                    found |= lane.drained > before;
                    if (!goesOn) {
                        return found;
                    }
                }
            }
            if (!closed) {
                if (lane.kind == SessionFile.KIND_SINGLE && lane.drained > 0 && releaseRest(lane)) {
                    session.storeLength(lane, steps);
                }
                return found;
            }
            var _ = releaseRest(lane);
            lane.extent++;
            lane.drained = 0;
            session.storeDrained(lane, SessionFile.position(lane.extent, 0));
            steps.reached("drain.closed");
        }
    }

    /** What a lane will not use is free again; false: there was nothing. */
    private boolean releaseRest(Lane lane) {
        long start = lane.start(lane.extent);
        long end = start + lane.length(lane.extent);
        if (start + lane.drained == end) {
            return false;
        }
        space.release(start + lane.drained, end);
        lent(lane, start + lane.drained - end);
        lane.setExtent(lane.extent, start, lane.drained);
        return true;
    }

    /** Accounts for bytes lent to a lane, or taken back when negative. */
    void lent(Lane lane, long bytes) {
        accounts.leased += bytes;
        if (lane.kind == SessionFile.KIND_SHARED) {
            accounts.leasedAhead += bytes;
        }
    }

    private boolean publishBatch(
            AttachedSession session,
            Lane lane,
            long tail,
            long nowMillis,
            @Nullable Recovered recovery) {
        long start = lane.start(lane.extent);
        wrong = null;
        int count = readHeaders(session, start + lane.drained, start + tail);
        prefetch(count);
        int done = 0;
        boolean stalled = false;
        refusedCount = 0;
        while (done < count && wrong == null && !stalled) {
            stalled = !publish(session, lane, done, nowMillis, recovery);
            if (wrong == null && !stalled) {
                lent(lane, locations[done] - ends[done]);
                lane.drained = ends[done] - start;
                done++;
            }
        }
        lane.stalled = stalled;
        if (done > 0) {
            publishedCount += done;
            index.grow(BATCH);
            steps.reached("drain.published");
            // The session's memory is written last: a fault there leaves nothing half done here.
            for (int i = 0; i < refusedCount; i++) {
                session.storeAnswer(
                        lane,
                        lane.position(locations[refused[i]]),
                        SessionFile.ANSWER_EXISTS,
                        refusedFor[i]);
            }
            session.storeDrained(lane, SessionFile.position(lane.extent, lane.drained));
            steps.reached("drain.advanced");
            // Not before: a node killed in between would lend these bytes while the lane still
            // claims them.
            for (int i = 0; i < refusedCount; i++) {
                space.release(locations[refused[i]], ends[refused[i]]);
            }
        }
        if (wrong != null) {
            sessions.fence(session, wrong);
            return false;
        }
        return !stalled;
    }

    /**
     * Copies and checks the headers of up to a batch of records; {@link #wrong} says why it ended
     * early.
     */
    private int readHeaders(AttachedSession session, long from, long limit) {
        int count = 0;
        long at = from;
        while (count < BATCH && at < limit) {
            long first = 0;
            long second = 0;
            long length = 0;
            int metadataLength = -1;
            int check = 0;
            if (limit - at >= PoolFile.HEADER_BYTES) {
                first = pool.getLongOpaque(at + PoolFile.RECORD_ID_OFFSET);
                second = pool.getLongOpaque(at + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
                length = pool.getLongOpaque(at + PoolFile.RECORD_LENGTH_OFFSET);
                metadataLength = pool.getIntOpaque(at + PoolFile.RECORD_METADATA_OFFSET);
                check = pool.getIntOpaque(at + PoolFile.RECORD_CHECK_OFFSET);
            }
            long payloadLength = IndexFile.payloadLength(length);
            long end = PoolFile.recordEnd(at, metadataLength, payloadLength);
            if (metadataLength < 0
                    || metadataLength > PoolFile.METADATA_BYTES_MAX
                    || IndexFile.flags(length) != 0
                    || end > limit
                    || check != PoolFile.check(first, second, length, metadataLength)) {
                wrong =
                        ("record at pool offset %d is not whole: metadata %d, payload %d of %d"
                                        + " bytes committed")
                                .formatted(at, metadataLength, payloadLength, limit - at);
                return count;
            }
            if (!isAllowed(session, first, second, metadataLength)) {
                wrong =
                        "record at pool offset %d has the id %s, which is not this session's to give"
                                .formatted(at, ObjectTable.id(first, second));
                return count;
            }
            locations[count] = at;
            ends[count] = end;
            firsts[count] = first;
            seconds[count] = second;
            lengths[count] = length;
            metadataLengths[count] = metadataLength;
            count++;
            at = end;
        }
        return count;
    }

    /** In a loop of its own, so short that the processor waits for many buckets at a time. */
    private void prefetch(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += index.prefetch(index.hash(firsts[i], seconds[i]));
        }
        for (int i = 0; i < count; i++) {
            sum += index.prefetchOverflow(index.hash(firsts[i], seconds[i]));
        }
        prefetched += sum;
    }

    private boolean isAllowed(
            AttachedSession session, long first, long second, int metadataLength) {
        ObjectId id = ObjectTable.id(first, second);
        return switch (id.kind()) {
            case ObjectId.KIND_ANONYMOUS ->
                    id.storeNumber() == storeNumber && id.sessionNumber() == session.number;
            case ObjectId.KIND_NAMED -> metadataLength > 0;
            default -> false;
        };
    }

    /**
     * Publishes one record whose header was checked.
     *
     * @return false when the index has no room; with {@link #wrong} set when the record lies
     */
    private boolean publish(
            AttachedSession session,
            Lane lane,
            int i,
            long nowMillis,
            @Nullable Recovered recovery) {
        long first = firsts[i];
        long second = seconds[i];
        if (recovery != null) {
            long slot = index.findAt(first, second, locations[i]);
            if (slot != IndexWriter.NONE && table.recordEnd(slot) == ends[i]) {
                recovery.skipped++;
                return true;
            }
            if (recovery.overlaps(locations[i], ends[i])) {
                wrong = "record at pool offset %d lies over another".formatted(locations[i]);
                return true;
            }
        }
        ObjectMetadata metadata = null;
        if (metadataLengths[i] > 0) {
            byte[] bytes = new byte[metadataLengths[i]];
            pool.copyTo(locations[i] + PoolFile.HEADER_BYTES, bytes, 0, bytes.length);
            try {
                metadata = MetadataCodec.decode(bytes);
            } catch (CorruptObject e) {
                wrong = "record at pool offset %d: %s".formatted(locations[i], e.getMessage());
                return true;
            }
            if (!belongs(metadata, ObjectTable.id(first, second), session)) {
                wrong =
                        "metadata of the record at pool offset %d belong to another object"
                                .formatted(locations[i]);
                return true;
            }
        }
        if (metadata != null && metadata.name() != null) {
            return publishNamed(session, lane, i, metadata, nowMillis);
        }
        if (index.findCurrent(first, second) != IndexWriter.NONE) {
            wrong = "id %s is used twice".formatted(ObjectTable.id(first, second));
            return true;
        }
        return table.publish(
                        IndexFile.SEALED,
                        first,
                        second,
                        locations[i],
                        lengths[i],
                        metadataLengths[i],
                        metadata,
                        session,
                        nowMillis)
                != 0;
    }

    private static boolean belongs(ObjectMetadata metadata, ObjectId id, AttachedSession session) {
        ObjectName name = metadata.name();
        if (name == null ? id.isNamed() : !ObjectId.named(name).equals(id)) {
            return false;
        }
        return !(metadata.lifetime() instanceof Lifetime.Session own)
                || own.number() == session.number;
    }

    private boolean publishNamed(
            AttachedSession session, Lane lane, int i, ObjectMetadata metadata, long nowMillis) {
        long position = lane.position(locations[i]);
        long current = index.findCurrent(firsts[i], seconds[i]);
        ObjectId id = ObjectTable.id(firsts[i], seconds[i]);
        if (current != IndexWriter.NONE || claims.isReservedByOthers(id, lane)) {
            long incarnation = current == IndexWriter.NONE ? 0 : index.incarnation(current);
            refusedFor[refusedCount] = incarnation;
            refused[refusedCount++] = i;
            return true;
        }
        long incarnation =
                table.publish(
                        IndexFile.CLAIMING,
                        firsts[i],
                        seconds[i],
                        locations[i],
                        lengths[i],
                        metadataLengths[i],
                        metadata,
                        session,
                        nowMillis);
        if (incarnation != 0) {
            claims.add(
                    new Claims.Pending(
                            session, lane, position, locations[i], id, incarnation, metadata));
            steps.reached("drain.claiming");
        }
        return incarnation != 0;
    }
}
