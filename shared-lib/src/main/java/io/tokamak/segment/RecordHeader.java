package io.tokamak.segment;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.ObjectId;

/** What stands before the payload of a record: {@link PoolFile} has the picture. */
public final class RecordHeader {
    private RecordHeader() {}

    /**
     * Writes a header, and the metadata behind it. They are nothing before the tail has moved
     * beyond their record (R8).
     *
     * <p>Flags stay 0: what they could say, the metadata says.
     *
     * @param location of the record in the pool
     * @param payloadLength bytes of the payload, which has its place behind the metadata
     */
    public static void write(
            Memory pool, long location, ObjectId id, byte[] metadata, long payloadLength) {
        long first = Long.reverseBytes(id.mostSignificantBits());
        long second = Long.reverseBytes(id.leastSignificantBits());
        long lengthWord = IndexFile.lengthWord(payloadLength, 0);
        if (metadata.length > 0) {
            pool.copyFrom(location + PoolFile.HEADER_BYTES, metadata, 0, metadata.length);
        }
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET, first);
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES, second);
        pool.putLong(location + PoolFile.RECORD_LENGTH_OFFSET, lengthWord);
        pool.putInt(location + PoolFile.RECORD_METADATA_OFFSET, metadata.length);
        pool.putInt(
                location + PoolFile.RECORD_CHECK_OFFSET,
                PoolFile.check(first, second, lengthWord, metadata.length));
    }
}
