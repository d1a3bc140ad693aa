package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.node.objects.Store.Deletion;
import io.tokamak.node.objects.Store.Description;
import io.tokamak.node.objects.Store.Presence;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What is asked about objects, and their ends. The owner thread's, all lanes drained. */
final class ObjectCommands {
    private static final int PREFETCHED = 32;

    private final IndexWriter index;
    private final ObjectTable table;
    private final Drain drain;
    private final Leases leases;
    private final Waits waits;
    private final NameDirectory directory;
    private final Holders holders;
    private final IndexWriter.Steps steps;
    private long misses;

    /** Keeps the prefetching loads from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;

    ObjectCommands(
            IndexWriter index,
            ObjectTable table,
            Drain drain,
            Leases leases,
            Waits waits,
            NameDirectory directory,
            Holders holders,
            IndexWriter.Steps steps) {
        this.index = index;
        this.table = table;
        this.drain = drain;
        this.leases = leases;
        this.waits = waits;
        this.directory = directory;
        this.holders = holders;
        this.steps = steps;
    }

    boolean exists(ObjectId id) {
        return index.findCurrent(ObjectTable.first(id), ObjectTable.second(id)) != IndexWriter.NONE;
    }

    /**
     * Answers which of some objects are there, once {@code count} of them are, or the time is over.
     */
    void resolve(
            CompletableFuture<Presence> answer, List<ObjectId> ids, int count, long timeoutNanos) {
        Set<ObjectId> present = presentOf(ids);
        Set<ObjectId> pending = new LinkedHashSet<>(ids);
        pending.removeAll(present);
        if (present.size() >= count || pending.isEmpty() || timeoutNanos <= 0) {
            resolved(answer, ids, count, present);
            return;
        }
        Waits.Wait wait =
                waits.await(
                        pending,
                        Math.min(count - present.size(), pending.size()),
                        System.nanoTime() + timeoutNanos);
        var _ = wait.answer.thenAccept(_ -> resolved(answer, ids, count, presentOf(ids)));
        var _ = answer.thenAccept(_ -> wait.answer.complete(false));
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

    /** Ids that were asked for and not there. */
    long misses() {
        return misses;
    }

    /** Which are there already; the session is notified of the others. */
    Presence addInterest(AttachedSession session, List<ObjectId> ids) {
        waits.addInterests(session, ids);
        return new Presence(presentOf(ids));
    }

    /**
     * What was deleted, before its names were given up.
     *
     * @param isWhole whether what was not found is not there; else it may be committed, and appear
     */
    record Deleted(Deletion deletion, List<NameDirectory.Claim> names, boolean isWhole) {}

    Deleted delete(Group group) {
        Deleted members = delete(List.copyOf(table.group(group)));
        return new Deleted(members.deletion(), members.names(), !drain.isStalled());
    }

    Deleted delete(ObjectId id, long incarnation) {
        long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
        return slot == IndexWriter.NONE || index.incarnation(slot) == incarnation
                ? delete(List.of(id))
                : new Deleted(new Deletion(List.of(), new BitSet()), List.of(), true);
    }

    Deleted delete(List<ObjectId> ids) {
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
            steps.reached("delete.condemned");
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

    /** Gives up the names of what was deleted. From any thread. */
    CompletableFuture<Deletion> releaseNames(Deleted deleted) {
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
    void condemnNamed(long slot, StoreListener.Kind why) {
        long first = index.idFirst(slot);
        ObjectId id = ObjectTable.id(first, index.idSecond(slot));
        long incarnation = index.incarnation(slot);
        table.condemn(slot, why);
        if (ObjectTable.isNamed(first)) {
            directory.releaseLater(List.of(new NameDirectory.Claim(id, incarnation)));
        }
    }

    /**
     * An object as its slot says, and who pins it; null when it is not there.
     *
     * @param sessions all, their pins scanned
     */
    @Nullable Description describe(ObjectId id, SessionTable sessions) {
        long slot = index.findCurrent(ObjectTable.first(id), ObjectTable.second(id));
        if (slot == IndexWriter.NONE) {
            if (drain.isStalled()) {
                throw indexFull();
            }
            return null;
        }
        return new Description(
                id,
                index.incarnation(slot),
                IndexFile.payloadLength(index.length(slot)),
                table.readMetadata(slot),
                index.expiry(slot),
                holders.pinsAt(index.location(slot), sessions.all()));
    }
}
