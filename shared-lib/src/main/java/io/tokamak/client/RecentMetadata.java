package io.tokamak.client;

import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectMetadata;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Metadata by their bytes, as far as they were decoded lately: most anonymous objects of a program
 * have the same few, and decoding them takes ten times as long as a get. Thread-safe: an entry is
 * published whole, and one that is overwritten meanwhile is only decoded again.
 */
final class RecentMetadata {
    /** Longer ones have names or attributes, which differ. */
    private static final int BYTES_MAX = 128;

    private static final int SLOTS = 64;
    private static final @Nullable Entry[] ENTRIES = new @Nullable Entry[SLOTS];

    private record Entry(Bytes bytes, ObjectMetadata metadata) {}

    /** Immutable, and only compared. */
    private static final class Bytes {
        private final byte[] array;

        Bytes(byte[] array) {
            this.array = array;
        }

        boolean are(byte[] others) {
            return Arrays.equals(array, others);
        }
    }

    private RecentMetadata() {}

    /**
     * As {@link MetadataCodec#decode(byte[])}.
     *
     * @param encoded the caller's, not changed afterwards
     */
    static ObjectMetadata decode(byte[] encoded) {
        if (encoded.length > BYTES_MAX) {
            return MetadataCodec.decode(encoded);
        }
        int slot = (Arrays.hashCode(encoded) * 0x9E3779B9) >>> 26;
        Entry known = ENTRIES[slot];
        if (known != null && known.bytes.are(encoded)) {
            return known.metadata;
        }
        ObjectMetadata metadata = MetadataCodec.decode(encoded);
        ENTRIES[slot] = new Entry(new Bytes(encoded), metadata);
        return metadata;
    }
}
