package io.tokamak.node.objects;

import io.tokamak.index.IndexReader;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Lists a store's objects as any reader could: from the index, by copied reads (R1), without the
 * owner thread.
 *
 * <p>The order is that of the bit-reversed hash. A bucket of a table with {@code n} bits holds
 * exactly the hashes whose reversed first {@code n} bits are its own, and a split cuts that range
 * in two; so a cursor stays where it is while the table grows, and what is there from beginning to
 * end is given exactly once (the idea is that of Redis' SCAN, which reverses the cursor instead).
 * Thread-safe.
 */
public final class StoreListing {
    private static final int LIMIT_MAX = 1000;
    private static final int LIMIT_DEFAULT = 100;

    /**
     * Of a page, whose callers may not read what they asked for: names and attributes may be long,
     * and a thousand of them would be 10 MiB.
     */
    private static final int BYTES_MAX = 2 << 20;

    /** What an entry takes beside its metadata, in any protocol. */
    private static final int ENTRY_BYTES = 512;

    private static final HexFormat CURSOR = HexFormat.of();
    private static final int CURSOR_LENGTH = 2 * (Long.BYTES + Integer.BYTES);

    /**
     * Buckets looked at for one page at most, so that a rare match does not keep a caller waiting.
     */
    private static final int BUCKETS_MAX = 1 << 20;

    private final Memory index;
    private final Memory store;
    private final Memory pool;
    private final IndexReader reader;
    private final long bucketLimit;
    private final long overflowLimit;

    /** What to list; null does not restrict. */
    public record Filter(
            @Nullable String namespace,
            @Nullable String prefix,
            @Nullable Group group,
            @Nullable String mediaType) {

        boolean isMet(ObjectMetadata metadata) {
            ObjectName name = metadata.name();
            if (namespace != null && (name == null || !name.namespace().equals(namespace))) {
                return false;
            }
            if (prefix != null && (name == null || !name.key().startsWith(prefix))) {
                return false;
            }
            return (group == null || group.equals(metadata.group()))
                    && (mediaType == null || mediaType.equals(metadata.mediaType().text()));
        }
    }

    /** An object of a page. */
    public record Entry(
            ObjectId id,
            long incarnation,
            long sizeBytes,
            ObjectMetadata metadata,
            long expiryMillis) {}

    /** A page; the cursor is null after the last one. */
    public record Page(List<Entry> entries, @Nullable String cursor) {}

    private record Found(long order, int bytes, Entry entry) {}

    public StoreListing(Store store) {
        this.index = store.indexMemory();
        this.store = store.storeMemory();
        this.pool = store.poolMemory();
        reader = new IndexReader(this.store, index);
        bucketLimit = this.store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        overflowLimit = this.store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
    }

    /**
     * @param limit 1 to 1,000; 0 means 100
     * @param cursor of the page before; null for the first
     * @throws InvalidRequest for a limit or cursor that cannot be
     */
    public Page page(Filter filter, int limit, @Nullable String cursor) {
        if (limit < 0 || limit > LIMIT_MAX) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_LIMIT,
                    "limit " + limit + " is not 1 to " + LIMIT_MAX,
                    "give one in between");
        }
        int wanted = limit == 0 ? LIMIT_DEFAULT : limit;
        long from = cursor == null ? 0 : parse(cursor, filter);
        List<Entry> entries = new ArrayList<>();
        int bytes = 0;
        for (int looked = 0; looked < BUCKETS_MAX; looked++) {
            long view = store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET);
            long bucket = IndexFile.bucketOf(Long.reverse(from), view);
            long last = from | (-1L >>> bitsOf(bucket, view));
            List<Found> found = matches(bucket, from, last, filter);
            Memory.acquireFence(); // R4: whatever was passed over was looked at before
            if (store.getLongAcquire(StoreFile.LEVEL_SPLIT_OFFSET) != view) {
                continue; // entries may have moved while they were read: once more
            }
            for (Found one : inOrder(found)) {
                bytes += one.bytes();
                if (entries.size() == wanted || (bytes > BYTES_MAX && !entries.isEmpty())) {
                    return new Page(entries, format(one.order(), filter));
                }
                entries.add(one.entry());
            }
            if (last == -1) {
                return new Page(entries, null);
            }
            from = last + 1;
        }
        return new Page(entries, format(from, filter));
    }

    /** Sorted; of an entry that moves just now, and is in its old place and its new, one. */
    private static List<Found> inOrder(List<Found> found) {
        found.sort(
                Comparator.comparing(Found::order, Long::compareUnsigned)
                        .thenComparing(one -> one.entry().id()));
        List<Found> distinct = new ArrayList<>(found.size());
        for (Found one : found) {
            if (distinct.isEmpty() || !distinct.getLast().entry().id().equals(one.entry().id())) {
                distinct.add(one);
            }
        }
        return distinct;
    }

    /** Bits of the hash that a bucket's entries share. */
    private static int bitsOf(long bucket, long view) {
        int level = IndexFile.level(view);
        boolean isSplit = bucket < IndexFile.split(view) || bucket >= 1L << level;
        return isSplit ? level + 1 : level;
    }

    /**
     * @param from the first order of the bucket's range that is asked for
     * @param last the range's last: a bucket that was split keeps what moved until it is emptied
     */
    private List<Found> matches(long bucket, long from, long last, Filter filter) {
        List<Found> found = new ArrayList<>();
        collect(IndexFile.bucketOffset(bucket), from, last, filter, found);
        int link =
                index.getIntAcquire(IndexFile.bucketLinkOffset(bucketLimit, overflowLimit, bucket));
        for (long steps = 0; link != 0 && steps < overflowLimit; steps++) {
            long overflow = Integer.toUnsignedLong(link) - 1;
            collect(IndexFile.overflowOffset(bucketLimit, overflow), from, last, filter, found);
            link =
                    index.getIntAcquire(
                            IndexFile.overflowLinkOffset(bucketLimit, overflowLimit, overflow));
        }
        return found;
    }

    private void collect(
            long bucketOffset, long from, long last, Filter filter, List<Found> found) {
        for (int i = 0; i < IndexFile.SLOTS_PER_BUCKET; i++) {
            long slot = bucketOffset + (long) i * IndexFile.SLOT_BYTES;
            long state = reader.state(slot);
            if (IndexFile.stateOf(state) != IndexFile.SEALED) {
                continue;
            }
            long first = reader.idFirst(slot);
            long second = reader.idSecond(slot);
            long order = Long.reverse(reader.hash(first, second));
            if (Long.compareUnsigned(order, from) < 0 || Long.compareUnsigned(order, last) > 0) {
                continue;
            }
            Entry entry = read(slot, first, second);
            int bytes = ENTRY_BYTES + reader.metadataLength(slot);
            Memory.acquireFence();
            if (reader.state(slot) == state && entry != null && filter.isMet(entry.metadata())) {
                found.add(new Found(order, bytes, entry));
            }
        }
    }

    /** Copies what a slot says; null when it makes no sense, because it changed meanwhile. */
    private @Nullable Entry read(long slot, long first, long second) {
        long location = reader.location(slot);
        int metadataLength = reader.metadataLength(slot);
        if (metadataLength < 0
                || metadataLength > PoolFile.METADATA_BYTES_MAX
                || location < PoolFile.DATA_OFFSET
                || location + PoolFile.HEADER_BYTES + metadataLength > pool.size()) {
            return null;
        }
        ObjectMetadata metadata = ObjectMetadata.PLAIN;
        if (metadataLength > 0) {
            byte[] bytes = new byte[metadataLength];
            pool.copyTo(location + PoolFile.HEADER_BYTES, bytes, 0, metadataLength);
            try {
                metadata = MetadataCodec.decode(bytes);
            } catch (CorruptObject changedMeanwhile) {
                return null;
            }
        }
        return new Entry(
                ObjectTable.id(first, second),
                reader.incarnation(slot),
                IndexFile.payloadLength(reader.length(slot)),
                metadata,
                reader.expiry(slot));
    }

    /** The place, and what tells whether it is one of this store's list. */
    private String format(long from, Filter filter) {
        return CURSOR.toHexDigits(from) + CURSOR.toHexDigits(check(from, filter));
    }

    private long parse(String cursor, Filter filter) {
        if (cursor.length() == CURSOR_LENGTH && cursor.chars().allMatch(StoreListing::isDigit)) {
            long from = HexFormat.fromHexDigitsToLong(cursor, 0, Long.BYTES * 2);
            if (cursor.equals(format(from, filter))) {
                return from;
            }
        }
        throw new InvalidRequest(
                InvalidRequest.BAD_CURSOR,
                "the cursor is none of this list",
                "take it from the page before, and ask for the same objects");
    }

    private static boolean isDigit(int c) {
        return HexFormat.isHexDigit(c);
    }

    /**
     * Against mistakes: a cursor cut short, of another list, or of a store whose hashes are others.
     */
    private int check(long from, Filter filter) {
        CRC32C check = new CRC32C();
        String list = from + " " + reader.hash(0, 0) + " " + filter;
        check.update(list.getBytes(StandardCharsets.UTF_8));
        return (int) check.getValue();
    }
}
