package io.tokamak.checker;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds out whether two owners of the same bytes were there at the same time. A walk beside a
 * living node takes so long that bytes may be seen with one owner first and with the next one
 * later.
 *
 * <p>First the owners are sought, then their state words are looked at again: whose did not change
 * had the bytes at the moment between, and so had all the others.
 */
final class Overlaps {
    private final StoreFiles files;
    private final long[] suspects;
    private final List<Owner> owners = new ArrayList<>();

    private record Owner(long slot, long word, ObjectId id, long start, long end) {
        boolean covers(long position) {
            return start <= position && position < end;
        }

        @Override
        public String toString() {
            return "slot at index+" + slot + " (" + id + ", pool+" + start + " to " + end + ")";
        }
    }

    /**
     * @param suspects pool offsets, sorted
     */
    Overlaps(StoreFiles files, long[] suspects) {
        this.files = files;
        this.suspects = suspects;
    }

    /** Answers whether some of the suspects were nothing but changes. */
    boolean report(Findings findings) throws IOException {
        findOwners();
        SessionWalk sessions = new SessionWalk(files, new Findings());
        sessions.walk();
        owners.removeIf(owner -> files.index().getLongAcquire(owner.slot) != owner.word);
        boolean changed = false;
        for (long suspect : suspects) {
            changed |= !report(suspect, sessions.leases(), findings);
        }
        return changed;
    }

    private boolean report(long suspect, List<Lease> leases, Findings findings) {
        List<Owner> here = owners.stream().filter(owner -> owner.covers(suspect)).toList();
        if (here.size() > 1) {
            findings.error(Check.RECORDS_OVERLAP, "pool+" + suspect, "it belongs to " + here);
        }
        boolean leased = false;
        for (Lease lease : leases) {
            if (!here.isEmpty() && lease.covers(suspect)) {
                Owner owner = here.getFirst();
                if (!lease.hasPublished(lease.committed(files.pool()), owner.start, owner.end)) {
                    leased = true;
                    findings.error(
                            Check.RECORD_IN_LEASE,
                            "pool+" + suspect,
                            "it belongs to "
                                    + owner
                                    + " and to "
                                    + lease.place()
                                    + ", which is drained up to pool+"
                                    + lease.drained()
                                    + ", committed up to "
                                    + lease.tail()
                                    + " and ends at "
                                    + lease.end());
                }
            }
        }
        return leased || here.size() > 1;
    }

    private void findOwners() {
        Memory store = files.store();
        long bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        long buckets = IndexFile.bucketCount(store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET));
        long overflows = store.getLongAcquire(StoreFile.OVERFLOW_USED_OFFSET);
        long overflowsAt = IndexFile.overflowOffset(bucketLimit, 0);
        findOwners(0, IndexFile.bucketOffset(buckets));
        findOwners(overflowsAt, overflowsAt + overflows * IndexFile.BUCKET_BYTES);
    }

    private void findOwners(long start, long end) {
        for (long slot = start; slot < end; slot += IndexFile.SLOT_BYTES) {
            long word = files.index().getLongAcquire(slot);
            int state = IndexFile.stateOf(word);
            if (state != IndexFile.EMPTY && state < IndexFile.SPILLED) {
                addOwner(slot, word);
            }
        }
    }

    private void addOwner(long slot, long word) {
        Memory index = files.index();
        long location = index.getLongAcquire(slot + IndexFile.LOCATION_OFFSET);
        int next = Arrays.binarySearch(suspects, location);
        if (next < 0) {
            next = -next - 1;
        }
        if (location < 0 || next == suspects.length) {
            return;
        }
        long end =
                PoolFile.recordEnd(
                        location,
                        index.getInt(slot + IndexFile.METADATA_OFFSET),
                        IndexFile.payloadLength(index.getLong(slot + IndexFile.LENGTH_OFFSET)));
        if (suspects[next] >= end) {
            return;
        }
        long first = index.getLong(slot + IndexFile.ID_OFFSET);
        long second = index.getLong(slot + IndexFile.ID_OFFSET + Long.BYTES);
        ObjectId id = new ObjectId(Long.reverseBytes(first), Long.reverseBytes(second));
        boolean copied =
                owners.stream().anyMatch(other -> other.id.equals(id) && other.start == location);
        if (!copied) {
            owners.add(new Owner(slot, word, id, location, end));
        }
    }
}
