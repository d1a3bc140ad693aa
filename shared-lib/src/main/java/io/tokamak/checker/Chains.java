package io.tokamak.checker;

import static io.tokamak.layout.IndexFile.SLOTS_PER_BUCKET;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.util.Arrays;
import java.util.BitSet;

/** The buckets of an index and the links between them, and which links a walk has followed. */
final class Chains {
    /** What {@link #follow} answers for a link that leads nowhere. */
    static final long NOWHERE = -1;

    private static final int LEVEL_MAX = 40;

    private final Memory store;
    private final Memory index;
    private final Findings findings;
    private final long seed;
    private final long bucketLimit;
    private final long overflowLimit;
    private final long overflowUsed;
    private final long levelSplit;
    private final long bucketCount;
    private final BitSet linked = new BitSet();

    /** Offset of the link by which an overflow bucket was reached. */
    private long[] linkedBy = new long[1024];

    private long changed;

    Chains(StoreFiles files, Findings findings) {
        this.store = files.store();
        this.index = files.index();
        this.findings = findings;
        this.seed = store.getLong(StoreFile.HASH_SEED_OFFSET);
        this.bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        this.overflowLimit = store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
        this.levelSplit = latestLevelSplit();
        this.bucketCount = IndexFile.bucketCount(levelSplit);
        this.overflowUsed = store.getLongAcquire(StoreFile.OVERFLOW_USED_OFFSET);
    }

    /** Whether the words say something that can be walked along. */
    boolean checkWords() {
        int level = IndexFile.level(levelSplit);
        if (level < IndexFile.LEVEL_MIN
                || level > LEVEL_MAX
                || IndexFile.split(levelSplit) >= 1L << level
                || bucketCount > bucketLimit) {
            findings.error(
                    Check.LEVEL_SPLIT,
                    "store+" + StoreFile.LEVEL_SPLIT_OFFSET,
                    "level %d and split %d make %d buckets; level must be %d or more, split below 2^level, and the file has %d"
                            .formatted(
                                    level,
                                    IndexFile.split(levelSplit),
                                    bucketCount,
                                    IndexFile.LEVEL_MIN,
                                    bucketLimit));
            return false;
        }
        if (overflowUsed < 0 || overflowUsed > overflowLimit) {
            findings.error(
                    Check.LEVEL_SPLIT,
                    "store+" + StoreFile.OVERFLOW_USED_OFFSET,
                    "%d overflow buckets are in use, the file has %d"
                            .formatted(overflowUsed, overflowLimit));
            return false;
        }
        return true;
    }

    /** Addressable buckets when the walk began. */
    long bucketCount() {
        return bucketCount;
    }

    long bucketLimit() {
        return bucketLimit;
    }

    /** Overflow buckets in use when the walk began. */
    long overflowUsed() {
        return overflowUsed;
    }

    /** Whether the index grew since the walk began. */
    boolean moved() {
        return levelSplit != latestLevelSplit();
    }

    private long latestLevelSplit() {
        return store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
    }

    /** Links that were another chain's at a second look. */
    long changed() {
        return changed;
    }

    /** Offset of an overflow bucket. */
    long overflowOffset(long overflow) {
        return IndexFile.overflowOffset(bucketLimit, overflow);
    }

    /** Offset of the link of a bucket. */
    long bucketLink(long bucket) {
        return IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket);
    }

    /** Offset of the link of an overflow bucket. */
    long overflowLink(long overflow) {
        return IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow);
    }

    /** The bucket that the walk expects an object in. */
    long bucketOf(Entry entry) {
        return IndexFile.bucketOf(hash(entry), levelSplit);
    }

    /** The bucket that an object belongs to by now. */
    long latestBucketOf(Entry entry) {
        return IndexFile.bucketOf(hash(entry), latestLevelSplit());
    }

    private long hash(Entry entry) {
        return IndexFile.hash(entry.first(), entry.second(), seed);
    }

    /** The overflow bucket that a link names, or {@link #NOWHERE}, which is reported. */
    long follow(int link, long linkOffset) {
        long overflow = Integer.toUnsignedLong(link) - 1;
        long used = store.getLongAcquire(StoreFile.OVERFLOW_USED_OFFSET);
        if (overflow >= used || used > overflowLimit) {
            findings.error(
                    Check.LINK_RANGE,
                    linkPlace(linkOffset),
                    "it names overflow bucket %d of %d in use".formatted(overflow, used));
            return NOWHERE;
        }
        if (linked.get((int) overflow)) {
            long other = linkedBy[(int) overflow];
            boolean both =
                    index.getIntAcquire(other) == link
                            && index.getIntAcquire(linkOffset) == link
                            && index.getIntAcquire(other) == link;
            if (both) {
                findings.error(
                        Check.LINK_TWICE,
                        linkPlace(linkOffset),
                        "it names overflow bucket %d, and so does the %s"
                                .formatted(overflow, linkPlace(other)));
            } else {
                changed++;
            }
            return NOWHERE;
        }
        if (overflow >= linkedBy.length) {
            linkedBy = Arrays.copyOf(linkedBy, (int) Math.max(overflow + 1, linkedBy.length * 2L));
        }
        linked.set((int) overflow);
        linkedBy[(int) overflow] = linkOffset;
        return overflow;
    }

    static String linkPlace(long linkOffset) {
        return "link at index+" + linkOffset;
    }

    /** The next overflow bucket in use that no link followed so far names. */
    int nextUnlinked(int from) {
        return linked.nextClearBit(from);
    }

    /** Whether look-ups find this object at this place now. */
    boolean isReachable(Entry entry) {
        return isIn(latestBucketOf(entry), entry);
    }

    /** Whether the chain of a bucket has this object at this place now. */
    boolean isIn(long bucket, Entry sought) {
        if (bucket >= bucketLimit || bucket >= IndexFile.bucketCount(latestLevelSplit())) {
            return false;
        }
        long offset = IndexFile.bucketOffset(bucket);
        int link = index.getIntAcquire(bucketLink(bucket));
        for (long steps = 0; steps <= overflowLimit; steps++) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = offset + (long) i * SLOT_BYTES;
                Entry other =
                        Entry.of(index, slot, index.getLongAcquire(slot + IndexFile.STATE_OFFSET));
                if (other.state() != IndexFile.EMPTY
                        && other.hasIdOf(sought)
                        && other.location() == sought.location()) {
                    return true;
                }
            }
            long overflow = Integer.toUnsignedLong(link) - 1;
            if (link == 0 || overflow >= overflowUsed) {
                return false;
            }
            offset = overflowOffset(overflow);
            link = index.getIntAcquire(overflowLink(overflow));
        }
        return false;
    }

    /**
     * Overflow buckets that some link names now. Those that were filled into a chain since the walk
     * passed there are among them, one behind the other.
     */
    BitSet named() {
        BitSet named = new BitSet();
        long buckets = IndexFile.bucketCount(latestLevelSplit());
        for (long bucket = 0; bucket < buckets; bucket++) {
            addNamed(named, bucketLink(bucket));
        }
        BitSet toFollow = (BitSet) linked.clone();
        BitSet followed = new BitSet();
        while (!toFollow.isEmpty()) {
            toFollow.stream().forEach(overflow -> addNamed(named, overflowLink(overflow)));
            followed.or(toFollow);
            toFollow = (BitSet) named.clone();
            toFollow.andNot(followed);
        }
        return named;
    }

    private void addNamed(BitSet named, long linkOffset) {
        long link = Integer.toUnsignedLong(index.getIntAcquire(linkOffset));
        if (link != 0 && link <= overflowLimit) {
            named.set((int) link - 1);
        }
    }
}
