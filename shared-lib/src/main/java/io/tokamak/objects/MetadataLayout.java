package io.tokamak.objects;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where the parts of stored metadata lie. Little-endian, bit 0 lowest, written once by who puts the
 * object, before the commit, and never changed. Metadata of length 0 is {@link
 * ObjectMetadata#PLAIN}.
 *
 * <pre>
 *    0  version                u8    1
 *    1  flags                  u8    bit 0 has name, 1 has group, 2 has content encoding,
 *                                    3 lifetime is "until deleted"; bits 4-7 zero
 *    2  namespaceLength        u16   0 without name; all lengths are bytes
 *    4  keyLength              u16   0 without name
 *    6  mediaTypeLength        u16   0 for application/octet-stream
 *    8  untilMillis            i64   end of life, milliseconds since 1970; 0 none
 *   16  idleMillis             i64   longest time without access; 0 none
 *   24  sessionNumber          u32   lives with this session; 0 none
 *   28  groupNamespaceLength   u16   0 without group
 *   30  groupNameLength        u16   0 without group
 *   32  contentEncodingLength  u16   0 without content encoding
 *   34  attributeCount         u16   0 to 64
 *   36  attributesLength       u32   of all attributes with their own lengths
 *   40  namespace, key, media type, group namespace, group name, content encoding      UTF-8
 *    .  attributes, sorted by name, each: nameLength u16, valueLength u16, name, value UTF-8
 *    .  zeros up to a multiple of 8; the length as a whole is kept outside
 * </pre>
 *
 * <p>No time and no session (bytes 8 to 27 zero) and flag 3 clear: the default lifetime. At most
 * one of a time, a session and flag 3 is given.
 *
 * <p>The methods trust nothing but the segment's bounds: use them on bytes that {@link
 * MetadataCodec#decode} or the writer has checked. They load plainly; whoever reads while the bytes
 * may be reused looks again afterwards.
 */
public final class MetadataLayout {
    public static final int VERSION = 1;

    public static final int FLAG_NAME = 1;
    public static final int FLAG_GROUP = 1 << 1;
    public static final int FLAG_CONTENT_ENCODING = 1 << 2;
    public static final int FLAG_UNTIL_DELETED = 1 << 3;
    static final int FLAGS_KNOWN =
            FLAG_NAME | FLAG_GROUP | FLAG_CONTENT_ENCODING | FLAG_UNTIL_DELETED;

    public static final int VERSION_OFFSET = 0;
    public static final int FLAGS_OFFSET = VERSION_OFFSET + Byte.BYTES;
    public static final int NAMESPACE_LENGTH_OFFSET = FLAGS_OFFSET + Byte.BYTES;
    public static final int KEY_LENGTH_OFFSET = NAMESPACE_LENGTH_OFFSET + Short.BYTES;
    public static final int MEDIA_TYPE_LENGTH_OFFSET = KEY_LENGTH_OFFSET + Short.BYTES;
    public static final int UNTIL_MILLIS_OFFSET = MEDIA_TYPE_LENGTH_OFFSET + Short.BYTES;
    public static final int IDLE_MILLIS_OFFSET = UNTIL_MILLIS_OFFSET + Long.BYTES;
    public static final int SESSION_NUMBER_OFFSET = IDLE_MILLIS_OFFSET + Long.BYTES;
    public static final int GROUP_NAMESPACE_LENGTH_OFFSET = SESSION_NUMBER_OFFSET + Integer.BYTES;
    public static final int GROUP_NAME_LENGTH_OFFSET = GROUP_NAMESPACE_LENGTH_OFFSET + Short.BYTES;
    public static final int CONTENT_ENCODING_LENGTH_OFFSET = GROUP_NAME_LENGTH_OFFSET + Short.BYTES;
    public static final int ATTRIBUTE_COUNT_OFFSET = CONTENT_ENCODING_LENGTH_OFFSET + Short.BYTES;
    public static final int ATTRIBUTES_LENGTH_OFFSET = ATTRIBUTE_COUNT_OFFSET + Short.BYTES;

    /** The fixed part. */
    public static final int PREFIX_LENGTH = ATTRIBUTES_LENGTH_OFFSET + Integer.BYTES;

    /** Every length is a multiple of this. */
    public static final int ALIGNMENT = 8;

    /** Before the name and the value of each attribute. */
    static final int ATTRIBUTE_PREFIX_LENGTH = 2 * Short.BYTES;

    static final int ATTRIBUTES_LENGTH_MAX =
            Attributes.BYTES_MAX + Attributes.COUNT_MAX * ATTRIBUTE_PREFIX_LENGTH;

    /** No metadata is longer: about 10 KiB. */
    public static final int LENGTH_MAX =
            align(
                    PREFIX_LENGTH
                            + ObjectName.NAMESPACE_BYTES_MAX
                            + ObjectName.KEY_BYTES_MAX
                            + MediaType.BYTES_MAX
                            + ObjectName.NAMESPACE_BYTES_MAX
                            + Group.NAME_BYTES_MAX
                            + ObjectMetadata.CONTENT_ENCODING_BYTES_MAX
                            + ATTRIBUTES_LENGTH_MAX);

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MetadataLayout() {}

    /**
     * Which optional parts there are.
     *
     * @param offset where the metadata begins
     */
    public static int flags(MemorySegment segment, long offset) {
        return Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset + FLAGS_OFFSET));
    }

    /** Milliseconds since 1970; 0 for none. */
    public static long untilMillis(MemorySegment segment, long offset) {
        return segment.get(LONG, offset + UNTIL_MILLIS_OFFSET);
    }

    /** 0 for none. */
    public static long idleMillis(MemorySegment segment, long offset) {
        return segment.get(LONG, offset + IDLE_MILLIS_OFFSET);
    }

    /** Unsigned; 0 for none. */
    public static int sessionNumber(MemorySegment segment, long offset) {
        return segment.get(INT, offset + SESSION_NUMBER_OFFSET);
    }

    /** Bytes; 0 without a name. The namespace begins at {@link #PREFIX_LENGTH}, the key follows. */
    public static int namespaceLength(MemorySegment segment, long offset) {
        return Short.toUnsignedInt(segment.get(SHORT, offset + NAMESPACE_LENGTH_OFFSET));
    }

    /** Bytes; 0 without a name. */
    public static int keyLength(MemorySegment segment, long offset) {
        return Short.toUnsignedInt(segment.get(SHORT, offset + KEY_LENGTH_OFFSET));
    }

    static int align(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
