package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The index with what belongs to each object: its bytes' account, its lifetime, its group, and who
 * wants to hear of it. The owner thread's.
 */
final class ObjectTable {
    private final Memory pool;
    private final IndexWriter index;
    private final PoolSpace space;
    private final Accounts accounts;
    private final Incarnations incarnations;
    private final Lifetimes lifetimes;
    private final Waits waits;
    private final Condemned condemned;
    private final Map<Group, Members> groups = new HashMap<>();
    private final Map<ObjectId, Ties> ties = new HashMap<>();
    private final SlotFields fields = new SlotFields();
    private @Nullable StoreListener listener;
    private long sealedBytes;
    private long condemnedCount;
    private long condemnedBytes;

    ObjectTable(
            Memory pool,
            IndexWriter index,
            PoolSpace space,
            Accounts accounts,
            Incarnations incarnations,
            Lifetimes lifetimes,
            Waits waits,
            Condemned condemned) {
        this.pool = pool;
        this.index = index;
        this.space = space;
        this.accounts = accounts;
        this.incarnations = incarnations;
        this.lifetimes = lifetimes;
        this.waits = waits;
        this.condemned = condemned;
    }

    /** A group's members, in the order in which they were sealed. */
    private record Members(Group group, Set<ObjectId> ids) {}

    /**
     * To what else an object belongs. Its metadata say so, too, but lie where its writer can write
     * still, and its name may be another object's by the time its session ends.
     */
    private record Ties(@Nullable Members members, @Nullable AttachedSession session) {}

    void setListener(@Nullable StoreListener listener) {
        this.listener = listener;
    }

    /** Payload of the objects that became visible since the start. */
    long sealedBytes() {
        return sealedBytes;
    }

    /** Objects condemned since the start. */
    long condemnedCount() {
        return condemnedCount;
    }

    /** Their payload. */
    long condemnedBytes() {
        return condemnedBytes;
    }

    boolean isHeard() {
        return listener != null;
    }

    IndexWriter index() {
        return index;
    }

    /**
     * Publishes a record that lies complete in the pool: SEALED, or CLAIMING until its name is
     * answered.
     *
     * @param metadata decoded, null when the record has none
     * @return the incarnation, or 0 when the index has no room left
     */
    long publish(
            int state,
            long first,
            long second,
            long location,
            long lengthWord,
            int metadataLength,
            @Nullable ObjectMetadata metadata,
            AttachedSession session,
            long nowMillis) {
        boolean named = isNamed(first);
        long untilMillis = 0;
        long idleMillis = named ? 0 : Lifetime.DEFAULT_IDLE.toMillis();
        int flags = IndexFile.FLAG_KEPT;
        if (metadata != null) {
            idleMillis = 0;
            switch (metadata.lifetime().resolve(named)) {
                case Lifetime.Idle idle -> idleMillis = millis(idle.time());
                case Lifetime.Until until -> {
                    untilMillis = until.end().toEpochMilli();
                    idleMillis = until.idle() == null ? 0 : millis(until.idle());
                }
                case Lifetime.Ttl ttl -> untilMillis = nowMillis + millis(ttl.time());
                case Lifetime.Session _ -> flags |= IndexFile.FLAG_SESSION;
                case Lifetime.UntilDeleted _, Lifetime.Default _ -> {}
            }
            if (metadata.group() != null) {
                flags |= IndexFile.FLAG_GROUP;
            }
        }
        if (untilMillis != 0 && idleMillis != 0) {
            flags |= IndexFile.FLAG_UNTIL;
        }
        fields.idFirst = first;
        fields.idSecond = second;
        fields.incarnation = incarnations.next(nowMillis);
        fields.location = location;
        fields.length = IndexFile.lengthWord(IndexFile.payloadLength(lengthWord), flags);
        fields.metadataLength = metadataLength;
        fields.idle = IndexFile.idleCode(idleMillis);
        fields.expiry = Lifetimes.expiry(untilMillis, idleMillis, nowMillis);
        if (index.insert(state, fields) == IndexWriter.NONE) {
            return 0;
        }
        accounts.inUse += recordBytes(location, metadataLength, fields.length);
        if (state == IndexFile.SEALED) {
            sealed(
                    first,
                    second,
                    fields.incarnation,
                    fields.length,
                    fields.expiry,
                    metadata,
                    session,
                    nowMillis);
        }
        return fields.incarnation;
    }

    /** What follows from an object's becoming visible. */
    private void sealed(
            long first,
            long second,
            long incarnation,
            long lengthWord,
            long expiryMillis,
            @Nullable ObjectMetadata metadata,
            AttachedSession session,
            long nowMillis) {
        accounts.objects++;
        sealedBytes += IndexFile.payloadLength(lengthWord);
        lifetimes.scheduleIfNear(first, second, expiryMillis, nowMillis);
        if (metadata == null && !waits.isAwaited() && listener == null) {
            return; // the usual case makes no garbage
        }
        ObjectId id = id(first, second);
        boolean isOwn = (IndexFile.flags(lengthWord) & IndexFile.FLAG_SESSION) != 0;
        tie(id, metadata == null ? null : metadata.group(), isOwn ? session : null);
        waits.sealed(id);
        if (listener != null) {
            listener.happened(
                    StoreListener.Kind.SEALED,
                    id,
                    incarnation,
                    IndexFile.payloadLength(lengthWord),
                    metadata == null ? ObjectMetadata.PLAIN : metadata);
        }
    }

    /** The claim of a CLAIMING record was won: it can be seen from now on. */
    void claimWon(long slot, ObjectMetadata metadata, AttachedSession session, long nowMillis) {
        index.setState(slot, IndexFile.SEALED);
        sealed(
                index.idFirst(slot),
                index.idSecond(slot),
                index.incarnation(slot),
                index.length(slot),
                index.expiry(slot),
                metadata,
                session,
                nowMillis);
    }

    /**
     * The claim of a CLAIMING record was lost: nobody ever saw it, and its bytes are free at once.
     */
    void claimLost(long slot) {
        long location = index.location(slot);
        long end = recordEnd(slot);
        index.empty(slot);
        accounts.inUse -= end - location;
        space.release(location, end);
    }

    /** Takes an object away for good: invisible at once, its bytes with the last pin. */
    void condemn(long slot, StoreListener.Kind why) {
        long location = index.location(slot);
        long end = recordEnd(slot);
        long first = index.idFirst(slot);
        long second = index.idSecond(slot);
        int flags = IndexFile.flags(index.length(slot));
        ObjectMetadata metadata = listener == null ? null : readMetadata(slot);
        index.setState(slot, IndexFile.CONDEMNED);
        accounts.objects--;
        condemnedCount++;
        condemnedBytes += IndexFile.payloadLength(index.length(slot));
        accounts.inUse -= end - location;
        accounts.condemned += end - location;
        condemned.add(first, second, location, end, slot);
        if ((flags & (IndexFile.FLAG_GROUP | IndexFile.FLAG_SESSION)) != 0) {
            untie(id(first, second));
        }
        if (listener != null) {
            listener.happened(
                    why,
                    id(first, second),
                    index.incarnation(slot),
                    IndexFile.payloadLength(index.length(slot)),
                    metadata == null ? ObjectMetadata.PLAIN : metadata);
        }
    }

    private void tie(ObjectId id, @Nullable Group group, @Nullable AttachedSession session) {
        if (group == null && session == null) {
            return;
        }
        Members members = null;
        if (group != null) {
            members = groups.computeIfAbsent(group, key -> new Members(key, new LinkedHashSet<>()));
            members.ids().add(id);
        }
        if (session != null) {
            session.ownObjects.add(id);
        }
        ties.put(id, new Ties(members, session));
    }

    private void untie(ObjectId id) {
        Ties of = ties.remove(id);
        if (of == null) {
            return;
        }
        if (of.session() != null) {
            of.session().ownObjects.remove(id);
        }
        Members members = of.members();
        if (members != null && members.ids().remove(id) && members.ids().isEmpty()) {
            groups.remove(members.group());
        }
    }

    /** The members of a group, in the order in which they were sealed. */
    Set<ObjectId> group(Group group) {
        Members members = groups.get(group);
        return members == null ? Set.of() : members.ids();
    }

    /**
     * Metadata as it lies in the pool; null when it has none, or when a writer has scribbled over
     * it since.
     */
    @Nullable ObjectMetadata readMetadata(long slot) {
        return readMetadata(index.location(slot), index.metadataLength(slot));
    }

    private @Nullable ObjectMetadata readMetadata(long location, int metadataLength) {
        if (metadataLength == 0) {
            return null;
        }
        byte[] bytes = new byte[metadataLength];
        pool.copyTo(location + PoolFile.HEADER_BYTES, bytes, 0, metadataLength);
        try {
            return MetadataCodec.decode(bytes);
        } catch (CorruptObject e) {
            return null;
        }
    }

    /** An object was read: its idle time begins anew. */
    void accessed(long first, long second, long nowMillis) {
        long slot = index.findCurrent(first, second);
        if (slot == IndexWriter.NONE) {
            return;
        }
        long idleMillis = IndexFile.idleMillis(index.idle(slot));
        if (idleMillis == 0) {
            return;
        }
        long untilMillis = 0;
        if ((IndexFile.flags(index.length(slot)) & IndexFile.FLAG_UNTIL) != 0) {
            ObjectMetadata metadata = readMetadata(slot);
            if (metadata != null && metadata.lifetime() instanceof Lifetime.Until until) {
                untilMillis = until.end().toEpochMilli();
            }
        }
        long expiry = Lifetimes.expiry(untilMillis, idleMillis, nowMillis);
        if (expiry - index.expiry(slot) < Lifetime.accessGranularityMillis(idleMillis) / 2) {
            return; // reported just now, by another reader or once more by this one
        }
        index.setExpiry(slot, expiry);
        lifetimes.scheduleIfNear(first, second, expiry, nowMillis);
    }

    /** Takes over an object that was found at the start. */
    void recovered(long slot, @Nullable AttachedSession session, long nowMillis) {
        accounts.objects++;
        accounts.inUse += recordEnd(slot) - index.location(slot);
        long first = index.idFirst(slot);
        long second = index.idSecond(slot);
        lifetimes.scheduleIfNear(first, second, index.expiry(slot), nowMillis);
        int flags = IndexFile.flags(index.length(slot));
        if ((flags & (IndexFile.FLAG_GROUP | IndexFile.FLAG_SESSION)) == 0) {
            return;
        }
        ObjectMetadata metadata = readMetadata(slot);
        boolean isOwn = (flags & IndexFile.FLAG_SESSION) != 0;
        tie(id(first, second), metadata == null ? null : metadata.group(), isOwn ? session : null);
    }

    long recordEnd(long slot) {
        return PoolFile.recordEnd(
                index.location(slot),
                index.metadataLength(slot),
                IndexFile.payloadLength(index.length(slot)));
    }

    private static long recordBytes(long location, int metadataLength, long lengthWord) {
        return PoolFile.recordEnd(location, metadataLength, IndexFile.payloadLength(lengthWord))
                - location;
    }

    private static long millis(@Nullable Duration duration) {
        return duration == null ? 0 : duration.plusNanos(999_999).toMillis();
    }

    static boolean isNamed(long first) {
        return (first & 0xFF) == ObjectId.KIND_NAMED;
    }

    static ObjectId id(long first, long second) {
        return new ObjectId(Long.reverseBytes(first), Long.reverseBytes(second));
    }

    static long first(ObjectId id) {
        return Long.reverseBytes(id.mostSignificantBits());
    }

    static long second(ObjectId id) {
        return Long.reverseBytes(id.leastSignificantBits());
    }
}
