package io.tokamak.index;

import static io.tokamak.layout.IndexFile.BUCKET_BYTES;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;

/**
 * Looks objects up in a store's index. Thread-safe; never blocks, never allocates.
 *
 * <p>What a slot says is trusted only after its state word was loaded again and found unchanged
 * (R1): the accessors below are hints until then.
 */
public final class IndexReader {
    public static final long NOT_FOUND = -1;

    private final Memory store;
    private final Memory index;
    private final long seed;
    private final long bucketLimit;
    private final long overflowLimit;

    /**
     * A value of the past is as good: a bucket that was split since then misses, and the miss looks
     * again (R4).
     */
    private long levelSplit;

    public IndexReader(Memory store, Memory index) {
        this.store = store;
        this.index = index;
        this.seed = store.getLong(StoreFile.HASH_SEED_OFFSET);
        this.bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        this.overflowLimit = store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
        this.levelSplit = store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
    }

    /** The hash of an id, given as two little-endian words. */
    public long hash(long first, long second) {
        return IndexFile.hash(first, second, seed);
    }

    /**
     * The slot of a sealed object, if it lies in the first bucket that may have it, as nearly all
     * do; else {@link #NOT_FOUND}, and {@link #find} knows. Its being apart keeps what is compiled
     * into each look-up short.
     */
    public long findInBucket(long first, long second) {
        long hash = IndexFile.hash(first, second, seed);
        return findInBucket(
                IndexFile.preferredSlot(hash, IndexFile.bucketOf(hash, levelSplit)), first, second);
    }

    /**
     * Finds the slot of a sealed object.
     *
     * @param first bytes 0 to 7 of the id, little-endian
     * @param second bytes 8 to 15 of the id, little-endian
     * @return the slot's offset in the index, or {@link #NOT_FOUND}: no sealed object had this id
     *     at some moment of the call
     */
    public long find(long first, long second) {
        long hash = IndexFile.hash(first, second, seed);
        long view = levelSplit;
        while (true) {
            long slot = findInChain(hash, IndexFile.bucketOf(hash, view), first, second);
            if (slot != NOT_FOUND) {
                return slot;
            }
            Memory.acquireFence(); // R4: whatever was missed was looked at before
            long latest = store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
            if (latest == view) {
                return NOT_FOUND;
            }
            view = latest;
            levelSplit = latest;
        }
    }

    /** Touches the bucket of an id, so that several look-ups wait for memory at the same time. */
    public long prefetch(long first, long second) {
        long bucket =
                IndexFile.bucketOffset(
                        IndexFile.bucketOf(IndexFile.hash(first, second, seed), levelSplit));
        return index.getLong(bucket) + index.getLong(bucket + 2 * SLOT_BYTES);
    }

    private long findInChain(long hash, long bucket, long first, long second) {
        long slot = findInBucket(IndexFile.preferredSlot(hash, bucket), first, second);
        return slot != NOT_FOUND ? slot : findInOverflow(hash, bucket, first, second);
    }

    /** Looks at every slot of a bucket, this one first. */
    private long findInBucket(long preferred, long first, long second) {
        // I9: the accessors rely on it.
        index.check(preferred & -BUCKET_BYTES, BUCKET_BYTES);
        long slot = preferred;
        do {
            if (matches(slot, first, second)) {
                return slot;
            }
            slot = IndexFile.nextSlot(slot);
        } while (slot != preferred);
        return NOT_FOUND;
    }

    private long findInOverflow(long hash, long bucket, long first, long second) {
        int link =
                index.getIntAcquire(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
        // A chain that changes under the reader could lead it in circles: more steps than buckets
        // are a miss.
        for (long steps = 0; link != 0 && steps < overflowLimit; steps++) {
            long overflow = Integer.toUnsignedLong(link) - 1;
            if (overflow >= overflowLimit) {
                break;
            }
            long slot =
                    findInBucket(
                            IndexFile.preferredSlot(hash, bucketLimit + overflow), first, second);
            if (slot != NOT_FOUND) {
                return slot;
            }
            link =
                    index.getIntAcquire(
                            IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow));
        }
        return NOT_FOUND;
    }

    /**
     * Whether the slot holds this sealed object. The id is looked at before the state, as it is
     * what differs: a new id cannot be seen in a slot whose old state can (R1), so that a miss is
     * one whichever life of the slot each of them is of.
     */
    public boolean matches(long slot, long first, long second) {
        return hasId(slot, first, second) && IndexFile.stateOf(state(slot)) == IndexFile.SEALED;
    }

    /** Whether the slot has this id, in one comparison. */
    public boolean hasId(long slot, long first, long second) {
        return ((idFirst(slot) ^ first) | (idSecond(slot) ^ second)) == 0;
    }

    /** The state word, to be compared whole. Acquire. */
    public long state(long slot) {
        return index.getLongAcquire(slot + IndexFile.STATE_OFFSET);
    }

    public long idFirst(long slot) {
        return index.getLongWithin(slot + IndexFile.ID_OFFSET);
    }

    public long idSecond(long slot) {
        return index.getLongWithin(slot + IndexFile.ID_OFFSET + Long.BYTES);
    }

    public long incarnation(long slot) {
        return index.getLongWithin(slot + IndexFile.INCARNATION_OFFSET);
    }

    /** Pool offset of the record's header. Acquire (R3). */
    public long location(long slot) {
        return index.getLongAcquire(slot + IndexFile.LOCATION_OFFSET);
    }

    /**
     * The length word: {@link IndexFile#payloadLength} and {@link IndexFile#flags} take it apart.
     */
    public long length(long slot) {
        return index.getLongWithin(slot + IndexFile.LENGTH_OFFSET);
    }

    public int metadataLength(long slot) {
        return index.getIntWithin(slot + IndexFile.METADATA_OFFSET);
    }

    public int idle(long slot) {
        return index.getIntWithin(slot + IndexFile.IDLE_OFFSET);
    }

    /** Milliseconds since the epoch, 0: never. */
    public long expiry(long slot) {
        return index.getLongWithin(slot + IndexFile.EXPIRY_OFFSET);
    }
}
