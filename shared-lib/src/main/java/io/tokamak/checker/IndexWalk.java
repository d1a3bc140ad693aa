package io.tokamak.checker;

import static io.tokamak.layout.IndexFile.BUCKET_BYTES;
import static io.tokamak.layout.IndexFile.SLOTS_PER_BUCKET;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One walk over every slot of the index and the header of every record. What a slot says is
 * reported only if its state word was the same before and after (R1). Blocks that the node did not
 * allocate are never touched through the mapping, because that would allocate them.
 */
final class IndexWalk {
    private static final int TRIES_MAX = 3;
    private static final int FLAGS_KNOWN =
            IndexFile.FLAG_KEPT
                    | IndexFile.FLAG_SESSION
                    | IndexFile.FLAG_GROUP
                    | IndexFile.FLAG_UNTIL;

    private final StoreFiles files;
    private final Memory index;
    private final Memory pool;
    private final Findings findings;
    private final @Nullable PayloadCheck payloads;
    private final long seed;
    private final long poolLength;
    private final long bucketLimit;
    private final long overflowLimit;
    private final long overflowUsed;
    private final long incarnationCeiling;
    private final long levelSplit;
    private final long bucketCount;
    private final BitSet linked = new BitSet();

    /** Offset of the link by which an overflow bucket was reached. */
    private long[] linkedBy = new long[1024];

    /** Links followed in the chain at hand. */
    private final List<Link> path = new ArrayList<>();

    /** Of the chain at hand: slots in use whose range counts, in the order of the chain. */
    private final List<Entry> chain = new ArrayList<>();

    /**
     * What is wrong with the slot at hand, until it is known that the slot did not change
     * meanwhile.
     */
    private final List<Pending> pending = new ArrayList<>();

    private final Ranges records = new Ranges();
    private long inUse;
    private long condemned;
    private long objects;
    private long spilled;
    private long changed;

    private record Link(long offset, int value) {}

    private record Entry(long slot, long word, int state, long first, long second, long location) {}

    private record Pending(Severity severity, Check check, Supplier<String> what) {}

    IndexWalk(StoreFiles files, Findings findings, @Nullable PayloadCheck payloads) {
        Memory store = files.store();
        this.files = files;
        this.index = files.index();
        this.pool = files.pool();
        this.findings = findings;
        this.payloads = payloads;
        this.seed = store.getLong(StoreFile.HASH_SEED_OFFSET);
        this.poolLength = store.getLong(StoreFile.POOL_LENGTH_OFFSET);
        this.bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        this.overflowLimit = store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
        this.levelSplit = store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
        this.bucketCount = IndexFile.bucketCount(levelSplit);
        this.overflowUsed = store.getLongAcquire(StoreFile.OVERFLOW_USED_OFFSET);
        this.incarnationCeiling = store.getLongAcquire(StoreFile.INCARNATION_CEILING_OFFSET);
    }

    Ranges records() {
        return records;
    }

    long inUse() {
        return inUse;
    }

    long condemned() {
        return condemned;
    }

    long objects() {
        return objects;
    }

    long spilled() {
        return spilled;
    }

    /** Slots that would not stay the same for a look. */
    long changed() {
        return changed;
    }

    /** Whether the index grew or moved an entry since the walk began. */
    boolean moved() {
        return levelSplit != files.store().getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
    }

    /**
     * @param nodeAlive whether a node may be in the middle of a split; one that is not alive may
     *     have left half of one
     * @param wholeFile also read what no client can reach
     */
    void walk(boolean nodeAlive, boolean wholeFile) throws IOException {
        if (!checkWords()) {
            return;
        }
        for (long bucket = 0; bucket < bucketCount; bucket++) {
            walkChain(bucket, nodeAlive);
        }
        if (moved()) {
            return; // what was beyond the addressable buckets is not, by now
        }
        walkOverflowsNotLinked(nodeAlive);
        try (FileChannel channel = StoreFiles.open(files.folder().index())) {
            checkBeyond(channel, wholeFile);
        }
    }

    private boolean checkWords() {
        int level = IndexFile.level(levelSplit);
        if (level < IndexFile.LEVEL_MIN
                || level > 40
                || IndexFile.split(levelSplit) >= 1L << level
                || bucketCount > bucketLimit) {
            findings.error(
                    Check.LEVEL_SPLIT,
                    at("store", StoreFile.LEVEL_SPLIT_OFFSET),
                    "level "
                            + level
                            + " and split "
                            + IndexFile.split(levelSplit)
                            + " make "
                            + bucketCount
                            + " buckets; level must be "
                            + IndexFile.LEVEL_MIN
                            + " or more, split below 2^level, and the "
                            + "file has "
                            + bucketLimit);
            return false;
        }
        if (overflowUsed < 0 || overflowUsed > overflowLimit) {
            findings.error(
                    Check.LEVEL_SPLIT,
                    at("store", StoreFile.OVERFLOW_USED_OFFSET),
                    overflowUsed + " overflow buckets are in use, the file has " + overflowLimit);
            return false;
        }
        return true;
    }

    private void walkChain(long bucket, boolean nodeAlive) {
        chain.clear();
        path.clear();
        long linkOffset = IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket);
        walkBucket(IndexFile.bucketOffset(bucket), bucket, nodeAlive);
        int link = index.getIntAcquire(linkOffset);
        while (link != 0) {
            long overflow = follow(link, linkOffset);
            if (overflow < 0) {
                return;
            }
            path.add(new Link(linkOffset, link));
            walkBucket(IndexFile.overflowOffset(bucketLimit, overflow), bucket, nodeAlive);
            linkOffset = IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow);
            link = index.getIntAcquire(linkOffset);
        }
    }

    /** A node may take an empty bucket off a chain and give it to another one under the walk. */
    private boolean isChainAsWalked() {
        return path.stream().allMatch(link -> index.getIntAcquire(link.offset) == link.value);
    }

    /** The overflow bucket that a link names, or -1 when the chain cannot be followed. */
    private long follow(int link, long linkOffset) {
        long overflow = Integer.toUnsignedLong(link) - 1;
        long used = files.store().getLongAcquire(StoreFile.OVERFLOW_USED_OFFSET);
        if (overflow >= used || used > overflowLimit) {
            findings.error(
                    Check.LINK_RANGE,
                    at("link", linkOffset),
                    "it names overflow bucket " + overflow + " of " + used + " in use");
            return -1;
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
                        at("link", linkOffset),
                        "it names overflow bucket "
                                + overflow
                                + ", and so does the "
                                + at("link", other));
            } else {
                changed++;
            }
            return -1;
        }
        if (overflow >= linkedBy.length) {
            linkedBy = Arrays.copyOf(linkedBy, (int) Math.max(overflow + 1, linkedBy.length * 2L));
        }
        linked.set((int) overflow);
        linkedBy[(int) overflow] = linkOffset;
        return overflow;
    }

    private void walkBucket(long bucketOffset, long bucket, boolean nodeAlive) {
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            walkSlot(bucketOffset + (long) i * SLOT_BYTES, bucket, nodeAlive);
        }
    }

    private void walkSlot(long slot, long bucket, boolean nodeAlive) {
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            long word = index.getLongAcquire(slot + IndexFile.STATE_OFFSET);
            if (IndexFile.stateOf(word) == IndexFile.EMPTY) {
                return;
            }
            pending.clear();
            long end = checkSlot(slot, word, bucket, nodeAlive);
            Entry entry = entry(slot, word);
            Memory.acquireFence();
            if (index.getLong(slot + IndexFile.STATE_OFFSET) == word) {
                if (!pending.isEmpty() && !isChainAsWalked()) {
                    break;
                }
                for (Pending one : pending) {
                    findings.add(one.severity, one.check, at("slot", slot), one.what);
                }
                count(entry, end);
                return;
            }
        }
        changed++;
    }

    private Entry entry(long slot, long word) {
        return new Entry(
                slot,
                word,
                IndexFile.stateOf(word),
                index.getLongOpaque(slot + IndexFile.ID_OFFSET),
                index.getLongOpaque(slot + IndexFile.ID_OFFSET + Long.BYTES),
                index.getLongAcquire(slot + IndexFile.LOCATION_OFFSET));
    }

    private void count(Entry entry, long end) {
        if (end < 0) {
            return;
        }
        chain.add(entry);
        if (entry.state == IndexFile.SPILLED) {
            spilled++;
            return;
        }
        records.add(entry.location, end);
        if (entry.state == IndexFile.CONDEMNED) {
            condemned += end - entry.location;
        } else {
            inUse += end - entry.location;
        }
        if (entry.state == IndexFile.SEALED) {
            objects++;
        }
    }

    /**
     * Pool offset of the end of the slot's record; 0 when it has none in the pool, -1 when the slot
     * is not to count.
     */
    private long checkSlot(long slot, long word, long bucket, boolean nodeAlive) {
        int state = IndexFile.stateOf(word);
        if (state > IndexFile.SPILLED || IndexFile.generationOf(word) == 0) {
            error(
                    Check.SLOT_STATE,
                    () -> "state " + state + ", generation " + IndexFile.generationOf(word));
            return -1;
        }
        Entry entry = entry(slot, word);
        if (!isInItsBucket(entry, bucket, nodeAlive) || isRepeated(entry, nodeAlive)) {
            return -1;
        }
        ObjectId id = id(entry);
        if (!id.isAnonymous() && !id.isNamed()) {
            error(Check.ID_KIND, () -> "id " + id + " is of kind " + id.kind());
        }
        long incarnation = index.getLongOpaque(slot + IndexFile.INCARNATION_OFFSET);
        if (state != IndexFile.CLAIMING
                && (incarnation <= 0 || incarnation >= incarnationCeiling)) {
            long ceiling = files.store().getLongAcquire(StoreFile.INCARNATION_CEILING_OFFSET);
            if (incarnation <= 0 || incarnation >= ceiling) {
                error(
                        Check.INCARNATION,
                        () ->
                                "incarnation "
                                        + incarnation
                                        + " of "
                                        + id
                                        + ", must be more than 0 and below the store's ceiling "
                                        + ceiling);
            }
        }
        if (state == IndexFile.SPILLED) {
            return 0;
        }
        return checkRecord(slot, entry, id);
    }

    private boolean isInItsBucket(Entry entry, long bucket, boolean nodeAlive) {
        long hash = IndexFile.hash(entry.first, entry.second, seed);
        if (IndexFile.bucketOf(hash, levelSplit) == bucket) {
            return true;
        }
        long latest = files.store().getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
        long right = IndexFile.bucketOf(hash, latest);
        if (right == bucket) {
            return true;
        }
        boolean moved = right < bucketLimit && findInChain(right, entry);
        if (moved) {
            pending.add(
                    new Pending(
                            nodeAlive ? Severity.ERROR : Severity.INFO,
                            Check.SPLIT_UNFINISHED,
                            () ->
                                    "id "
                                            + id(entry)
                                            + " was moved to bucket "
                                            + right
                                            + " and is still in bucket "
                                            + bucket));
        } else {
            error(
                    Check.SLOT_BUCKET,
                    () ->
                            "id "
                                    + id(entry)
                                    + " of bucket "
                                    + right
                                    + " is in bucket "
                                    + bucket
                                    + ": no look-up finds it");
        }
        return false;
    }

    /**
     * A move inside of a chain that was cut short: the same object at the same place in two slots.
     */
    private boolean isRepeated(Entry entry, boolean nodeAlive) {
        for (Entry other : chain) {
            if (other.first != entry.first
                    || other.second != entry.second
                    || other.slot == entry.slot
                    || index.getLongAcquire(other.slot) != other.word) {
                continue;
            }
            if (other.location == entry.location && entry.state != IndexFile.SPILLED) {
                pending.add(
                        new Pending(
                                nodeAlive ? Severity.ERROR : Severity.INFO,
                                Check.SPLIT_UNFINISHED,
                                () ->
                                        "id "
                                                + id(entry)
                                                + " at pool+"
                                                + entry.location
                                                + " is also in "
                                                + at("slot", other.slot)));
                return true;
            }
            if (isCurrent(entry) && isCurrent(other)) {
                error(
                        Check.ID_TWICE,
                        () ->
                                "id "
                                        + id(entry)
                                        + " at pool+"
                                        + entry.location
                                        + " is also in "
                                        + at("slot", other.slot)
                                        + " at pool+"
                                        + other.location);
            }
        }
        return false;
    }

    /**
     * A name that is being claimed, or was deleted and is pinned, may be another object's already.
     */
    private static boolean isCurrent(Entry entry) {
        return entry.state == IndexFile.SEALED || entry.state == IndexFile.SPILLED;
    }

    private boolean findInChain(long bucket, Entry sought) {
        if (bucket
                >= IndexFile.bucketCount(
                        files.store().getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET))) {
            return false;
        }
        long offset = IndexFile.bucketOffset(bucket);
        int link =
                index.getIntAcquire(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
        for (long steps = 0; steps <= overflowLimit; steps++) {
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = offset + (long) i * SLOT_BYTES;
                long word = index.getLongAcquire(slot + IndexFile.STATE_OFFSET);
                Entry other = entry(slot, word);
                if (other.state != IndexFile.EMPTY
                        && other.first == sought.first
                        && other.second == sought.second
                        && other.location == sought.location) {
                    return true;
                }
            }
            long overflow = Integer.toUnsignedLong(link) - 1;
            if (link == 0 || overflow >= overflowUsed) {
                return false;
            }
            offset = IndexFile.overflowOffset(bucketLimit, overflow);
            link =
                    index.getIntAcquire(
                            IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow));
        }
        return false;
    }

    private long checkRecord(long slot, Entry entry, ObjectId id) {
        long location = entry.location;
        long lengthWord = index.getLongOpaque(slot + IndexFile.LENGTH_OFFSET);
        long payloadLength = IndexFile.payloadLength(lengthWord);
        int flags = IndexFile.flags(lengthWord);
        int metadataLength = index.getIntOpaque(slot + IndexFile.METADATA_OFFSET);
        if ((flags & ~FLAGS_KNOWN) != 0) {
            error(Check.FLAGS, () -> "flags " + Integer.toBinaryString(flags) + " of " + id);
        }
        boolean possible =
                location >= PoolFile.DATA_OFFSET
                        && location < poolLength
                        && location % PoolFile.GRANULE_BYTES == 0
                        && metadataLength >= 0
                        && metadataLength <= PoolFile.METADATA_BYTES_MAX
                        && payloadLength <= poolLength;
        long end =
                possible
                        ? PoolFile.recordEnd(location, metadataLength, payloadLength)
                        : Long.MAX_VALUE;
        if (end > poolLength) {
            error(
                    Check.RECORD_BOUNDS,
                    () ->
                            "record of "
                                    + id
                                    + " at pool+"
                                    + location
                                    + " with "
                                    + metadataLength
                                    + " bytes of metadata and "
                                    + payloadLength
                                    + " of payload; records begin at multiples of "
                                    + PoolFile.GRANULE_BYTES
                                    + " from "
                                    + PoolFile.DATA_OFFSET
                                    + " on and end at "
                                    + poolLength
                                    + " at the latest");
            return -1;
        }
        checkHeader(entry, id, payloadLength, metadataLength);
        ObjectMetadata metadata = checkMetadata(location, id, metadataLength);
        if (metadata != null) {
            checkFlags(id, metadata, flags);
            if (payloads != null && entry.state == IndexFile.SEALED) {
                long offset = PoolFile.payloadOffset(location, metadataLength, payloadLength);
                String wrong = payloads.verify(id, metadata, payload(offset, payloadLength));
                if (wrong != null) {
                    error(
                            Check.PAYLOAD,
                            () -> "payload of " + id + " at pool+" + offset + ": " + wrong);
                }
            }
        }
        return end;
    }

    private MemorySegment payload(long offset, long length) {
        return pool.segment().asSlice(offset, length);
    }

    private void checkHeader(Entry entry, ObjectId id, long payloadLength, int metadataLength) {
        long at = entry.location;
        long first = pool.getLong(at + PoolFile.RECORD_ID_OFFSET);
        long second = pool.getLong(at + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
        long lengthWord = pool.getLong(at + PoolFile.RECORD_LENGTH_OFFSET);
        int metadata = pool.getInt(at + PoolFile.RECORD_METADATA_OFFSET);
        int check = pool.getInt(at + PoolFile.RECORD_CHECK_OFFSET);
        if (first != entry.first || second != entry.second) {
            error(
                    Check.RECORD_HEADER,
                    () ->
                            "record at pool+"
                                    + at
                                    + " is of "
                                    + id(first, second)
                                    + ", the slot of "
                                    + id);
        } else if (IndexFile.payloadLength(lengthWord) != payloadLength
                || metadata != metadataLength) {
            error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of "
                                    + id
                                    + " at pool+"
                                    + at
                                    + " has "
                                    + metadata
                                    + " bytes of metadata and "
                                    + IndexFile.payloadLength(lengthWord)
                                    + " of payload, the slot says "
                                    + metadataLength
                                    + " and "
                                    + payloadLength);
        } else if (IndexFile.flags(lengthWord) != 0) {
            error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of "
                                    + id
                                    + " at pool+"
                                    + at
                                    + " has the flags "
                                    + Integer.toBinaryString(IndexFile.flags(lengthWord))
                                    + ", must be zero");
        } else if (check != PoolFile.check(first, second, lengthWord, metadata)) {
            error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of "
                                    + id
                                    + " at pool+"
                                    + at
                                    + " has the check word "
                                    + Integer.toHexString(check)
                                    + ", its header makes "
                                    + Integer.toHexString(
                                            PoolFile.check(first, second, lengthWord, metadata)));
        }
    }

    private @Nullable ObjectMetadata checkMetadata(long location, ObjectId id, int length) {
        ObjectMetadata metadata;
        try {
            metadata = Records.metadata(pool, location, length);
        } catch (CorruptObject corrupt) {
            error(
                    Check.RECORD_METADATA,
                    () -> "record of " + id + " at pool+" + location + ": " + corrupt.detail());
            return null;
        }
        ObjectName name = metadata.name();
        if (id.isNamed() != (name != null) || (name != null && !ObjectId.named(name).equals(id))) {
            error(
                    Check.RECORD_NAME,
                    () ->
                            "record of "
                                    + id
                                    + " at pool+"
                                    + location
                                    + " has "
                                    + (name == null
                                            ? "no name"
                                            : "the name "
                                                    + name
                                                    + ", whose id is "
                                                    + ObjectId.named(name)));
        }
        return metadata;
    }

    private void checkFlags(ObjectId id, ObjectMetadata metadata, int flags) {
        boolean group = (flags & IndexFile.FLAG_GROUP) != 0;
        if (group != (metadata.group() != null)) {
            error(
                    Check.FLAGS,
                    () ->
                            "slot of "
                                    + id
                                    + " says "
                                    + (group ? "in" : "not in")
                                    + " a group, its metadata "
                                    + metadata.group());
        }
    }

    /** What a killed node may leave in an overflow bucket that no chain reaches: nothing. */
    private void walkOverflowsNotLinked(boolean nodeAlive) throws IOException {
        long next = bucketCount;
        if (next < bucketLimit) {
            linkChainOfNextBucket(next);
        }
        List<Loose> loose = new ArrayList<>();
        for (int overflow = linked.nextClearBit(0);
                overflow < overflowUsed;
                overflow = linked.nextClearBit(overflow + 1)) {
            Loose one = loose(overflow);
            if (!one.isClean()) {
                loose.add(one);
            }
        }
        if (!loose.isEmpty() && nodeAlive) {
            int before = loose.size();
            BitSet named = namedByLinks();
            loose.removeIf(one -> named.get(one.overflow) || !one.equals(loose(one.overflow)));
            changed += before - loose.size();
        }
        for (Loose one : loose) {
            report(one, nodeAlive);
        }
    }

    /** An overflow bucket that no chain reached: its link and the state words of its slots. */
    private record Loose(int overflow, int link, List<Long> words) {
        boolean isClean() {
            return link == 0
                    && words.stream().allMatch(word -> IndexFile.stateOf(word) == IndexFile.EMPTY);
        }
    }

    private Loose loose(int overflow) {
        long offset = IndexFile.overflowOffset(bucketLimit, overflow);
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            words.add(index.getLongAcquire(offset + (long) i * SLOT_BYTES));
        }
        return new Loose(
                overflow,
                index.getIntAcquire(
                        IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow)),
                words);
    }

    /**
     * Overflow buckets that some link names now. Those that were filled into a chain since the walk
     * passed there are among them, one behind the other; one that was taken off again has other
     * state words.
     */
    private BitSet namedByLinks() {
        BitSet named = new BitSet();
        long buckets =
                IndexFile.bucketCount(files.store().getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET));
        for (long bucket = 0; bucket < buckets; bucket++) {
            addNamed(named, IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
        }
        BitSet toFollow = (BitSet) linked.clone();
        BitSet followed = new BitSet();
        while (!toFollow.isEmpty()) {
            toFollow.stream()
                    .forEach(
                            overflow ->
                                    addNamed(
                                            named,
                                            IndexFile.overflowLinkOffset(
                                                    bucketLimit, overflowLimit, overflow)));
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

    private void report(Loose one, boolean nodeAlive) {
        long offset = IndexFile.overflowOffset(bucketLimit, one.overflow);
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            long slot = offset + (long) i * SLOT_BYTES;
            if (IndexFile.stateOf(one.words.get(i)) != IndexFile.EMPTY) {
                Entry entry = entry(slot, one.words.get(i));
                boolean copied = isReachable(entry);
                findings.add(
                        copied && !nodeAlive ? Severity.INFO : Severity.ERROR,
                        copied ? Check.SPLIT_UNFINISHED : Check.SLOT_UNREACHABLE,
                        at("slot", slot),
                        "id "
                                + id(entry)
                                + ", state "
                                + entry.state
                                + ", in overflow bucket "
                                + one.overflow
                                + ", which no chain reaches"
                                + (copied ? "; a chain has it as well" : ""));
            }
        }
        if (one.link != 0) {
            findings.add(
                    nodeAlive ? Severity.ERROR : Severity.INFO,
                    Check.LINK_LEFT_OVER,
                    at(
                            "link",
                            IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, one.overflow)),
                    "overflow bucket "
                            + one.overflow
                            + " is in no chain and still links to "
                            + (one.link - 1L));
        }
    }

    /**
     * The chain of a bucket that is being filled by a split belongs to it, though nobody reaches it
     * yet.
     */
    private void linkChainOfNextBucket(long bucket) throws IOException {
        long linkOffset = IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket);
        int link = StoreFiles.readInt(files.folder().index(), linkOffset);
        while (link != 0) {
            long overflow = follow(link, linkOffset);
            if (overflow < 0) {
                return;
            }
            long offset = IndexFile.overflowOffset(bucketLimit, overflow);
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = offset + (long) i * SLOT_BYTES;
                long word = index.getLongAcquire(slot + IndexFile.STATE_OFFSET);
                if (IndexFile.stateOf(word) != IndexFile.EMPTY) {
                    reportBeyond(entry(slot, word));
                }
            }
            linkOffset = IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow);
            link = index.getIntAcquire(linkOffset);
        }
    }

    private void reportBeyond(Entry entry) {
        boolean copied = isReachable(entry);
        findings.add(
                copied ? Severity.INFO : Severity.ERROR,
                copied ? Check.SPLIT_UNFINISHED : Check.SLOT_UNREACHABLE,
                at("slot", entry.slot),
                "id "
                        + id(entry)
                        + ", state "
                        + entry.state
                        + ", in bucket "
                        + bucketCount
                        + ", the first beyond the "
                        + "addressable ones"
                        + (copied ? ", is a copy made by a split" : " and nowhere else"));
    }

    private boolean isReachable(Entry entry) {
        long latest = files.store().getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
        return findInChain(
                IndexFile.bucketOf(IndexFile.hash(entry.first, entry.second, seed), latest), entry);
    }

    /** Reads, without the mapping, buckets that no look-up reaches. */
    private void checkBeyond(FileChannel channel, boolean wholeFile) throws IOException {
        long overflowsAt = IndexFile.overflowOffset(bucketLimit, 0);
        long linksAt = IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, 0);
        long from = IndexFile.bucketOffset(bucketCount);
        long firstBeyond = from + BUCKET_BYTES;
        forEachUsedSlot(channel, from, Math.min(overflowsAt, firstBeyond), this::reportBeyond);
        if (!wholeFile) {
            return;
        }
        forEachUsedSlot(
                channel,
                firstBeyond,
                overflowsAt,
                entry -> unreachable(entry, "bucket " + entry.slot / BUCKET_BYTES));
        forEachUsedSlot(
                channel,
                IndexFile.overflowOffset(bucketLimit, overflowUsed),
                linksAt,
                entry ->
                        unreachable(
                                entry,
                                "overflow bucket " + (entry.slot - overflowsAt) / BUCKET_BYTES));
    }

    private void unreachable(Entry entry, String where) {
        findings.error(
                Check.SLOT_UNREACHABLE,
                at("slot", entry.slot),
                "id "
                        + id(entry)
                        + ", state "
                        + entry.state
                        + ", in "
                        + where
                        + " beyond those in use");
    }

    private interface SlotVisitor {
        void visit(Entry entry);
    }

    private static void forEachUsedSlot(
            FileChannel channel, long start, long end, SlotVisitor visitor) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment zeros = MemorySegment.ofArray(new byte[buffer.capacity()]);
        MemorySegment bytes = MemorySegment.ofBuffer(buffer);
        for (long at = start; at < end; at += buffer.capacity()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {}
            if (bytes.asSlice(0, buffer.position()).mismatch(zeros.asSlice(0, buffer.position()))
                    < 0) {
                continue;
            }
            for (int i = 0; i + SLOT_BYTES <= buffer.position(); i += SLOT_BYTES) {
                int state = IndexFile.stateOf(buffer.getLong(i));
                if (state != IndexFile.EMPTY) {
                    visitor.visit(
                            new Entry(
                                    at + i,
                                    state,
                                    state,
                                    buffer.getLong(i + (int) IndexFile.ID_OFFSET),
                                    buffer.getLong(i + (int) IndexFile.ID_OFFSET + Long.BYTES),
                                    buffer.getLong(i + (int) IndexFile.LOCATION_OFFSET)));
                }
            }
        }
    }

    private void error(Check check, Supplier<String> what) {
        pending.add(new Pending(Severity.ERROR, check, what));
    }

    private static ObjectId id(Entry entry) {
        return id(entry.first, entry.second);
    }

    private static ObjectId id(long first, long second) {
        return new ObjectId(Long.reverseBytes(first), Long.reverseBytes(second));
    }

    private static String at(String what, long offset) {
        return what + (what.equals("store") ? "+" : " at index+") + offset;
    }
}
