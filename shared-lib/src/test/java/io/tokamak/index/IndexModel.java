package io.tokamak.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An index beside a plain model of it. Takes random steps with both, and compares: the slots as
 * they lie, what the writer says, and what readers find.
 */
final class IndexModel {
    /** Stands for kill -9 at a named step. */
    static final class Cut extends RuntimeException {
        private static final long serialVersionUID = 1;

        Cut(String step) {
            super(step);
        }
    }

    record Id(long first, long second) {}

    private static final class Entry {
        final Id id;
        final SlotFields fields;
        int state;

        Entry(SlotFields fields, int state) {
            this.id = new Id(fields.idFirst, fields.idSecond);
            this.fields = fields;
            this.state = state;
        }
    }

    /** What a slot was when it was last looked at. */
    private record Life(long stateWord, long idFirst, long idSecond, long location, long length) {}

    private final IndexFixture files;
    private final Random random;
    private final List<IndexReader> readers = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Id, List<Entry>> byId = new HashMap<>();
    private final Set<Id> gone = new HashSet<>();
    private final Map<Long, Life> lives = new HashMap<>();
    private final Set<String> stepsSeen = new HashSet<>();
    private IndexWriter writer;
    private long counter;
    private long nextLocation = 4096;
    private int untilCut = Integer.MAX_VALUE;
    private @Nullable String cutAt;

    IndexModel(IndexFixture files, Random random) {
        this.files = files;
        this.random = random;
        this.writer = files.create(this::reached);
        readers.add(files.reader());
    }

    private void reached(String step) {
        stepsSeen.add(step);
        if (step.equals(cutAt) || --untilCut == 0) {
            cutAt = null;
            throw new Cut(step);
        }
    }

    /** The node dies when it has passed so many named steps more. */
    void cutAfter(int steps) {
        untilCut = steps;
    }

    /** The node dies at the next step with this name. */
    void cutAt(String step) {
        cutAt = step;
    }

    boolean isCutPending() {
        return cutAt != null;
    }

    Set<String> stepsSeen() {
        return stepsSeen;
    }

    IndexWriter writer() {
        return writer;
    }

    int size() {
        return entries.size();
    }

    /** The next node takes over. */
    void recover() {
        untilCut = Integer.MAX_VALUE;
        writer = files.recover(this::reached);
        if (readers.size() < 8) {
            readers.add(files.reader());
        }
    }

    /** A random step; a cut leaves the model as the step leaves the index. */
    void step(double insertShare) {
        double choice = random.nextDouble();
        if (choice < insertShare) {
            insert();
        } else if (choice < insertShare + 0.1) {
            writer.grow(1 + random.nextInt(8));
        } else if (!entries.isEmpty()) {
            change(entries.get(random.nextInt(entries.size())));
        }
    }

    /**
     * @return whether there was room
     */
    boolean insert() {
        SlotFields fields = new SlotFields();
        Id repeated =
                entries.isEmpty() || random.nextInt(4) > 0
                        ? null
                        : entries.get(random.nextInt(entries.size())).id;
        if (repeated != null && current(repeated) == null) {
            fields.idFirst = repeated.first;
            fields.idSecond = repeated.second;
        } else {
            IndexFixture.setId(fields, 7, counter++);
        }
        fields.incarnation = random.nextLong();
        fields.location = nextLocation;
        fields.length = IndexFile.lengthWord(random.nextInt(1 << 20), random.nextInt(16));
        fields.metadataLength = random.nextInt(1 << 14);
        fields.idle = random.nextInt();
        fields.expiry = random.nextLong();
        nextLocation += 64;
        int state = random.nextInt(4) == 0 ? IndexFile.CLAIMING : IndexFile.SEALED;
        long slot = writer.insert(state, fields);
        if (slot == IndexWriter.NONE) {
            return false;
        }
        Entry entry = new Entry(fields, state);
        entries.add(entry);
        byId.computeIfAbsent(entry.id, id -> new ArrayList<>()).add(entry);
        gone.remove(entry.id);
        compare(slot, entry);
        return true;
    }

    private @Nullable Entry current(Id id) {
        for (Entry entry : byId.getOrDefault(id, List.of())) {
            if (entry.state == IndexFile.SEALED || entry.state == IndexFile.SPILLED) {
                return entry;
            }
        }
        return null;
    }

    private void change(Entry entry) {
        long slot = slotOf(entry);
        boolean isCurrent = current(entry.id) == entry;
        switch (entry.state) {
            case IndexFile.CLAIMING -> {
                if (current(entry.id) == null && random.nextBoolean()) {
                    become(entry, slot, IndexFile.SEALED);
                } else {
                    remove(entry, slot);
                }
            }
            case IndexFile.SEALED -> {
                if (random.nextInt(4) == 0) {
                    become(entry, slot, IndexFile.SPILLED);
                } else {
                    become(entry, slot, IndexFile.CONDEMNED);
                }
            }
            case IndexFile.SPILLED -> become(entry, slot, IndexFile.SEALED);
            default -> {
                if (!isCurrent && current(entry.id) == null && random.nextInt(4) == 0) {
                    become(entry, slot, IndexFile.SEALED);
                } else {
                    remove(entry, slot);
                }
            }
        }
    }

    private void become(Entry entry, long slot, int state) {
        writer.setState(slot, state);
        entry.state = state;
    }

    private void remove(Entry entry, long slot) {
        entries.remove(entry);
        List<Entry> siblings = byId.get(entry.id);
        if (siblings == null) {
            throw new IllegalStateException("the model lost " + entry.id);
        }
        siblings.remove(entry);
        if (siblings.isEmpty()) {
            byId.remove(entry.id);
            gone.add(entry.id);
        }
        writer.empty(slot);
    }

    /** Ends the lives of so many entries, of whatever state. */
    void remove(int count) {
        for (int i = 0; i < count && !entries.isEmpty(); i++) {
            Entry entry = entries.get(random.nextInt(entries.size()));
            remove(entry, slotOf(entry));
        }
    }

    private long slotOf(Entry entry) {
        long slot = writer.findAt(entry.id.first, entry.id.second, entry.fields.location);
        assertThat(slot).as("slot of %s", entry.id).isNotEqualTo(IndexWriter.NONE);
        return slot;
    }

    /** Everything that must hold at a quiet point. */
    void verify() {
        verifySlots();
        verifyWriter();
        for (IndexReader reader : readers) {
            verifyReader(reader);
        }
    }

    /**
     * Walks the chains with nothing but the layout's arithmetic: each entry once, in its bucket; no
     * bucket twice; no life's state word seen before (I8), and no change without one (R1).
     */
    private void verifySlots() {
        Memory index = files.index;
        long levelSplit = files.store.getLong(StoreFile.LEVEL_SPLIT_OFFSET);
        long bucketCount = IndexFile.bucketCount(levelSplit);
        long overflowUsed = files.overflowUsed();
        assertThat(bucketCount).isBetween(1L << IndexFile.LEVEL_MIN, files.bucketLimit);
        assertThat(overflowUsed).isBetween(0L, files.overflowLimit);
        BitSet linked = new BitSet();
        int used = 0;
        for (long bucket = 0; bucket < bucketCount; bucket++) {
            long at = IndexFile.bucketOffset(bucket);
            int link =
                    index.getInt(
                            IndexFile.bucketLinkOffset(
                                    files.bucketLimit, files.overflowLimit, bucket));
            while (true) {
                used += verifyBucket(at, bucket, levelSplit);
                if (link == 0) {
                    break;
                }
                int overflow = link - 1;
                if (overflow < 0 || overflow >= overflowUsed || linked.get(overflow)) {
                    fail("overflow bucket %d of %d, twice or never", overflow, overflowUsed);
                }
                linked.set(overflow);
                at = IndexFile.overflowOffset(files.bucketLimit, overflow);
                link =
                        index.getInt(
                                IndexFile.overflowLinkOffset(
                                        files.bucketLimit, files.overflowLimit, overflow));
            }
        }
        for (int overflow = linked.nextClearBit(0);
                overflow < overflowUsed;
                overflow = linked.nextClearBit(overflow + 1)) {
            verifyBucket(IndexFile.overflowOffset(files.bucketLimit, overflow), -1, levelSplit);
        }
        assertThat(used).isEqualTo(entries.size());
    }

    private int verifyBucket(long at, long bucket, long levelSplit) {
        int used = 0;
        for (int i = 0; i < IndexFile.SLOTS_PER_BUCKET; i++) {
            long slot = at + (long) i * IndexFile.SLOT_BYTES;
            Life life = lifeOf(slot);
            Life before = lives.put(slot, life);
            if (before != null) {
                long generation = IndexFile.generationOf(life.stateWord);
                long generationBefore = IndexFile.generationOf(before.stateWord);
                boolean isEmpty = IndexFile.stateOf(life.stateWord) == IndexFile.EMPTY;
                if (life.stateWord == before.stateWord
                        ? !isEmpty && !life.equals(before)
                        : generation <= generationBefore) {
                    fail("slot %d was %s and is %s", slot, before, life);
                }
            }
            if (IndexFile.stateOf(life.stateWord) == IndexFile.EMPTY) {
                continue;
            }
            used++;
            Entry entry = at(life);
            if (entry == null) {
                fail("slot %d in bucket %d was resurrected: %s", slot, bucket, life);
            } else {
                compare(slot, entry);
            }
            long hash = IndexFile.hash(life.idFirst, life.idSecond, IndexFixture.HASH_SEED);
            if (IndexFile.bucketOf(hash, levelSplit) != bucket) {
                fail("slot %d is in bucket %d: %s", slot, bucket, life);
            }
        }
        return used;
    }

    private Life lifeOf(long slot) {
        Memory index = files.index;
        return new Life(
                index.getLong(slot + IndexFile.STATE_OFFSET),
                index.getLong(slot + IndexFile.ID_OFFSET),
                index.getLong(slot + IndexFile.ID_OFFSET + Long.BYTES),
                index.getLong(slot + IndexFile.LOCATION_OFFSET),
                index.getLong(slot + IndexFile.LENGTH_OFFSET));
    }

    private @Nullable Entry at(Life life) {
        for (Entry entry : byId.getOrDefault(new Id(life.idFirst, life.idSecond), List.of())) {
            if (entry.fields.location == life.location) {
                return entry;
            }
        }
        return null;
    }

    private void compare(long slot, Entry entry) {
        SlotFields fields = entry.fields;
        boolean isSame =
                writer.state(slot) == entry.state
                        && writer.idFirst(slot) == fields.idFirst
                        && writer.idSecond(slot) == fields.idSecond
                        && writer.incarnation(slot) == fields.incarnation
                        && writer.location(slot) == fields.location
                        && writer.length(slot) == fields.length
                        && writer.metadataLength(slot) == fields.metadataLength
                        && writer.idle(slot) == fields.idle
                        && writer.expiry(slot) == fields.expiry;
        if (!isSame) {
            fail("slot %d differs from %s: %s", slot, entry.id, lifeOf(slot));
        }
    }

    private void verifyWriter() {
        assertThat(writer.count()).isEqualTo(entries.size());
        Set<Long> slots = new HashSet<>();
        long from = 0;
        do {
            from = writer.visit(from, 1 + random.nextInt(40), slots::add);
        } while (from != 0);
        assertThat(slots).hasSize(entries.size());
        for (Entry entry : entries) {
            compare(slotOf(entry), entry);
            assertThat(slots.contains(slotOf(entry))).isTrue();
            long slot = writer.findCurrent(entry.id.first, entry.id.second);
            Entry current = current(entry.id);
            if (current == null) {
                assertThat(slot).isEqualTo(IndexWriter.NONE);
            } else {
                compare(slot, current);
            }
        }
    }

    private void verifyReader(IndexReader reader) {
        for (Id id : byId.keySet()) {
            long slot = reader.find(id.first, id.second);
            Entry current = current(id);
            if (current == null || current.state != IndexFile.SEALED) {
                assertThat(slot).as("%s is not sealed", id).isEqualTo(IndexReader.NOT_FOUND);
            } else {
                assertThat(slot).as("%s is sealed", id).isNotEqualTo(IndexReader.NOT_FOUND);
                compare(slot, current);
                assertThat(reader.location(slot)).isEqualTo(current.fields.location);
                assertThat(reader.matches(slot, id.first, id.second)).isTrue();
            }
        }
        for (Id id : gone) {
            assertThat(reader.find(id.first, id.second)).isEqualTo(IndexReader.NOT_FOUND);
        }
        for (int i = 0; i < 20; i++) {
            assertThat(reader.find(random.nextLong(), random.nextLong()))
                    .isEqualTo(IndexReader.NOT_FOUND);
        }
    }
}
