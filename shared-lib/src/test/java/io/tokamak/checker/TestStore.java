package io.tokamak.checker;

import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.NoSpace;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A store made by hand: as a node would have left it, until a test changes a word. Its lock is
 * held, as by a node.
 */
final class TestStore implements AutoCloseable {
    static final long SEED = 0x5EED;
    static final int STORE_NUMBER = 7;
    static final long INCARNATION = 1_790_000_000_000L << 20;

    final Folder folder;
    final Memory store;
    final Memory index;
    final Memory pool;
    final IndexWriter writer;
    final long poolLength;
    final long bucketLimit;
    final long overflowLimit;
    private final List<OpenFile> open = new ArrayList<>();
    private final OpenFile lock;
    private final SlotFields fields = new SlotFields();

    /** Where the next record goes. */
    long end = PoolFile.DATA_OFFSET;

    private long counter;

    TestStore(Path parent, long poolLength) throws IOException {
        this(parent, poolLength, _ -> {});
    }

    TestStore(Path parent, long poolLength, IndexWriter.Steps steps) throws IOException {
        this.poolLength = poolLength;
        folder = new Folder(parent.resolve("node"));
        makeFolder(folder.path(), "rwxr-x---");
        makeFolder(folder.sessions(), "rwx--x--x");
        lock = create(folder.lock(), 0600);
        lock.tryLock();
        create(folder.nonce(), 0640)
                .write(0, "00112233445566778899aabbccddeeff".getBytes(StandardCharsets.US_ASCII));
        bucketLimit = IndexFile.bucketLimit(poolLength);
        overflowLimit = IndexFile.overflowLimit(bucketLimit);
        store = map(create(folder.store(), 0640), StoreFile.LENGTH);
        OpenFile indexFile = create(folder.index(), 0640);
        index = map(indexFile, IndexFile.length(bucketLimit, overflowLimit));
        pool = map(create(folder.pool(), 0664), poolLength);
        store.copyFrom(
                StoreFile.BOOT_ID_OFFSET, HexFormat.of().parseHex(Processes.hostBootId()), 0, 16);
        store.putInt(StoreFile.STORE_NUMBER_OFFSET, STORE_NUMBER);
        store.putLong(StoreFile.HASH_SEED_OFFSET, SEED);
        store.putLong(StoreFile.POOL_LENGTH_OFFSET, poolLength);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, bucketLimit);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, overflowLimit);
        store.putInt(StoreFile.NEXT_SESSION_OFFSET, 100);
        store.putLong(StoreFile.INCARNATION_CEILING_OFFSET, INCARNATION + (1 << 30));
        pool.putLong(PoolFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        writer =
                new IndexWriter(
                        store,
                        index,
                        (offset, length) -> allocate(indexFile, offset, length),
                        steps);
        writer.create();
        store.putLongRelease(StoreFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
    }

    private static boolean allocate(OpenFile file, long offset, long length) {
        try {
            file.allocate(offset, length);
            return true;
        } catch (NoSpace full) {
            return false;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void makeFolder(Path path, String mode) throws IOException {
        Files.createDirectory(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private OpenFile create(Path path, int mode) throws IOException {
        OpenFile file = OpenFile.create(path, mode);
        open.add(file);
        return file;
    }

    private static Memory map(OpenFile file, long length) throws IOException {
        file.setSize(length);
        return file.map(true, length);
    }

    /** As a killed node leaves it. */
    void killNode() throws IOException {
        lock.unlock();
    }

    StoreReport check() throws IOException {
        return StoreChecker.check(folder, StoreChecker.Mode.STRICT);
    }

    ObjectId nextId() {
        return ObjectId.anonymous(STORE_NUMBER, 1, counter++);
    }

    static long first(ObjectId id) {
        return Long.reverseBytes(id.mostSignificantBits());
    }

    static long second(ObjectId id) {
        return Long.reverseBytes(id.leastSignificantBits());
    }

    long bucketOf(ObjectId id) {
        return IndexFile.bucketOf(
                IndexFile.hash(first(id), second(id), SEED),
                store.getLong(StoreFile.LEVEL_SPLIT_OFFSET));
    }

    /** A sealed anonymous object; answers its slot. */
    long put(int payloadBytes) {
        return put(nextId(), ObjectMetadata.PLAIN, payloadBytes, IndexFile.SEALED);
    }

    /** A record behind the last one and its slot, which is answered. */
    long put(ObjectId id, ObjectMetadata metadata, int payloadBytes, int state) {
        long location = end;
        byte[] encoded = MetadataCodec.encode(metadata, 0, 1);
        end = writeRecord(location, id, encoded, payloadBytes);
        return insert(
                id,
                location,
                encoded.length,
                payloadBytes,
                state,
                metadata.group() == null ? 0 : IndexFile.FLAG_GROUP);
    }

    long insert(
            ObjectId id,
            long location,
            int metadataBytes,
            long payloadBytes,
            int state,
            int flags) {
        fields.idFirst = first(id);
        fields.idSecond = second(id);
        fields.incarnation = INCARNATION + counter;
        fields.location = location;
        fields.length = IndexFile.lengthWord(payloadBytes, flags);
        fields.metadataLength = metadataBytes;
        return writer.insert(state, fields);
    }

    /** Answers where it ends. */
    long writeRecord(long location, ObjectId id, byte[] metadata, int payloadBytes) {
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET, first(id));
        pool.putLong(location + PoolFile.RECORD_ID_OFFSET + Long.BYTES, second(id));
        pool.putLong(location + PoolFile.RECORD_LENGTH_OFFSET, payloadBytes);
        pool.putInt(location + PoolFile.RECORD_METADATA_OFFSET, metadata.length);
        pool.putInt(
                location + PoolFile.RECORD_CHECK_OFFSET,
                PoolFile.check(first(id), second(id), payloadBytes, metadata.length));
        pool.copyFrom(location + PoolFile.HEADER_BYTES, metadata, 0, metadata.length);
        return PoolFile.recordEnd(location, metadata.length, payloadBytes);
    }

    void blockBoundary() {
        end = (end + PoolFile.BLOCK_BYTES - 1) & -PoolFile.BLOCK_BYTES;
    }

    Session session(int number) throws IOException {
        return new Session(number);
    }

    /** An attached session, its lock held. */
    final class Session {
        final Path path;
        final OpenFile file;
        final Memory memory;
        final int number;

        Session(int number) throws IOException {
            this.number = number;
            path = folder.session(String.format("%032x", 0xABCDEF0000L + number));
            file = create(path, 0666);
            memory = map(file, SessionFile.LENGTH);
            memory.putInt(SessionFile.SESSION_NUMBER_OFFSET, number);
            memory.putInt(SessionFile.STATE_OFFSET, SessionFile.STATE_GO);
            memory.putInt(SessionFile.LANE_COUNT_OFFSET, SessionFile.LANE_COUNT);
            memory.putInt(SessionFile.PIN_LIMIT_OFFSET, SessionFile.PIN_LIMIT);
            memory.putInt(SessionFile.ACCESS_LIMIT_OFFSET, SessionFile.ACCESS_LIMIT);
            memory.putInt(SessionFile.PID_OFFSET, Processes.pid());
            memory.putLong(SessionFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
            file.tryLock();
        }

        void pin(int word, long location) {
            memory.putInt(
                    SessionFile.PIN_HIGH_WATER_OFFSET,
                    Math.max(word + 1, memory.getInt(SessionFile.PIN_HIGH_WATER_OFFSET)));
            memory.putLong(SessionFile.pinOffset(word), PoolFile.pinOf(location));
        }

        /** Lends an extent; positions are bytes from its start. */
        void lend(int lane, long extent, long start, long length, long drained, long tail) {
            long at = SessionFile.laneOffset(lane);
            memory.putLong(at + SessionFile.extentOffset(extent), start);
            memory.putLong(at + SessionFile.extentOffset(extent) + Long.BYTES, length);
            memory.putLong(at + SessionFile.OFFERED_OFFSET, extent);
            memory.putLong(at + SessionFile.DRAINED_OFFSET, SessionFile.position(extent, drained));
            memory.putLong(at + SessionFile.tailOffset(extent), SessionFile.position(extent, tail));
            memory.putInt(at + SessionFile.KIND_OFFSET, SessionFile.KIND_SHARED);
        }

        /** The extent that the writer goes on with later. */
        void offer(int lane, long extent, long start, long length) {
            long at = SessionFile.laneOffset(lane);
            memory.putLong(at + SessionFile.extentOffset(extent), start);
            memory.putLong(at + SessionFile.extentOffset(extent) + Long.BYTES, length);
            memory.putLong(at + SessionFile.OFFERED_OFFSET, extent);
        }
    }

    @Override
    public void close() {
        open.forEach(OpenFile::close);
    }
}
