package io.tokamak.checker;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/** Holds records against what their slots say. */
final class RecordCheck {
    /** What {@link #check} answers for a record that cannot be there. */
    static final long IMPOSSIBLE = -1;

    private static final int FLAGS_KNOWN =
            IndexFile.FLAG_KEPT
                    | IndexFile.FLAG_SESSION
                    | IndexFile.FLAG_GROUP
                    | IndexFile.FLAG_UNTIL;

    private final Memory index;
    private final Memory pool;
    private final long poolLength;
    private final @Nullable PayloadCheck payloads;
    private final Suspicions suspicions;

    /**
     * @param payloads called for each sealed object, or null
     * @param suspicions gets what is wrong
     */
    RecordCheck(StoreFiles files, @Nullable PayloadCheck payloads, Suspicions suspicions) {
        this.index = files.index();
        this.pool = files.pool();
        this.poolLength = files.store().getLong(StoreFile.POOL_LENGTH_OFFSET);
        this.payloads = payloads;
        this.suspicions = suspicions;
    }

    /**
     * @return pool offset of the record's end, or {@link #IMPOSSIBLE}
     */
    long check(Entry entry) {
        long location = entry.location();
        long lengthWord = index.getLongOpaque(entry.slot() + IndexFile.LENGTH_OFFSET);
        long payloadLength = IndexFile.payloadLength(lengthWord);
        int flags = IndexFile.flags(lengthWord);
        int metadataLength = index.getIntOpaque(entry.slot() + IndexFile.METADATA_OFFSET);
        if ((flags & ~FLAGS_KNOWN) != 0) {
            suspicions.error(
                    Check.FLAGS,
                    () -> "flags %s of %s".formatted(Integer.toBinaryString(flags), entry.id()));
        }
        boolean possible =
                location >= PoolFile.DATA_OFFSET
                        && location < poolLength
                        && location % PoolFile.GRANULE_BYTES == 0
                        && metadataLength >= 0
                        && metadataLength <= PoolFile.METADATA_BYTES_MAX
                        && payloadLength <= poolLength;
        long end =
                possible
                        ? PoolFile.recordEnd(location, metadataLength, payloadLength)
                        : Long.MAX_VALUE;
        if (end > poolLength) {
            suspicions.error(
                    Check.RECORD_BOUNDS,
                    () ->
                            "record of %s at pool+%d with %d bytes of metadata and %d of payload; records begin at multiples of %d from %d on and end at %d at the latest"
                                    .formatted(
                                            entry.id(),
                                            location,
                                            metadataLength,
                                            payloadLength,
                                            PoolFile.GRANULE_BYTES,
                                            PoolFile.DATA_OFFSET,
                                            poolLength));
            return IMPOSSIBLE;
        }
        checkHeader(entry, payloadLength, metadataLength);
        ObjectMetadata metadata = checkMetadata(entry, metadataLength);
        if (metadata != null) {
            checkGroup(entry, metadata, flags);
            checkPayload(entry, metadata, metadataLength, payloadLength);
        }
        return end;
    }

    private void checkHeader(Entry entry, long payloadLength, int metadataLength) {
        long at = entry.location();
        long first = pool.getLong(at + PoolFile.RECORD_ID_OFFSET);
        long second = pool.getLong(at + PoolFile.RECORD_ID_OFFSET + Long.BYTES);
        long lengthWord = pool.getLong(at + PoolFile.RECORD_LENGTH_OFFSET);
        int metadata = pool.getInt(at + PoolFile.RECORD_METADATA_OFFSET);
        int check = pool.getInt(at + PoolFile.RECORD_CHECK_OFFSET);
        int expected = PoolFile.check(first, second, lengthWord, metadata);
        if (first != entry.first() || second != entry.second()) {
            suspicions.error(
                    Check.RECORD_HEADER,
                    () ->
                            "record at pool+%d is of %s, the slot of %s"
                                    .formatted(at, Entry.idOf(first, second), entry.id()));
        } else if (IndexFile.payloadLength(lengthWord) != payloadLength
                || metadata != metadataLength) {
            suspicions.error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of %s at pool+%d has %d bytes of metadata and %d of payload, the slot says %d and %d"
                                    .formatted(
                                            entry.id(),
                                            at,
                                            metadata,
                                            IndexFile.payloadLength(lengthWord),
                                            metadataLength,
                                            payloadLength));
        } else if (IndexFile.flags(lengthWord) != 0) {
            suspicions.error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of %s at pool+%d has the flags %s, must be zero"
                                    .formatted(
                                            entry.id(),
                                            at,
                                            Integer.toBinaryString(IndexFile.flags(lengthWord))));
        } else if (check != expected) {
            suspicions.error(
                    Check.RECORD_HEADER,
                    () ->
                            "record of %s at pool+%d has the check word %x, its header makes %x"
                                    .formatted(entry.id(), at, check, expected));
        }
    }

    private @Nullable ObjectMetadata checkMetadata(Entry entry, int length) {
        long location = entry.location();
        ObjectId id = entry.id();
        ObjectMetadata metadata;
        try {
            metadata = Records.metadata(pool, location, length);
        } catch (CorruptObject corrupt) {
            suspicions.error(
                    Check.RECORD_METADATA,
                    () -> "record of %s at pool+%d: %s".formatted(id, location, corrupt.detail()));
            return null;
        }
        ObjectName name = metadata.name();
        if (id.isNamed() != (name != null) || (name != null && !ObjectId.named(name).equals(id))) {
            suspicions.error(
                    Check.RECORD_NAME,
                    () ->
                            "record of %s at pool+%d has %s"
                                    .formatted(
                                            id,
                                            location,
                                            name == null
                                                    ? "no name"
                                                    : "the name %s, whose id is %s"
                                                            .formatted(
                                                                    name, ObjectId.named(name))));
        }
        return metadata;
    }

    private void checkGroup(Entry entry, ObjectMetadata metadata, int flags) {
        boolean group = (flags & IndexFile.FLAG_GROUP) != 0;
        if (group != (metadata.group() != null)) {
            suspicions.error(
                    Check.FLAGS,
                    () ->
                            "slot of %s says %s a group, its metadata %s"
                                    .formatted(
                                            entry.id(), group ? "in" : "not in", metadata.group()));
        }
    }

    private void checkPayload(
            Entry entry, ObjectMetadata metadata, int metadataLength, long payloadLength) {
        if (payloads == null || entry.state() != IndexFile.SEALED) {
            return;
        }
        long offset = PoolFile.payloadOffset(entry.location(), metadataLength, payloadLength);
        String wrong =
                payloads.verify(
                        entry.id(), metadata, pool.segment().asSlice(offset, payloadLength));
        if (wrong != null) {
            suspicions.error(
                    Check.PAYLOAD,
                    () -> "payload of %s at pool+%d: %s".formatted(entry.id(), offset, wrong));
        }
    }
}
