package io.tokamak.objects;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads metadata as it lies beside the payload: {@link MetadataLayout} has the picture.
 *
 * <p>Reading believes nothing. Each byte is loaded once, each length is checked before it is used,
 * nothing is allocated that is larger than the input, and whatever is wrong is a {@link
 * CorruptObject}; so bytes that another process is still changing do no harm. What is accepted has
 * one form only, the one that is written here.
 */
public final class MetadataCodec {
    private static final byte[] EMPTY = {};

    private MetadataCodec() {}

    /**
     * How many bytes {@link #encode} writes: 0 for {@link ObjectMetadata#PLAIN}, else a multiple of
     * 8.
     */
    public static int encodedLength(ObjectMetadata metadata) {
        return isPlain(metadata) ? 0 : MetadataLayout.align(unpaddedLength(metadata));
    }

    /**
     * Writes at the write position and moves it.
     *
     * @param nowMillis milliseconds since 1970, from which a ttl counts
     * @param sessionNumber of the session that puts, for {@link Lifetime#session}; unsigned, not 0
     * @param out with room for {@link #encodedLength}, or elastic
     * @return the bytes written
     */
    public static int encode(
            ObjectMetadata metadata, long nowMillis, int sessionNumber, Bytes<?> out) {
        if (isPlain(metadata)) {
            return 0;
        }
        byte[] namespace = EMPTY;
        byte[] key = EMPTY;
        byte[] mediaType = storedMediaType(metadata.mediaType());
        byte[] groupNamespace = EMPTY;
        byte[] groupName = EMPTY;
        byte[] contentEncoding = EMPTY;
        int flags = 0;
        ObjectName name = metadata.name();
        if (name != null) {
            flags |= MetadataLayout.FLAG_NAME;
            namespace = Utf8.encode(name.namespace());
            key = Utf8.encode(name.key());
        }
        Group group = metadata.group();
        if (group != null) {
            flags |= MetadataLayout.FLAG_GROUP;
            groupNamespace = Utf8.encode(group.namespace());
            groupName = Utf8.encode(group.name());
        }
        String encoding = metadata.contentEncoding();
        if (encoding != null) {
            flags |= MetadataLayout.FLAG_CONTENT_ENCODING;
            contentEncoding = Utf8.encode(encoding);
        }
        Span span = Span.of(metadata.lifetime(), nowMillis, sessionNumber);
        if (metadata.lifetime() instanceof Lifetime.UntilDeleted) {
            flags |= MetadataLayout.FLAG_UNTIL_DELETED;
        }

        long start = out.writePosition();
        out.writeUnsignedByte(MetadataLayout.VERSION);
        out.writeUnsignedByte(flags);
        out.writeUnsignedShort(namespace.length);
        out.writeUnsignedShort(key.length);
        out.writeUnsignedShort(mediaType.length);
        out.writeLong(span.untilMillis);
        out.writeLong(span.idleMillis);
        out.writeInt(span.sessionNumber);
        out.writeUnsignedShort(groupNamespace.length);
        out.writeUnsignedShort(groupName.length);
        out.writeUnsignedShort(contentEncoding.length);
        out.writeUnsignedShort(metadata.attributes().count());
        out.writeInt(attributesLength(metadata.attributes()));
        out.write(namespace).write(key).write(mediaType);
        out.write(groupNamespace).write(groupName).write(contentEncoding);
        for (Map.Entry<String, String> attribute : metadata.attributes().asMap().entrySet()) {
            byte[] attributeName = Utf8.encode(attribute.getKey());
            byte[] value = Utf8.encode(attribute.getValue());
            out.writeUnsignedShort(attributeName.length);
            out.writeUnsignedShort(value.length);
            out.write(attributeName).write(value);
        }
        int unpadded = (int) (out.writePosition() - start);
        int length = MetadataLayout.align(unpadded);
        for (int i = unpadded; i < length; i++) {
            out.writeByte((byte) 0);
        }
        return length;
    }

    /** As {@link #encode(ObjectMetadata, long, int, Bytes)}, into an array of its own. */
    public static byte[] encode(ObjectMetadata metadata, long nowMillis, int sessionNumber) {
        byte[] bytes = new byte[encodedLength(metadata)];
        if (bytes.length > 0) {
            Bytes<byte[]> out = Bytes.wrapForWrite(bytes);
            try {
                encode(metadata, nowMillis, sessionNumber, out);
            } finally {
                out.releaseLast();
            }
        }
        return bytes;
    }

    /**
     * Reads {@code length} bytes at the read position and moves it behind them. A stored ttl is
     * {@link Lifetime.Until}.
     *
     * @param length as kept outside
     * @throws CorruptObject when the bytes are not what {@link #encode} writes, or fewer than
     *     {@code length}; the read position is then anywhere
     */
    public static ObjectMetadata decode(Bytes<?> in, int length) {
        if (length == 0) {
            return ObjectMetadata.PLAIN;
        }
        check("length", length, MetadataLayout.PREFIX_LENGTH, MetadataLayout.LENGTH_MAX);
        check("length", length, 0, in.readRemaining());
        long end = in.readPosition() + length;

        check("version", in.readUnsignedByte(), MetadataLayout.VERSION, MetadataLayout.VERSION);
        int flags = in.readUnsignedByte();
        check("unknown flags", flags & ~MetadataLayout.FLAGS_KNOWN, 0, 0);
        boolean hasName = (flags & MetadataLayout.FLAG_NAME) != 0;
        boolean hasGroup = (flags & MetadataLayout.FLAG_GROUP) != 0;
        boolean hasEncoding = (flags & MetadataLayout.FLAG_CONTENT_ENCODING) != 0;
        boolean untilDeleted = (flags & MetadataLayout.FLAG_UNTIL_DELETED) != 0;
        int namespaceLength =
                optional(
                        "namespaceLength",
                        in.readUnsignedShort(),
                        hasName,
                        ObjectName.NAMESPACE_BYTES_MAX);
        int keyLength =
                optional("keyLength", in.readUnsignedShort(), hasName, ObjectName.KEY_BYTES_MAX);
        int mediaTypeLength =
                check("mediaTypeLength", in.readUnsignedShort(), 0, MediaType.BYTES_MAX);
        Span span = new Span(in.readLong(), in.readLong(), in.readInt());
        int groupNamespaceLength =
                optional(
                        "groupNamespaceLength",
                        in.readUnsignedShort(),
                        hasGroup,
                        ObjectName.NAMESPACE_BYTES_MAX);
        int groupNameLength =
                optional("groupNameLength", in.readUnsignedShort(), hasGroup, Group.NAME_BYTES_MAX);
        int encodingLength =
                optional(
                        "contentEncodingLength",
                        in.readUnsignedShort(),
                        hasEncoding,
                        ObjectMetadata.CONTENT_ENCODING_BYTES_MAX);
        int attributeCount =
                check("attributeCount", in.readUnsignedShort(), 0, Attributes.COUNT_MAX);
        int attributesLength =
                check("attributesLength", in.readInt(), 0, MetadataLayout.ATTRIBUTES_LENGTH_MAX);
        int unpadded =
                MetadataLayout.PREFIX_LENGTH
                        + namespaceLength
                        + keyLength
                        + mediaTypeLength
                        + groupNamespaceLength
                        + groupNameLength
                        + encodingLength
                        + attributesLength;
        check("length", length, MetadataLayout.align(unpadded), MetadataLayout.align(unpadded));

        try {
            String namespace = text("namespace", in, namespaceLength);
            String key = text("key", in, keyLength);
            String mediaType = text("media type", in, mediaTypeLength);
            String groupNamespace = text("group namespace", in, groupNamespaceLength);
            String groupName = text("group name", in, groupNameLength);
            String encoding = text("content encoding", in, encodingLength);
            Attributes attributes = attributes(in, attributeCount, attributesLength);
            while (in.readPosition() < end) {
                check("padding", in.readUnsignedByte(), 0, 0);
            }
            return new ObjectMetadata(
                    hasName ? new ObjectName(namespace, key) : null,
                    mediaTypeLength == 0 ? MediaType.OCTET_STREAM : MediaType.of(mediaType),
                    hasEncoding ? encoding : null,
                    attributes,
                    span.lifetime(untilDeleted),
                    hasGroup ? new Group(groupNamespace, groupName) : null);
        } catch (InvalidRequest invalid) { // well-formed, but no such value can exist
            throw new CorruptObject("metadata: " + invalid.detail(), invalid);
        }
    }

    /** As {@link #decode(Bytes, int)}, of all these bytes. */
    public static ObjectMetadata decode(byte[] bytes) {
        if (bytes.length == 0) {
            return ObjectMetadata.PLAIN;
        }
        Bytes<byte[]> in = Bytes.wrapForRead(bytes);
        try {
            return decode(in, bytes.length);
        } finally {
            in.releaseLast();
        }
    }

    /**
     * Whether stored metadata is of the object with that name: what a read by name asks, since ids
     * are digests. Compares bytes in place and allocates nothing. Bytes that make no sense are of
     * no object.
     *
     * @param offset where the metadata begins
     * @param length as kept outside
     * @throws IndexOutOfBoundsException when the segment ends before {@code offset + length}
     */
    public static boolean matchesName(
            MemorySegment segment, long offset, int length, ObjectName name) {
        if (length < MetadataLayout.PREFIX_LENGTH
                || segment.get(ValueLayout.JAVA_BYTE, offset) != MetadataLayout.VERSION
                || (MetadataLayout.flags(segment, offset) & MetadataLayout.FLAG_NAME) == 0) {
            return false;
        }
        int namespaceLength = MetadataLayout.namespaceLength(segment, offset);
        int keyLength = MetadataLayout.keyLength(segment, offset);
        if (namespaceLength + keyLength > length - MetadataLayout.PREFIX_LENGTH) {
            return false;
        }
        long namespaceOffset = offset + MetadataLayout.PREFIX_LENGTH;
        long keyOffset = namespaceOffset + namespaceLength;
        return Utf8.equals(segment, keyOffset, keyLength, name.key())
                && Utf8.equals(segment, namespaceOffset, namespaceLength, name.namespace());
    }

    private static boolean isPlain(ObjectMetadata metadata) {
        return metadata.name() == null
                && metadata.contentEncoding() == null
                && metadata.group() == null
                && metadata.attributes().isEmpty()
                && metadata.lifetime() instanceof Lifetime.Default
                && metadata.mediaType().equals(MediaType.OCTET_STREAM);
    }

    private static int unpaddedLength(ObjectMetadata metadata) {
        int length = MetadataLayout.PREFIX_LENGTH + attributesLength(metadata.attributes());
        if (!metadata.mediaType().equals(MediaType.OCTET_STREAM)) {
            length += Utf8.length(metadata.mediaType().text());
        }
        ObjectName name = metadata.name();
        if (name != null) {
            length += name.namespace().length() + Utf8.length(name.key());
        }
        Group group = metadata.group();
        if (group != null) {
            length += group.namespace().length() + Utf8.length(group.name());
        }
        String encoding = metadata.contentEncoding();
        return encoding == null ? length : length + encoding.length();
    }

    private static byte[] storedMediaType(MediaType mediaType) {
        return mediaType.equals(MediaType.OCTET_STREAM) ? EMPTY : Utf8.encode(mediaType.text());
    }

    private static int attributesLength(Attributes attributes) {
        return attributes.sizeBytes() + attributes.count() * MetadataLayout.ATTRIBUTE_PREFIX_LENGTH;
    }

    private static Attributes attributes(Bytes<?> in, int count, int attributesLength) {
        Attributes.Builder attributes = Attributes.builder();
        long left = attributesLength;
        String previous = "";
        for (int i = 0; i < count; i++) {
            left -= MetadataLayout.ATTRIBUTE_PREFIX_LENGTH;
            check("attributesLength", attributesLength, attributesLength - left, attributesLength);
            int nameLength = in.readUnsignedShort();
            int valueLength = in.readUnsignedShort();
            left -= nameLength + valueLength;
            check("attributesLength", attributesLength, attributesLength - left, attributesLength);
            String name = text("attribute name", in, nameLength);
            if (name.compareTo(previous) <= 0 || !isLowerCase(name)) {
                throw new CorruptObject(
                        "metadata: attribute name "
                                + Quoted.of(name)
                                + " after "
                                + Quoted.of(previous)
                                + " is not sorted, or not in lower case");
            }
            attributes.add(name, text("attribute value", in, valueLength));
            previous = name;
        }
        check("attributes left over", left, 0, 0);
        return attributes.build();
    }

    private static boolean isLowerCase(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 'A' && text.charAt(i) <= 'Z') {
                return false;
            }
        }
        return true;
    }

    private static String text(String what, Bytes<?> in, int length) {
        if (length == 0) {
            return "";
        }
        byte[] bytes = new byte[length];
        in.read(bytes);
        String text = Utf8.decode(bytes, 0, length);
        if (text == null) {
            throw new CorruptObject("metadata: " + what + " of " + length + " bytes is not UTF-8");
        }
        return text;
    }

    private static int optional(String what, int value, boolean present, int max) {
        return check(what, value, present ? 1 : 0, present ? max : 0);
    }

    private static int check(String what, int value, long min, long max) {
        check(what, (long) value, min, max);
        return value;
    }

    private static void check(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new CorruptObject(
                    "metadata: " + what + " is " + value + ", must be " + min + " to " + max);
        }
    }

    /** A lifetime as it is stored. */
    private record Span(long untilMillis, long idleMillis, int sessionNumber) {
        private static final Span NONE = new Span(0, 0, 0);

        static Span of(Lifetime lifetime, long nowMillis, int ownSession) {
            return switch (lifetime) {
                case Lifetime.Default _, Lifetime.UntilDeleted _ -> NONE;
                case Lifetime.Idle idle -> new Span(0, millis(idle.time()), 0);
                case Lifetime.Ttl ttl ->
                        new Span(
                                Math.addExact(nowMillis, millis(ttl.time())),
                                millis(ttl.idle()),
                                0);
                case Lifetime.Until until ->
                        new Span(ceiling(until.end()), millis(until.idle()), 0);
                case Lifetime.Session session -> new Span(0, 0, number(session, ownSession));
            };
        }

        Lifetime lifetime(boolean untilDeleted) {
            check("untilMillis", untilMillis, 0, Lifetime.Until.MILLIS_MAX);
            check("idleMillis", idleMillis, 0, Durations.MAX.toMillis());
            boolean timed = untilMillis != 0 || idleMillis != 0;
            int given = (timed ? 1 : 0) + (sessionNumber != 0 ? 1 : 0) + (untilDeleted ? 1 : 0);
            check("kinds of lifetime", given, 0, 1);
            if (untilDeleted) {
                return Lifetime.untilDeleted();
            }
            if (sessionNumber != 0) {
                return new Lifetime.Session(sessionNumber);
            }
            Duration idle = idleMillis == 0 ? null : Duration.ofMillis(idleMillis);
            if (untilMillis != 0) {
                return new Lifetime.Until(Instant.ofEpochMilli(untilMillis), idle);
            }
            return idle == null ? Lifetime.byDefault() : new Lifetime.Idle(idle);
        }

        private static long millis(@Nullable Duration duration) {
            return duration == null ? 0 : Durations.toMillisCeiling(duration);
        }

        private static long ceiling(Instant end) {
            return end.plusNanos(999_999).toEpochMilli();
        }

        private static int number(Lifetime.Session session, int ownSession) {
            int number = session.number() == Lifetime.Session.OWN ? ownSession : session.number();
            if (number == 0) {
                throw new IllegalArgumentException("a lifetime with the session needs its number");
            }
            return number;
        }
    }
}
