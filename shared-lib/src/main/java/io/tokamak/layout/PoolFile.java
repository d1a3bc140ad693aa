package io.tokamak.layout;

/**
 * The file {@code pool}: the bytes of all objects. The node hands out extents of whole blocks;
 * writers fill the extents of their lanes with records and nothing else.
 *
 * <pre>
 *     0  layout    u64   {@link StoreFile#LAYOUT}
 *    64  doorbell  u32   added to by whoever wants the node's attention, then woken as a futex        R5
 *  4096  blocks
 * </pre>
 *
 * A record begins at a multiple of 16:
 *
 * <pre>
 *    0  id        16 bytes
 *   16  length    u64   bits 0-47 payload bytes, bits 48-63 zero
 *   24  metadata  u32   bytes of metadata that follow the header
 *   28  check     u32   {@link #check} over the fields before: a tail that points nowhere is told from a record
 *   32  metadata, then the payload at the next multiple of 64 (16 when it is shorter than 256 bytes)
 * </pre>
 *
 * The next record begins at the next multiple of 16. The node copies a header once and believes the
 * copy; the index alone is believed afterwards.
 */
public final class PoolFile {
    public static final String NAME = "pool";

    public static final int BLOCK_BYTES = 4096;
    public static final int GRANULE_BYTES = 16;
    public static final int HEADER_BYTES = 32;
    public static final long DATA_OFFSET = BLOCK_BYTES;

    public static final long LAYOUT_OFFSET = 0;
    public static final long DOORBELL_OFFSET = 64;

    public static final long RECORD_ID_OFFSET = 0;
    public static final long RECORD_LENGTH_OFFSET = 16;
    public static final long RECORD_METADATA_OFFSET = 24;
    public static final long RECORD_CHECK_OFFSET = 28;

    /** More than names, a media type and all attributes allowed can take. */
    public static final int METADATA_BYTES_MAX = 16 << 10;

    /** Payloads of at least so many bytes begin at a cache line. */
    public static final int ALIGNED_PAYLOAD_BYTES_MIN = 256;

    private PoolFile() {}

    /** Pool offset of the payload of a record at {@code location}. */
    public static long payloadOffset(long location, long metadataLength, long payloadLength) {
        long end = location + HEADER_BYTES + metadataLength;
        long alignment = payloadLength >= ALIGNED_PAYLOAD_BYTES_MIN ? 64 : GRANULE_BYTES;
        return (end + alignment - 1) & -alignment;
    }

    /** Pool offset at which the record at {@code location} ends and the next one may begin. */
    public static long recordEnd(long location, long metadataLength, long payloadLength) {
        long end = payloadOffset(location, metadataLength, payloadLength) + payloadLength;
        return (end + GRANULE_BYTES - 1) & -GRANULE_BYTES;
    }

    /** Bytes that a record takes at most, wherever it begins. */
    public static long recordBytesMax(long metadataLength, long payloadLength) {
        return recordEnd(GRANULE_BYTES, metadataLength, payloadLength) + 48 - GRANULE_BYTES;
    }

    /**
     * A record's check word over its header's other fields, id as two little-endian words. It does
     * not cover the three highest bits of {@code second}: docs/segment-format.md says why that
     * stays.
     */
    public static int check(long first, long second, long lengthWord, int metadataLength) {
        long hash =
                IndexFile.hash(first ^ lengthWord, second + metadataLength, 0x746F6B616D616B31L);
        return (int) (hash ^ hash >>> 32);
    }

    /** What a pin word holds while the record at {@code location} is pinned. */
    public static long pinOf(long location) {
        return location / GRANULE_BYTES + 1;
    }

    /** Pool offset of the record that a non-zero pin word names. */
    public static long pinnedLocation(long pin) {
        return (pin - 1) * GRANULE_BYTES;
    }
}
