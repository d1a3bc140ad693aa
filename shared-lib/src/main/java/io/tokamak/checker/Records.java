package io.tokamak.checker;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectMetadata;

/** Reads records where they lie in the pool, believing nothing. */
final class Records {
    /** What {@link #end} answers for bytes that are no record. */
    static final long NO_RECORD = -1;

    private Records() {}

    /**
     * @param location of a record within the pool
     * @throws CorruptObject when the bytes are no metadata
     */
    static ObjectMetadata metadata(Memory pool, long location, int length) {
        if (length == 0) {
            return ObjectMetadata.PLAIN;
        }
        byte[] bytes = new byte[length];
        pool.copyTo(location + PoolFile.HEADER_BYTES, bytes, 0, length);
        return MetadataCodec.decode(bytes);
    }

    /**
     * Where the record ends whose header lies at {@code location}, by that header.
     *
     * @param limit where it must end at the latest
     */
    static long end(Memory pool, long location, long limit) {
        if (location + PoolFile.HEADER_BYTES > limit) {
            return NO_RECORD;
        }
        long first = pool.getLong(location + PoolFile.RECORD_ID_OFFSET);
        long second = pool.getLong(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
        long lengthWord = pool.getLong(location + PoolFile.RECORD_LENGTH_OFFSET);
        int metadataLength = pool.getInt(location + PoolFile.RECORD_METADATA_OFFSET);
        int check = pool.getInt(location + PoolFile.RECORD_CHECK_OFFSET);
        if (check != PoolFile.check(first, second, lengthWord, metadataLength)
                || metadataLength < 0
                || metadataLength > PoolFile.METADATA_BYTES_MAX) {
            return NO_RECORD;
        }
        long end =
                PoolFile.recordEnd(location, metadataLength, IndexFile.payloadLength(lengthWord));
        return end <= limit ? end : NO_RECORD;
    }
}
