package io.tokamak.layout;

/**
 * The file {@code index}: a hash table from object id to bytes, grown by linear hashing (Litwin,
 * VLDB 1980) one bucket at a time, so that neither tombstones nor a new mapping is ever needed.
 * Written by the node's owner thread alone, mapped read-only by clients.
 *
 * <pre>
 *  bucketLimit   x 256 bytes   primary buckets of four slots
 *  overflowLimit x 256 bytes   overflow buckets of four slots
 *  bucketLimit   x u32         links of the primary buckets: number of the first overflow bucket + 1, or 0
 *  overflowLimit x u32         links of the overflow buckets: number of the next one + 1, or 0
 * </pre>
 *
 * The length is reserved once and sparse. Blocks are allocated before a bucket in them can be
 * reached: a client that stays below {@code levelSplit} and follows links never touches a hole.
 *
 * <p>A slot is one cache line. Fields first, then the state word (R1).
 *
 * <pre>
 *   0  state        u64       bits 0-7 EMPTY, CLAIMING, SEALED, CONDEMNED, SPILLED; bits 8-63 generation      R1
 *   8  id           16 bytes
 *  24  incarnation  u64       milliseconds since the epoch &lt;&lt; 20 | sequence
 *  32  location     u64       pool offset of the record's header, bytes                                       R3
 *  40  length       u64       bits 0-47 payload bytes, bits 48-63 flags
 *  48  metadata     u32       bytes of metadata between header and payload
 *  52  idle         u32       0: none; else bit 31 clear: milliseconds, bit 31 set: seconds in bits 0-30
 *  56  expiry       u64       milliseconds since the epoch, 0: never
 * </pre>
 */
public final class IndexFile {
    public static final String NAME = "index";

    public static final int SLOT_BYTES = 64;
    public static final int SLOTS_PER_BUCKET = 4;
    public static final int BUCKET_BYTES = SLOTS_PER_BUCKET * SLOT_BYTES;
    public static final int LINK_BYTES = Integer.BYTES;

    public static final long STATE_OFFSET = 0;
    public static final long ID_OFFSET = STATE_OFFSET + Long.BYTES;
    public static final long INCARNATION_OFFSET = ID_OFFSET + 16;
    public static final long LOCATION_OFFSET = INCARNATION_OFFSET + Long.BYTES;
    public static final long LENGTH_OFFSET = LOCATION_OFFSET + Long.BYTES;
    public static final long METADATA_OFFSET = LENGTH_OFFSET + Long.BYTES;
    public static final long IDLE_OFFSET = METADATA_OFFSET + Integer.BYTES;
    public static final long EXPIRY_OFFSET = IDLE_OFFSET + Integer.BYTES;

    public static final int EMPTY = 0;
    public static final int CLAIMING = 1;
    public static final int SEALED = 2;
    public static final int CONDEMNED = 3;
    public static final int SPILLED = 4;

    /** A copy that must not be lost. */
    public static final int FLAG_KEPT = 1;

    /** The object ends with the session that put it. */
    public static final int FLAG_SESSION = 1 << 1;

    /** The object belongs to a group, named in its metadata. */
    public static final int FLAG_GROUP = 1 << 2;

    /**
     * Besides the idle time, the metadata holds a time at which the object ends whatever happens.
     */
    public static final int FLAG_UNTIL = 1 << 3;

    public static final long PAYLOAD_LENGTH_MAX = (1L << 48) - 1;

    /**
     * A table with more objects per primary bucket splits the next one: 125 bytes of index for an
     * object.
     */
    public static final double OBJECTS_PER_BUCKET_MAX = 2.3;

    public static final int LEVEL_MIN = 6;

    private static final long SPLIT_MASK = (1L << 40) - 1;
    private static final int IDLE_SECONDS = 1 << 31;

    private IndexFile() {}

    public static int stateOf(long stateWord) {
        return (int) stateWord & 0xFF;
    }

    public static long generationOf(long stateWord) {
        return stateWord >>> 8;
    }

    public static long stateWord(int state, long generation) {
        return generation << 8 | state;
    }

    public static long payloadLength(long lengthWord) {
        return lengthWord & PAYLOAD_LENGTH_MAX;
    }

    public static int flags(long lengthWord) {
        return (int) (lengthWord >>> 48);
    }

    public static long lengthWord(long payloadLength, int flags) {
        return (long) flags << 48 | payloadLength;
    }

    /**
     * @param moves counts moves inside of chains, so that a reader who missed an entry on its way
     *     looks again
     */
    public static long levelSplit(int level, int moves, long split) {
        return (long) level << 56 | (moves & 0xFFFFL) << 40 | split;
    }

    public static int moves(long levelSplit) {
        return (int) (levelSplit >>> 40) & 0xFFFF;
    }

    public static int level(long levelSplit) {
        return (int) (levelSplit >>> 56);
    }

    public static long split(long levelSplit) {
        return levelSplit & SPLIT_MASK;
    }

    /** Primary buckets that can be reached. */
    public static long bucketCount(long levelSplit) {
        return (1L << level(levelSplit)) + split(levelSplit);
    }

    /** The primary bucket of a hash, below {@link #bucketCount}. */
    public static long bucketOf(long hash, long levelSplit) {
        long size = 1L << level(levelSplit);
        long bucket = hash & (size - 1);
        return bucket < split(levelSplit) ? hash & (2 * size - 1) : bucket;
    }

    /**
     * Mixes an object id with the store's seed: two rounds of multiply and shift with the constants
     * of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
     *
     * @param first bytes 0 to 7 of the id, little-endian
     * @param second bytes 8 to 15 of the id, little-endian
     */
    public static long hash(long first, long second, long seed) {
        long mixed = (first ^ seed) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 32 ^ second) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 29) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 32;
    }

    /** Rounded up, never down: an object does not end early. */
    public static int idleCode(long idleMillis) {
        if (idleMillis <= Integer.MAX_VALUE) {
            return (int) idleMillis;
        }
        return IDLE_SECONDS | (int) Math.min(Integer.MAX_VALUE, (idleMillis + 999) / 1000);
    }

    public static long idleMillis(int idleCode) {
        return idleCode >= 0 ? idleCode : (idleCode & Integer.MAX_VALUE) * 1000L;
    }

    /**
     * Where an entry is looked for first in a bucket, and where it lies when it found that slot
     * empty: the top bits of its hash say so.
     *
     * @param bucket an overflow bucket counts from {@code bucketLimit} on
     * @return the slot's offset
     */
    public static long preferredSlot(long hash, long bucket) {
        return bucketOffset(bucket) + (hash >>> 62) * SLOT_BYTES;
    }

    /** The slot after this one in its bucket, and the first one after the last. */
    public static long nextSlot(long slot) {
        return (slot & -BUCKET_BYTES) | ((slot + SLOT_BYTES) & (BUCKET_BYTES - 1));
    }

    public static long bucketOffset(long bucket) {
        return bucket * BUCKET_BYTES;
    }

    public static long overflowOffset(long bucketLimit, long overflow) {
        return (bucketLimit + overflow) * BUCKET_BYTES;
    }

    public static long bucketLinkOffset(long bucketLimit, long overflowLimit, long bucket) {
        return (bucketLimit + overflowLimit) * BUCKET_BYTES + bucket * LINK_BYTES;
    }

    public static long overflowLinkOffset(long bucketLimit, long overflowLimit, long overflow) {
        return (bucketLimit + overflowLimit) * BUCKET_BYTES + (bucketLimit + overflow) * LINK_BYTES;
    }

    /** Bytes of the whole file, a multiple of a page. */
    public static long length(long bucketLimit, long overflowLimit) {
        return (overflowLinkOffset(bucketLimit, overflowLimit, overflowLimit) + 4095) & -4096L;
    }

    /** Primary buckets for a pool full of the smallest records. */
    public static long bucketLimit(long poolLength) {
        long objects = poolLength / (PoolFile.HEADER_BYTES + PoolFile.GRANULE_BYTES);
        return Math.max(2L << LEVEL_MIN, (long) (objects / OBJECTS_PER_BUCKET_MAX) + 1);
    }

    /**
     * Twice the share that linear hashing at {@link #OBJECTS_PER_BUCKET_MAX} is expected to need at
     * its worst.
     */
    public static long overflowLimit(long bucketLimit) {
        return bucketLimit / 2;
    }
}
