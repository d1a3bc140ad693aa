package io.tokamak.segment;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectMetadata;

/** The header of a record: {@link PoolFile} has the picture. */
public final class RecordHeader {
    private static final int FLAG_SESSION = 1;
    private static final int FLAG_GROUP = 1 << 1;

    private RecordHeader() {}

    /** What the header says of an object's metadata beside its length. */
    public static int flags(ObjectMetadata metadata) {
        return (metadata.lifetime() instanceof Lifetime.Session ? FLAG_SESSION : 0)
                | (metadata.group() != null ? FLAG_GROUP : 0);
    }

    /**
     * Writes a header. It is nothing before the tail has moved beyond its record (R8).
     *
     * @param first bytes 0 to 7 of the id, little-endian
     * @param second bytes 8 to 15 of the id, little-endian
     */
    public static void write(
            Memory pool,
            long location,
            long first,
            long second,
            int flags,
            long payloadLength,
            int metadataLength) {
        long lengthWord = IndexFile.lengthWord(payloadLength, flags);
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET, first);
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES, second);
        pool.putLong(location + PoolFile.RECORD_LENGTH_OFFSET, lengthWord);
        pool.putInt(location + PoolFile.RECORD_METADATA_OFFSET, metadataLength);
        pool.putInt(
                location + PoolFile.RECORD_CHECK_OFFSET,
                PoolFile.check(first, second, lengthWord, metadataLength));
    }
}
