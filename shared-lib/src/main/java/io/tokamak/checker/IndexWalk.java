package io.tokamak.checker;

import static io.tokamak.layout.IndexFile.SLOTS_PER_BUCKET;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One walk over every slot of the index and the header of every record. What a slot says is
 * reported only if its state word was the same before and after (R1). Blocks that the node did not
 * allocate are never touched through the mapping, because that would allocate them.
 */
final class IndexWalk {
    private static final int TRIES_MAX = 3;

    /** What {@link #checkSlot} answers for a slot that is not to count. */
    private static final long NOT_COUNTED = -1;

    private final StoreFiles files;
    private final Memory index;
    private final Findings findings;
    private final Chains chains;
    private final Suspicions suspicions = new Suspicions();
    private final RecordCheck recordCheck;
    private final long incarnationCeiling;

    /** Links followed in the chain at hand. */
    private final List<Link> path = new ArrayList<>();

    /** Of the chain at hand: slots in use whose range counts, in the order of the chain. */
    private final List<Entry> chain = new ArrayList<>();

    private final Ranges records = new Ranges();
    private long inUse;
    private long condemned;
    private long objects;
    private long spilled;
    private long changed;

    private record Link(long offset, int value) {}

    /**
     * @param payloads called for each sealed object, or null
     */
    IndexWalk(StoreFiles files, Findings findings, @Nullable PayloadCheck payloads) {
        this.files = files;
        this.index = files.index();
        this.findings = findings;
        this.chains = new Chains(files, findings);
        this.recordCheck = new RecordCheck(files, payloads, suspicions);
        this.incarnationCeiling = incarnationCeiling();
    }

    private long incarnationCeiling() {
        return files.store().getLongAcquire(StoreFile.INCARNATION_CEILING_OFFSET);
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

    /** Whether something would not stay the same for a look. */
    boolean isUnstable() {
        return changed > 0 || chains.changed() > 0 || chains.moved();
    }

    /**
     * @param nodeAlive whether a node may be in the middle of a split; one that is not alive may
     *     have left half of one
     * @param wholeFile also read what no client can reach
     */
    void walk(boolean nodeAlive, boolean wholeFile) throws IOException {
        if (!chains.checkWords()) {
            return;
        }
        for (long bucket = 0; bucket < chains.bucketCount(); bucket++) {
            walkChain(bucket, nodeAlive);
        }
        if (chains.moved()) {
            return; // what was beyond the addressable buckets is not, by now
        }
        Unreached unreached = new Unreached(files, chains, findings, nodeAlive);
        unreached.walk(wholeFile);
        changed += unreached.changed();
    }

    private void walkChain(long bucket, boolean nodeAlive) {
        chain.clear();
        path.clear();
        long linkOffset = chains.bucketLink(bucket);
        walkBucket(IndexFile.bucketOffset(bucket), bucket, nodeAlive);
        int link = index.getIntAcquire(linkOffset);
        while (link != 0) {
            long overflow = chains.follow(link, linkOffset);
            if (overflow == Chains.NOWHERE) {
                return;
            }
            path.add(new Link(linkOffset, link));
            walkBucket(chains.overflowOffset(overflow), bucket, nodeAlive);
            linkOffset = chains.overflowLink(overflow);
            link = index.getIntAcquire(linkOffset);
        }
    }

    /** A node may take an empty bucket off a chain and give it to another one under the walk. */
    private boolean isChainAsWalked() {
        return path.stream().allMatch(link -> index.getIntAcquire(link.offset) == link.value);
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
            suspicions.clear();
            Entry entry = Entry.of(index, slot, word);
            long end = checkSlot(entry, bucket, nodeAlive);
            Memory.acquireFence();
            if (index.getLong(slot + IndexFile.STATE_OFFSET) == word) {
                if (!suspicions.isEmpty() && !isChainAsWalked()) {
                    break;
                }
                suspicions.report(findings, entry.place());
                if (end != NOT_COUNTED) {
                    count(entry, end);
                }
                return;
            }
        }
        changed++;
    }

    private void count(Entry entry, long end) {
        chain.add(entry);
        if (entry.state() == IndexFile.SPILLED) {
            spilled++;
            return;
        }
        long bytes = end - entry.location();
        records.add(entry.location(), end);
        if (entry.state() == IndexFile.CONDEMNED) {
            condemned += bytes;
        } else {
            inUse += bytes;
        }
        if (entry.state() == IndexFile.SEALED) {
            objects++;
        }
    }

    /**
     * Pool offset of the end of the slot's record; 0 when it has none in the pool; or {@link
     * #NOT_COUNTED}.
     */
    private long checkSlot(Entry entry, long bucket, boolean nodeAlive) {
        if (entry.state() > IndexFile.SPILLED || IndexFile.generationOf(entry.word()) == 0) {
            suspicions.error(
                    Check.SLOT_STATE,
                    () ->
                            "state %d, generation %d"
                                    .formatted(
                                            entry.state(), IndexFile.generationOf(entry.word())));
            return NOT_COUNTED;
        }
        if (!isInItsBucket(entry, bucket, nodeAlive) || isRepeated(entry, nodeAlive)) {
            return NOT_COUNTED;
        }
        if (!entry.id().isAnonymous() && !entry.id().isNamed()) {
            suspicions.error(
                    Check.ID_KIND,
                    () -> "id %s is of kind %d".formatted(entry.id(), entry.id().kind()));
        }
        checkIncarnation(entry);
        if (entry.state() == IndexFile.SPILLED) {
            return 0;
        }
        long end = recordCheck.check(entry);
        return end == RecordCheck.IMPOSSIBLE ? NOT_COUNTED : end;
    }

    private void checkIncarnation(Entry entry) {
        long incarnation = index.getLongOpaque(entry.slot() + IndexFile.INCARNATION_OFFSET);
        if (entry.state() == IndexFile.CLAIMING
                || (incarnation > 0 && incarnation < incarnationCeiling)) {
            return;
        }
        long latest = incarnationCeiling();
        if (incarnation <= 0 || incarnation >= latest) {
            suspicions.error(
                    Check.INCARNATION,
                    () ->
                            "incarnation %d of %s, must be more than 0 and below the store's ceiling %d"
                                    .formatted(incarnation, entry.id(), latest));
        }
    }

    private boolean isInItsBucket(Entry entry, long bucket, boolean nodeAlive) {
        if (chains.bucketOf(entry) == bucket) {
            return true;
        }
        long right = chains.latestBucketOf(entry);
        if (right == bucket) {
            return true;
        }
        if (chains.isIn(right, entry)) {
            suspicions.add(
                    nodeAlive ? Severity.ERROR : Severity.INFO,
                    Check.SPLIT_UNFINISHED,
                    () ->
                            "id %s was moved to bucket %d and is still in bucket %d"
                                    .formatted(entry.id(), right, bucket));
        } else {
            suspicions.error(
                    Check.SLOT_BUCKET,
                    () ->
                            "id %s of bucket %d is in bucket %d: no look-up finds it"
                                    .formatted(entry.id(), right, bucket));
        }
        return false;
    }

    /**
     * A move inside of a chain that was cut short: the same object at the same place in two slots.
     */
    private boolean isRepeated(Entry entry, boolean nodeAlive) {
        for (Entry other : chain) {
            if (!other.hasIdOf(entry)
                    || other.slot() == entry.slot()
                    || index.getLongAcquire(other.slot()) != other.word()) {
                continue;
            }
            if (other.location() == entry.location() && entry.state() != IndexFile.SPILLED) {
                suspicions.add(
                        nodeAlive ? Severity.ERROR : Severity.INFO,
                        Check.SPLIT_UNFINISHED,
                        () ->
                                "id %s at pool+%d is also in %s"
                                        .formatted(entry.id(), entry.location(), other.place()));
                return true;
            }
            if (entry.isCurrent() && other.isCurrent()) {
                suspicions.error(
                        Check.ID_TWICE,
                        () ->
                                "id %s at pool+%d is also in %s at pool+%d"
                                        .formatted(
                                                entry.id(),
                                                entry.location(),
                                                other.place(),
                                                other.location()));
            }
        }
        return false;
    }
}
