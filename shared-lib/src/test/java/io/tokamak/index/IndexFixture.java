package io.tokamak.index;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** The two files of an index with room for as much as is asked: on the heap, or mapped. */
final class IndexFixture {
    static final long HASH_SEED = 0x5EED_0123_4567_89ABL;
    static final IndexWriter.Steps NO_STEPS = step -> {};

    final Memory store;
    final Memory index;
    final long bucketLimit;
    final long overflowLimit;

    private final IndexWriter.Blocks blocks;

    /** While set, no block is to be had. */
    boolean isFull;

    private IndexFixture(
            Memory store,
            Memory index,
            IndexWriter.Blocks blocks,
            long bucketLimit,
            long overflowLimit) {
        this.store = store;
        this.index = index;
        this.blocks = blocks;
        this.bucketLimit = bucketLimit;
        this.overflowLimit = overflowLimit;
        store.putLong(StoreFile.HASH_SEED_OFFSET, HASH_SEED);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, bucketLimit);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, overflowLimit);
    }

    static IndexFixture onHeap(long bucketLimit, long overflowLimit) {
        return new IndexFixture(
                Memory.onHeap(StoreFile.LENGTH),
                Memory.onHeap(IndexFile.length(bucketLimit, overflowLimit)),
                (offset, length) -> true,
                bucketLimit,
                overflowLimit);
    }

    /** Sparse files as a node makes them, mapped until the arena closes. */
    static IndexFixture mapped(Path folder, Arena arena, long bucketLimit, long overflowLimit)
            throws IOException {
        Memory store;
        try (OpenFile file = OpenFile.create(folder.resolve(StoreFile.NAME), 0600)) {
            file.setSize(StoreFile.LENGTH);
            file.allocate(0, StoreFile.LENGTH);
            store = file.map(true, StoreFile.LENGTH, arena);
        }
        OpenFile file = OpenFile.create(folder.resolve(IndexFile.NAME), 0600);
        long length = IndexFile.length(bucketLimit, overflowLimit);
        file.setSize(length);
        Memory index = file.map(true, length, arena);
        return new IndexFixture(
                store,
                index,
                (offset, bytes) -> allocate(file, offset, bytes),
                bucketLimit,
                overflowLimit);
    }

    private static boolean allocate(OpenFile file, long offset, long length) {
        try {
            file.allocate(offset, length);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    IndexWriter writer(IndexWriter.Steps steps) {
        return new IndexWriter(
                store,
                index,
                (offset, length) -> !isFull && blocks.allocate(offset, length),
                steps);
    }

    IndexWriter create(IndexWriter.Steps steps) {
        IndexWriter writer = writer(steps);
        if (!writer.create()) {
            throw new IllegalStateException("no room for an empty index");
        }
        return writer;
    }

    /** As the next node does after the last one was killed. */
    IndexWriter recover(IndexWriter.Steps steps) {
        IndexWriter writer = writer(steps);
        if (!writer.recover()) {
            throw new IllegalStateException("the index was not taken over");
        }
        return writer;
    }

    IndexReader reader() {
        return new IndexReader(store.asReadOnly(), index.asReadOnly());
    }

    long overflowUsed() {
        return store.getLong(StoreFile.OVERFLOW_USED_OFFSET);
    }

    /** An anonymous id as clients make them: store number, session number, counter. */
    static void setId(SlotFields fields, int session, long counter) {
        fields.idFirst = idFirst(session);
        fields.idSecond = idSecond(session, counter);
    }

    static long idFirst(int session) {
        return 1L | 0x2A00_0000_00L | Integer.toUnsignedLong(session) << 40;
    }

    static long idSecond(int session, long counter) {
        return session >>> 24 | Long.reverseBytes(counter);
    }
}
