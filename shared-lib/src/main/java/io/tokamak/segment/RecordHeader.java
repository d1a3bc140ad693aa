package io.tokamak.segment;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;

/** The header of a record: {@link PoolFile} has the picture. */
public final class RecordHeader {
    private RecordHeader() {}

    /**
     * Writes a header. It is nothing before the tail has moved beyond its record (R8).
     *
     * <p>Flags stay 0: what they could say, the metadata says.
     *
     * @param first bytes 0 to 7 of the id, little-endian
     * @param second bytes 8 to 15 of the id, little-endian
     */
    public static void write(
            Memory pool,
            long location,
            long first,
            long second,
            long payloadLength,
            int metadataLength) {
        long lengthWord = IndexFile.lengthWord(payloadLength, 0);
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET, first);
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES, second);
        pool.putLong(location + PoolFile.RECORD_LENGTH_OFFSET, lengthWord);
        pool.putInt(location + PoolFile.RECORD_METADATA_OFFSET, metadataLength);
        pool.putInt(
                location + PoolFile.RECORD_CHECK_OFFSET,
                PoolFile.check(first, second, lengthWord, metadataLength));
    }
}
