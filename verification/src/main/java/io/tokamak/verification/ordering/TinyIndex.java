package io.tokamak.verification.ordering;

import io.tokamak.index.IndexReader;
import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;

/**
 * A real index, writer and reader, with room for one bucket that may split, and one overflow
 * bucket.
 */
final class TinyIndex {
    private static final long STORE_BYTES = 256;
    private static final long OVERFLOW_LIMIT = 1;

    /** An id that stays in bucket 0 when there are two buckets, and one that moves. */
    static final long STAYING = idWithHash(0);

    static final long MOVING = idWithHash(1);

    final Memory store;
    final Memory index;
    final IndexWriter writer;
    final IndexReader reader;
    final SlotFields fields = new SlotFields();
    private final long bucketLimit;

    /**
     * @param bucketLimit 1 or 2
     */
    TinyIndex(long bucketLimit) {
        this.bucketLimit = bucketLimit;
        Memory memory = Region.take();
        store = memory.slice(0, STORE_BYTES);
        index = memory.slice(STORE_BYTES, Region.BYTES - STORE_BYTES);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, bucketLimit);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, OVERFLOW_LIMIT);
        writer = new IndexWriter(store, index, (offset, length) -> true, step -> {});
        if (!writer.recover()) {
            throw new IllegalStateException("an index of one bucket was refused");
        }
        reader = new IndexReader(store.asReadOnly(), index.asReadOnly());
    }

    private static long idWithHash(long bucket) {
        long first = 1;
        while (IndexFile.bucketOf(IndexFile.hash(first, 0, 0), IndexFile.levelSplit(1, 0, 0))
                != bucket) {
            first++;
        }
        return first;
    }

    long insert(long first, long second, long location) {
        fields.idFirst = first;
        fields.idSecond = second;
        fields.location = location;
        fields.length = location;
        return writer.insert(IndexFile.SEALED, fields);
    }

    boolean isFound(long first) {
        return reader.find(first, 0) != IndexReader.NOT_FOUND;
    }

    /** By a reader that has not seen an older split. */
    boolean isFoundByNewcomer(long first) {
        return new IndexReader(store, index).find(first, 0) != IndexReader.NOT_FOUND;
    }

    /** Pieces of the writer, for twins that put them into another order. */
    void copySlot(long source, long target) {
        for (long field = IndexFile.ID_OFFSET; field < IndexFile.SLOT_BYTES; field += Long.BYTES) {
            index.putLongOpaque(target + field, index.getLong(source + field));
        }
        index.putLongRelease(
                target + IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.SEALED, 1));
    }

    void copySlotPlain(long source, long target) {
        for (long field = IndexFile.ID_OFFSET; field < IndexFile.SLOT_BYTES; field += Long.BYTES) {
            index.putLong(target + field, index.getLong(source + field));
        }
        index.putLong(target + IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.SEALED, 1));
    }

    void emptySlot(long slot) {
        index.putLongRelease(
                slot + IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.EMPTY, 9));
    }

    void emptySlotPlain(long slot) {
        index.putLong(slot + IndexFile.STATE_OFFSET, IndexFile.stateWord(IndexFile.EMPTY, 9));
    }

    void publish(long levelSplit) {
        store.putLongRelease(StoreFile.LEVEL_SPLIT_OFFSET, levelSplit);
    }

    void publishPlain(long levelSplit) {
        store.putLong(StoreFile.LEVEL_SPLIT_OFFSET, levelSplit);
    }

    long overflowSlot(int slot) {
        return IndexFile.overflowOffset(bucketLimit, 0) + (long) slot * IndexFile.SLOT_BYTES;
    }
}
