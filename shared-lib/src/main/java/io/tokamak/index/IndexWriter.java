package io.tokamak.index;

import static io.tokamak.layout.IndexFile.BUCKET_BYTES;
import static io.tokamak.layout.IndexFile.SLOTS_PER_BUCKET;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.util.BitSet;

/**
 * Changes a store's index. For the node's owner thread alone, which is the only writer; readers go
 * on meanwhile.
 *
 * <p>Slot offsets stay valid until the next {@link #grow} or {@link #empty}. No call allocates on
 * the heap.
 */
public final class IndexWriter {
    public static final long NONE = -1;

    /** Makes a part of the index file safe to touch. */
    @FunctionalInterface
    public interface Blocks {
        /**
         * @return false when there is no room
         */
        boolean allocate(long offset, long length);
    }

    /** Where a killed node may stop; tests kill there. */
    @FunctionalInterface
    public interface Steps {
        void reached(String step);
    }

    private static final long ALLOCATION_STEP_BYTES = 1 << 20;
    private static final int LEVEL_MAX = 40; // the split has 40 bits

    /** Half as many again as a table needs that only grows. */
    private static final double OVERFLOWS_PER_BUCKET_MAX = 0.375;

    private static final int CHAINS_FOR_OVERFLOW = 16;

    private final Memory store;
    private final Memory index;
    private final long seed;
    private final long bucketLimit;
    private final long overflowLimit;
    private final Region buckets;
    private final Region overflows;
    private final Region bucketLinks;
    private final Region overflowLinks;
    private final FreeOverflows freeOverflows = new FreeOverflows();
    private final Steps steps;
    private long levelSplit;
    private long bucketCount;
    private long overflowUsed;
    private long count;
    private long nextToShorten;
    private int overflowsTaken;

    /** The overflow buckets that no chain has, lowest first: what is touched stays together. */
    private static final class FreeOverflows {
        private final BitSet free = new BitSet();
        private int lowest;
        private int count;

        void add(int overflow) {
            free.set(overflow);
            lowest = Math.min(lowest, overflow);
            count++;
        }

        /** There must be one. */
        int take() {
            int overflow = free.nextSetBit(lowest);
            free.clear(overflow);
            lowest = overflow + 1;
            count--;
            return overflow;
        }
    }

    /** A file's part that grows from its beginning. */
    private static final class Region {
        private final Blocks blocks;
        private final long start;
        private final long end;
        private long allocatedEnd;

        Region(Blocks blocks, long start, long end) {
            this.blocks = blocks;
            this.start = start;
            this.end = end;
            this.allocatedEnd = start;
        }

        boolean cover(long offset) {
            while (offset > allocatedEnd) {
                long next = Math.min(end, Math.max(offset, allocatedEnd + ALLOCATION_STEP_BYTES));
                if (!blocks.allocate(allocatedEnd, next - allocatedEnd)) {
                    return false;
                }
                allocatedEnd = next;
            }
            return true;
        }

        long allocatedBytes() {
            return allocatedEnd - start;
        }
    }

    /**
     * Takes an index as it lies, without looking at it: a new one is all zeros. Call {@link
     * #create} or {@link #recover} first.
     */
    public IndexWriter(Memory store, Memory index, Blocks blocks, Steps steps) {
        this.store = store;
        this.index = index;
        this.steps = steps;
        this.seed = store.getLong(StoreFile.HASH_SEED_OFFSET);
        this.bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        this.overflowLimit = store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
        long overflowStart = IndexFile.overflowOffset(bucketLimit, 0);
        long linkStart = IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, 0);
        long overflowLinkStart = IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, 0);
        this.buckets = new Region(blocks, 0, overflowStart);
        this.overflows = new Region(blocks, overflowStart, linkStart);
        this.bucketLinks = new Region(blocks, linkStart, overflowLinkStart);
        this.overflowLinks = new Region(blocks, overflowLinkStart, index.size());
    }

    /**
     * Makes the smallest table.
     *
     * @return false when there is no room for it
     */
    public boolean create() {
        if (!coverBuckets(1L << IndexFile.LEVEL_MIN)
                || !overflows.cover(IndexFile.overflowOffset(bucketLimit, 1))) {
            return false;
        }
        publishLevelSplit(IndexFile.levelSplit(IndexFile.LEVEL_MIN, 0, 0));
        return true;
    }

    /**
     * Takes over what a node left: allocates what is in use (which is there already), empties what
     * a split that was cut short left behind, and counts.
     *
     * @return false when there is no room, or a chain leads astray: the file was damaged
     */
    public boolean recover() {
        levelSplit = store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
        overflowUsed = store.getLong(StoreFile.OVERFLOW_USED_OFFSET);
        int level = IndexFile.level(levelSplit);
        if (level > LEVEL_MAX || IndexFile.split(levelSplit) >= 1L << level) {
            return false;
        }
        bucketCount = IndexFile.bucketCount(levelSplit);
        if (bucketCount > bucketLimit
                || overflowUsed < 0
                || overflowUsed > overflowLimit
                || !coverBuckets(bucketCount)
                || !coverOverflows(Math.max(1, overflowUsed))) {
            return false;
        }
        // R4 for the move that the last node may not have got round to counting: a reader that
        // passed the entry's new place before it was written must not miss it at the old one.
        publishMove();
        steps.reached("recover.counted");
        if (bucketCount < bucketLimit && coverBuckets(bucketCount + 1)) {
            emptyUnreachableBucket(bucketCount);
        }
        steps.reached("recover.cleared");
        BitSet linked = new BitSet();
        for (long bucket = 0; bucket < bucketCount; bucket++) {
            if (!markChain(bucket, linked)) {
                return false;
            }
            recoverChain(bucket);
        }
        for (int free = linked.nextClearBit(0);
                free < overflowUsed;
                free = linked.nextClearBit(free + 1)) {
            emptyBucket(IndexFile.overflowOffset(bucketLimit, free));
            index.putIntRelease(IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, free), 0);
            freeOverflows.add(free);
            steps.reached("recover.unlinked");
        }
        return true;
    }

    /**
     * @return false when the chain leads to where another one was, or nobody ever
     */
    private boolean markChain(long bucket, BitSet linked) {
        for (long at = nextBucket(bucket, firstBucket(bucket));
                at != NONE;
                at = nextBucket(bucket, at)) {
            long overflow = overflowOf(at);
            if (overflow >= overflowUsed || linked.get((int) overflow)) {
                return false;
            }
            linked.set((int) overflow);
        }
        return true;
    }

    private void emptyUnreachableBucket(long bucket) {
        emptyBucket(IndexFile.bucketOffset(bucket));
        index.putIntRelease(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket), 0);
    }

    private void emptyBucket(long offset) {
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            long slot = offset + (long) i * SLOT_BYTES;
            if (state(slot) != IndexFile.EMPTY) {
                setState(slot, IndexFile.EMPTY);
            }
        }
    }

    /**
     * Entries that belong into another bucket were moved by a split that did not get round to
     * emptying them.
     */
    private void recoverChain(long bucket) {
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (state(slot) == IndexFile.EMPTY) {
                    continue;
                }
                if (IndexFile.bucketOf(hashOf(slot), levelSplit) != bucket
                        || isRepeated(bucket, slot)) {
                    setState(slot, IndexFile.EMPTY);
                    steps.reached("recover.emptied");
                } else {
                    count++;
                }
            }
        }
    }

    /** A move inside of a chain that was cut short leaves the same id at the same offset twice. */
    private boolean isRepeated(long bucket, long slot) {
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long other = at + (long) i * SLOT_BYTES;
                if (other == slot) {
                    return false;
                }
                if (state(other) != IndexFile.EMPTY
                        && hasId(other, idFirst(slot), idSecond(slot))
                        && location(other) == location(slot)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Slots in use, of any state but EMPTY. */
    public long count() {
        return count;
    }

    public long bucketCount() {
        return bucketCount;
    }

    /** Bytes of shared memory allocated for the index. */
    public long allocatedBytes() {
        return buckets.allocatedBytes()
                + overflows.allocatedBytes()
                + bucketLinks.allocatedBytes()
                + overflowLinks.allocatedBytes();
    }

    public long hash(long first, long second) {
        return IndexFile.hash(first, second, seed);
    }

    /**
     * Touches what an insertion will look at, so that those of a batch wait for memory at the same
     * time.
     */
    public long prefetch(long hash) {
        long bucket = IndexFile.bucketOf(hash, levelSplit);
        return prefetchBucket(IndexFile.bucketOffset(bucket))
                + index.getInt(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
    }

    /** After {@link #prefetch}: touches the bucket's first overflow bucket, where it has one. */
    public long prefetchOverflow(long hash) {
        long bucket = IndexFile.bucketOf(hash, levelSplit);
        int link = index.getInt(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
        return link == 0 ? 0 : prefetchBucket(overflowOffset(link));
    }

    private long prefetchBucket(long offset) {
        return index.getLong(offset)
                + index.getLong(offset + SLOT_BYTES)
                + index.getLong(offset + 2 * SLOT_BYTES)
                + index.getLong(offset + 3 * SLOT_BYTES);
    }

    /** Touches where an entry most likely lies, for look-ups that wait for memory together. */
    public long prefetchEntry(long first, long second) {
        long hash = hash(first, second);
        return index.getLong(IndexFile.preferredSlot(hash, IndexFile.bucketOf(hash, levelSplit)));
    }

    /** Touches one slot, of which the offset may be of the past. */
    public long prefetchSlot(long slot) {
        return index.getLong(slot);
    }

    /** The slot in which an id can be read or is on disk: SEALED or SPILLED; or {@link #NONE}. */
    public long findCurrent(long first, long second) {
        long hash = hash(first, second);
        long bucket = IndexFile.bucketOf(hash, levelSplit);
        long preferred = IndexFile.preferredSlot(hash, bucket);
        return isCurrent(preferred, first, second)
                ? preferred
                : findCurrentInChain(bucket, first, second);
    }

    private boolean isCurrent(long slot, long first, long second) {
        if (!hasId(slot, first, second)) {
            return false;
        }
        int state = state(slot);
        return state == IndexFile.SEALED || state == IndexFile.SPILLED;
    }

    private long findCurrentInChain(long bucket, long first, long second) {
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (isCurrent(slot, first, second)) {
                    return slot;
                }
            }
        }
        return NONE;
    }

    /**
     * As {@link #findAt(long, long, long)}, for an entry that lay in the slot {@code hint} once:
     * few have moved since.
     */
    public long findAt(long first, long second, long location, long hint) {
        return isAt(hint, first, second, location) ? hint : findAt(first, second, location);
    }

    private boolean isAt(long slot, long first, long second, long location) {
        return location(slot) == location
                && hasId(slot, first, second)
                && state(slot) != IndexFile.EMPTY;
    }

    /**
     * The slot of this id for the record at this pool offset, whatever its state but EMPTY; or
     * {@link #NONE}.
     */
    public long findAt(long first, long second, long location) {
        long bucket = IndexFile.bucketOf(hash(first, second), levelSplit);
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (isAt(slot, first, second, location)) {
                    return slot;
                }
            }
        }
        return NONE;
    }

    /**
     * Publishes a record (R1).
     *
     * @return the slot, or {@link #NONE} when the index has no room left
     */
    public long insert(int state, SlotFields fields) {
        long hash = hash(fields.idFirst, fields.idSecond);
        long slot = emptySlot(hash, IndexFile.bucketOf(hash, levelSplit));
        if (slot == NONE) {
            return NONE;
        }
        // R1: who finds a field of this life no longer finds the state of the last.
        Memory.releaseFence();
        index.putLongOpaque(slot + IndexFile.ID_OFFSET, fields.idFirst);
        index.putLongOpaque(slot + IndexFile.ID_OFFSET + Long.BYTES, fields.idSecond);
        index.putLongOpaque(slot + IndexFile.INCARNATION_OFFSET, fields.incarnation);
        index.putLongRelease(slot + IndexFile.LOCATION_OFFSET, fields.location);
        index.putLongOpaque(slot + IndexFile.LENGTH_OFFSET, fields.length);
        index.putIntOpaque(slot + IndexFile.METADATA_OFFSET, fields.metadataLength);
        index.putIntOpaque(slot + IndexFile.IDLE_OFFSET, fields.idle);
        index.putLongOpaque(slot + IndexFile.EXPIRY_OFFSET, fields.expiry);
        setState(slot, state);
        count++;
        return slot;
    }

    private long emptySlot(long hash, long bucket) {
        long last = NONE;
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            long slot = emptySlotIn(hash, at);
            if (slot != NONE) {
                return slot;
            }
            last = at;
        }
        long overflow = takeOverflow();
        if (overflow == NONE) {
            return NONE;
        }
        link(bucket, last, (int) overflow + 1);
        return IndexFile.preferredSlot(hash, bucketLimit + overflow);
    }

    /** The preferred slot if it is empty, else the one after it that is. */
    private long emptySlotIn(long hash, long bucketOffset) {
        long slot = IndexFile.preferredSlot(hash, bucketOffset / BUCKET_BYTES);
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            if (state(slot) == IndexFile.EMPTY) {
                return slot;
            }
            slot = IndexFile.nextSlot(slot);
        }
        return NONE;
    }

    private long takeOverflow() {
        overflowsTaken++;
        if (freeOverflows.count > 0) {
            return freeOverflows.take();
        }
        if (overflowUsed >= overflowLimit || !coverOverflows(overflowUsed + 1)) {
            return NONE;
        }
        long overflow = overflowUsed++;
        store.putLongRelease(StoreFile.OVERFLOW_USED_OFFSET, overflowUsed);
        return overflow;
    }

    private boolean overflowsAvailable(int wanted) {
        return freeOverflows.count + (overflowLimit - overflowUsed) >= wanted;
    }

    /** Writes the link of the chain's bucket at {@code last}: zero ends the chain there. */
    private void link(long bucket, long last, int link) {
        index.putIntRelease(linkOffset(bucket, last), link);
    }

    /**
     * Splits buckets until the load is right again, and shortens chains that were full once.
     * Entries move: slot offsets from before are void.
     *
     * @param bucketsMax how many buckets may be split at once, to bound the time
     */
    public void grow(int bucketsMax) {
        for (int i = 0; i < bucketsMax && isLoaded(); i++) {
            if (!split()) {
                break;
            }
        }
        shortenSome();
    }

    /**
     * Where entries come and go, a bucket has an overflow bucket sooner or later, and keeps it for
     * the one entry in there: most of the buckets would, in the end. For each one that was taken a
     * few chains are looked through.
     */
    private void shortenSome() {
        int chains = CHAINS_FOR_OVERFLOW * Math.min(overflowsTaken, 256);
        for (int i = 0; i < chains && isSparse(); i++) {
            shortenChain(nextToShorten);
            nextToShorten = nextToShorten + 1 < bucketCount ? nextToShorten + 1 : 0;
        }
        overflowsTaken = 0;
    }

    private boolean isSparse() {
        return overflowUsed - freeOverflows.count > bucketCount * OVERFLOWS_PER_BUCKET_MAX;
    }

    public boolean isLoaded() {
        return count > bucketCount * IndexFile.OBJECTS_PER_BUCKET_MAX;
    }

    /**
     * R4: everything that moves is written, then the new split can be seen, then the old slots are
     * emptied.
     */
    private boolean split() {
        long from = IndexFile.split(levelSplit);
        int level = IndexFile.level(levelSplit);
        long to = from + (1L << level);
        if (to >= bucketLimit || !coverBuckets(to + 1)) {
            return false;
        }
        long mask = (1L << (level + 1)) - 1;
        int moving = 0;
        for (long at = firstBucket(from); at != NONE; at = nextBucket(from, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (state(slot) != IndexFile.EMPTY && (hashOf(slot) & mask) == to) {
                    moving++;
                }
            }
        }
        int overflowing = Math.max(0, moving - SLOTS_PER_BUCKET);
        if (!overflowsAvailable((overflowing + SLOTS_PER_BUCKET - 1) / SLOTS_PER_BUCKET)) {
            return false;
        }
        emptyUnreachableBucket(to);
        for (long at = firstBucket(from); at != NONE; at = nextBucket(from, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (state(slot) != IndexFile.EMPTY && (hashOf(slot) & mask) == to) {
                    long target = emptySlot(hashOf(slot), to);
                    if (target == NONE) {
                        abandon(to);
                        return false;
                    }
                    move(slot, target);
                    steps.reached("split.copying");
                }
            }
        }
        steps.reached("split.copied");
        boolean levelIsDone = from + 1 == 1L << level;
        int moves = IndexFile.moves(levelSplit);
        publishLevelSplit(
                levelIsDone
                        ? IndexFile.levelSplit(level + 1, moves, 0)
                        : IndexFile.levelSplit(level, moves, from + 1));
        steps.reached("split.advanced");
        for (long at = firstBucket(from); at != NONE; at = nextBucket(from, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (state(slot) != IndexFile.EMPTY && (hashOf(slot) & mask) == to) {
                    setState(slot, IndexFile.EMPTY);
                    steps.reached("split.emptying");
                }
            }
        }
        steps.reached("split.emptied");
        shortenChain(from);
        return true;
    }

    /** Takes back what was copied to a bucket that nobody can reach yet. */
    private void abandon(long bucket) {
        for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
            emptyBucket(at);
        }
        unlinkEmptyTail(bucket);
    }

    /**
     * Moves entries from overflow buckets to free slots before them, and takes empty buckets off
     * the chain (R4).
     */
    private void shortenChain(long bucket) {
        long primary = firstBucket(bucket);
        if (nextBucket(bucket, primary) == NONE) {
            return;
        }
        boolean moved = false;
        for (long at = nextBucket(bucket, primary); at != NONE; at = nextBucket(bucket, at)) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = at + (long) i * SLOT_BYTES;
                if (state(slot) == IndexFile.EMPTY) {
                    continue;
                }
                long target = emptySlotBefore(hashOf(slot), bucket, at);
                if (target == NONE) {
                    break;
                }
                move(slot, target);
                steps.reached("split.shortening");
                publishMove();
                steps.reached("split.counted");
                setState(slot, IndexFile.EMPTY);
                moved = true;
            }
        }
        unlinkEmptyTail(bucket);
        if (moved) {
            steps.reached("split.shortened");
        }
    }

    private long emptySlotBefore(long hash, long bucket, long end) {
        for (long at = firstBucket(bucket); at != end; at = nextBucket(bucket, at)) {
            long slot = emptySlotIn(hash, at);
            if (slot != NONE) {
                return slot;
            }
        }
        return NONE;
    }

    /**
     * Takes the empty buckets at the end off a chain. A reader inside of one of them has passed all
     * entries of its chain: whether it ends there or goes astray, once the bucket is used again, it
     * has not missed one.
     */
    private void unlinkEmptyTail(long bucket) {
        long lastInUse = firstBucket(bucket);
        for (long at = nextBucket(bucket, lastInUse); at != NONE; at = nextBucket(bucket, at)) {
            if (!isEmpty(at)) {
                lastInUse = at;
            }
        }
        long unlinked = nextBucket(bucket, lastInUse);
        if (unlinked == NONE) {
            return;
        }
        link(bucket, lastInUse, 0);
        steps.reached("chain.cut");
        while (unlinked != NONE) {
            long next = nextBucket(bucket, unlinked);
            index.putIntRelease(linkOffset(bucket, unlinked), 0);
            freeOverflows.add((int) overflowOf(unlinked));
            unlinked = next;
        }
    }

    private boolean isEmpty(long bucketOffset) {
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            if (state(bucketOffset + (long) i * SLOT_BYTES) != IndexFile.EMPTY) {
                return false;
            }
        }
        return true;
    }

    private void move(long source, long target) {
        Memory.releaseFence(); // R1, as insert
        for (long field = IndexFile.ID_OFFSET; field < SLOT_BYTES; field += Long.BYTES) {
            if (field == IndexFile.LOCATION_OFFSET) {
                index.putLongRelease(target + field, index.getLong(source + field));
            } else {
                index.putLongOpaque(target + field, index.getLong(source + field));
            }
        }
        setState(target, state(source));
    }

    /**
     * Gives the slot a new state and, with it, a new generation: no state word of a slot ever comes
     * back (I8).
     */
    public void setState(long slot, int state) {
        long generation = IndexFile.generationOf(index.getLong(slot + IndexFile.STATE_OFFSET)) + 1;
        index.putLongRelease(slot + IndexFile.STATE_OFFSET, IndexFile.stateWord(state, generation));
    }

    /** Ends a slot's life; the last one at the end of a chain gives its overflow bucket back. */
    public void empty(long slot) {
        setState(slot, IndexFile.EMPTY);
        count--;
        if (slot >= overflows.start && isEmpty(slot & -BUCKET_BYTES)) {
            unlinkEmptyTail(IndexFile.bucketOf(hashOf(slot), levelSplit));
        }
    }

    public int state(long slot) {
        return IndexFile.stateOf(index.getLong(slot + IndexFile.STATE_OFFSET));
    }

    public long idFirst(long slot) {
        return index.getLong(slot + IndexFile.ID_OFFSET);
    }

    public long idSecond(long slot) {
        return index.getLong(slot + IndexFile.ID_OFFSET + Long.BYTES);
    }

    public long incarnation(long slot) {
        return index.getLong(slot + IndexFile.INCARNATION_OFFSET);
    }

    public long location(long slot) {
        return index.getLong(slot + IndexFile.LOCATION_OFFSET);
    }

    public long length(long slot) {
        return index.getLong(slot + IndexFile.LENGTH_OFFSET);
    }

    public int metadataLength(long slot) {
        return index.getInt(slot + IndexFile.METADATA_OFFSET);
    }

    public int idle(long slot) {
        return index.getInt(slot + IndexFile.IDLE_OFFSET);
    }

    public long expiry(long slot) {
        return index.getLong(slot + IndexFile.EXPIRY_OFFSET);
    }

    public void setExpiry(long slot, long expiryMillis) {
        index.putLongOpaque(slot + IndexFile.EXPIRY_OFFSET, expiryMillis);
    }

    /** Called with every slot in use; may change its state, must not insert or grow. */
    @FunctionalInterface
    public interface SlotVisitor {
        void visit(long slot);
    }

    /**
     * Visits the slots in use of primary buckets {@code [from, from + buckets)} and their chains.
     *
     * @return the bucket to go on with, or 0 after the last one
     */
    public long visit(long from, long buckets, SlotVisitor visitor) {
        long end = Math.min(bucketCount, from + buckets);
        for (long bucket = from; bucket < end; bucket++) {
            for (long at = firstBucket(bucket); at != NONE; at = nextBucket(bucket, at)) {
                for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                    long slot = at + (long) i * SLOT_BYTES;
                    if (state(slot) != IndexFile.EMPTY) {
                        visitor.visit(slot);
                    }
                }
            }
        }
        return end >= bucketCount ? 0 : end;
    }

    private boolean hasId(long slot, long first, long second) {
        return idFirst(slot) == first && idSecond(slot) == second;
    }

    private long hashOf(long slot) {
        return hash(idFirst(slot), idSecond(slot));
    }

    private void publishLevelSplit(long next) {
        levelSplit = next;
        bucketCount = IndexFile.bucketCount(next);
        store.putLongRelease(StoreFile.LEVEL_SPLIT_OFFSET, next);
    }

    /** R4, for an entry that moved inside of its chain. */
    private void publishMove() {
        publishLevelSplit(
                IndexFile.levelSplit(
                        IndexFile.level(levelSplit),
                        IndexFile.moves(levelSplit) + 1,
                        IndexFile.split(levelSplit)));
    }

    private boolean coverBuckets(long bucketsInUse) {
        return buckets.cover(IndexFile.bucketOffset(bucketsInUse))
                && bucketLinks.cover(
                        IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucketsInUse));
    }

    private boolean coverOverflows(long overflowsInUse) {
        return overflows.cover(IndexFile.overflowOffset(bucketLimit, overflowsInUse))
                && overflowLinks.cover(
                        IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflowsInUse));
    }

    private long firstBucket(long bucket) {
        return IndexFile.bucketOffset(bucket);
    }

    private long nextBucket(long bucket, long at) {
        int link = index.getInt(linkOffset(bucket, at));
        return link == 0 ? NONE : overflowOffset(link);
    }

    private long overflowOffset(int link) {
        return IndexFile.overflowOffset(bucketLimit, Integer.toUnsignedLong(link) - 1);
    }

    private long linkOffset(long bucket, long at) {
        return at < overflows.start
                ? IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket)
                : IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflowOf(at));
    }

    private long overflowOf(long at) {
        return (at - overflows.start) / BUCKET_BYTES;
    }
}
