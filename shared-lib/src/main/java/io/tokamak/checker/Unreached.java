package io.tokamak.checker;

import static io.tokamak.layout.IndexFile.BUCKET_BYTES;
import static io.tokamak.layout.IndexFile.SLOTS_PER_BUCKET;
import static io.tokamak.layout.IndexFile.SLOT_BYTES;

import io.tokamak.layout.IndexFile;
import io.tokamak.memory.Memory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks, after a walk, at the buckets that it did not come to, because no look-up does: overflow
 * buckets in no chain, and what lies beyond those in use. A node that was killed leaves nothing
 * there but copies made by a split.
 */
final class Unreached {
    private final StoreFiles files;
    private final Memory index;
    private final Chains chains;
    private final Findings findings;
    private final boolean nodeAlive;
    private long changed;

    /**
     * @param chains of a walk over all buckets
     */
    Unreached(StoreFiles files, Chains chains, Findings findings, boolean nodeAlive) {
        this.files = files;
        this.index = files.index();
        this.chains = chains;
        this.findings = findings;
        this.nodeAlive = nodeAlive;
    }

    /** Overflow buckets that were linked, or filled, while they were looked at. */
    long changed() {
        return changed;
    }

    /**
     * @param wholeFile also read what was never in use
     */
    void walk(boolean wholeFile) throws IOException {
        if (chains.bucketCount() < chains.bucketLimit()) {
            followChainOfNextBucket();
        }
        walkUnlinked();
        try (FileChannel channel = StoreFiles.open(files.folder().index())) {
            walkBeyond(channel, wholeFile);
        }
    }

    /**
     * The chain of a bucket that is being filled by a split belongs to it, though nobody reaches it
     * yet.
     */
    private void followChainOfNextBucket() throws IOException {
        long linkOffset = chains.bucketLink(chains.bucketCount());
        int link = StoreFiles.readInt(files.folder().index(), linkOffset);
        while (link != 0) {
            long overflow = chains.follow(link, linkOffset);
            if (overflow == Chains.NOWHERE) {
                return;
            }
            long offset = chains.overflowOffset(overflow);
            for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
                long slot = offset + (long) i * SLOT_BYTES;
                long word = index.getLongAcquire(slot + IndexFile.STATE_OFFSET);
                if (IndexFile.stateOf(word) != IndexFile.EMPTY) {
                    reportInNextBucket(Entry.of(index, slot, word));
                }
            }
            linkOffset = chains.overflowLink(overflow);
            link = index.getIntAcquire(linkOffset);
        }
    }

    private void reportInNextBucket(Entry entry) {
        boolean copied = chains.isReachable(entry);
        findings.add(
                copied ? Severity.INFO : Severity.ERROR,
                copied ? Check.SPLIT_UNFINISHED : Check.SLOT_UNREACHABLE,
                entry.place(),
                "id %s, state %d, in bucket %d, the first beyond the addressable ones%s"
                        .formatted(
                                entry.id(),
                                entry.state(),
                                chains.bucketCount(),
                                copied ? ", is a copy made by a split" : " and nowhere else"));
    }

    private void walkUnlinked() {
        List<Loose> loose = new ArrayList<>();
        for (int overflow = chains.nextUnlinked(0);
                overflow < chains.overflowUsed();
                overflow = chains.nextUnlinked(overflow + 1)) {
            Loose one = loose(overflow);
            if (!one.isClean()) {
                loose.add(one);
            }
        }
        if (!loose.isEmpty() && nodeAlive) {
            int before = loose.size();
            BitSet named = chains.named();
            // One that was taken off again has other state words.
            loose.removeIf(one -> named.get(one.overflow) || !one.equals(loose(one.overflow)));
            changed += before - loose.size();
        }
        loose.forEach(this::report);
    }

    /** An overflow bucket that no chain reached: its link and the state words of its slots. */
    private record Loose(int overflow, int link, List<Long> words) {
        boolean isClean() {
            return link == 0
                    && words.stream().allMatch(word -> IndexFile.stateOf(word) == IndexFile.EMPTY);
        }
    }

    private Loose loose(int overflow) {
        long offset = chains.overflowOffset(overflow);
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            words.add(index.getLongAcquire(offset + (long) i * SLOT_BYTES));
        }
        return new Loose(overflow, index.getIntAcquire(chains.overflowLink(overflow)), words);
    }

    private void report(Loose one) {
        long offset = chains.overflowOffset(one.overflow);
        for (int i = 0; i < SLOTS_PER_BUCKET; i++) {
            long word = one.words.get(i);
            if (IndexFile.stateOf(word) != IndexFile.EMPTY) {
                Entry entry = Entry.of(index, offset + (long) i * SLOT_BYTES, word);
                boolean copied = chains.isReachable(entry);
                findings.add(
                        copied && !nodeAlive ? Severity.INFO : Severity.ERROR,
                        copied ? Check.SPLIT_UNFINISHED : Check.SLOT_UNREACHABLE,
                        entry.place(),
                        "id %s, state %d, in overflow bucket %d, which no chain reaches%s"
                                .formatted(
                                        entry.id(),
                                        entry.state(),
                                        one.overflow,
                                        copied ? "; a chain has it as well" : ""));
            }
        }
        if (one.link != 0) {
            findings.add(
                    nodeAlive ? Severity.ERROR : Severity.INFO,
                    Check.LINK_LEFT_OVER,
                    Chains.linkPlace(chains.overflowLink(one.overflow)),
                    "overflow bucket %d is in no chain and still links to %d"
                            .formatted(one.overflow, one.link - 1L));
        }
    }

    /**
     * Reads without the mapping, which would allocate the blocks that the node has not allocated.
     */
    private void walkBeyond(FileChannel channel, boolean wholeFile) throws IOException {
        long overflowsAt = chains.overflowOffset(0);
        long linksAt = chains.bucketLink(0);
        long from = IndexFile.bucketOffset(chains.bucketCount());
        long next = from + BUCKET_BYTES;
        forEachUsedSlot(channel, from, Math.min(overflowsAt, next), this::reportInNextBucket);
        if (!wholeFile) {
            return;
        }
        forEachUsedSlot(
                channel,
                next,
                overflowsAt,
                entry -> reportBeyond(entry, "bucket " + entry.slot() / BUCKET_BYTES));
        forEachUsedSlot(
                channel,
                chains.overflowOffset(chains.overflowUsed()),
                linksAt,
                entry ->
                        reportBeyond(
                                entry,
                                "overflow bucket " + (entry.slot() - overflowsAt) / BUCKET_BYTES));
    }

    private void reportBeyond(Entry entry, String where) {
        findings.error(
                Check.SLOT_UNREACHABLE,
                entry.place(),
                "id %s, state %d, in %s beyond those in use"
                        .formatted(entry.id(), entry.state(), where));
    }

    private static void forEachUsedSlot(
            FileChannel channel, long start, long end, Consumer<Entry> visitor) throws IOException {
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
                long word = buffer.getLong(i);
                if (IndexFile.stateOf(word) != IndexFile.EMPTY) {
                    visitor.accept(
                            new Entry(
                                    at + i,
                                    word,
                                    buffer.getLong(i + (int) IndexFile.ID_OFFSET),
                                    buffer.getLong(i + (int) IndexFile.ID_OFFSET + Long.BYTES),
                                    buffer.getLong(i + (int) IndexFile.LOCATION_OFFSET)));
                }
            }
        }
    }
}
