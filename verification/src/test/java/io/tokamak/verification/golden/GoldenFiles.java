package io.tokamak.verification.golden;

import io.tokamak.index.IndexWriter;
import io.tokamak.index.SlotFields;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.Group;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.segment.RecordHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the files of {@code verification/golden} with the classes that write a store; its README
 * says what is in them. The same bytes each time: no clock, no chance.
 */
final class GoldenFiles {
    static final long NOW_MILLIS = 1_700_000_000_000L;
    static final int STORE_NUMBER = 42;
    static final int SESSION_NUMBER = 7;
    static final long HASH_SEED = 0x5EED_0123_4567_89ABL;
    static final long BUCKET_LIMIT = 128;
    static final long OVERFLOW_LIMIT = 64;
    static final int POOL_LENGTH = 32 << 10;
    static final int FILLERS = 220;
    static final ObjectName NAME = new ObjectName("models", "llama/ü");

    /** What is stored, and how its slot says it. */
    static final class Stored {
        final ObjectId id;
        final int state;
        final byte[] metadata;
        final byte[] payload;

        Stored(ObjectId id, int state, byte[] metadata, byte[] payload) {
            this.id = id;
            this.state = state;
            this.metadata = metadata;
            this.payload = payload;
        }

        long first() {
            return Long.reverseBytes(id.mostSignificantBits());
        }

        long second() {
            return Long.reverseBytes(id.leastSignificantBits());
        }
    }

    private GoldenFiles() {}

    /** Contents by file name. */
    static Map<String, byte[]> all() {
        Map<String, byte[]> files = new TreeMap<>();
        addStore(files);
        addSession(files);
        files.put("hash.bin", hashes());
        files.put("idle.bin", idleTimes());
        files.put("metadata.bin", metadata());
        files.put("names.bin", names());
        files.put("positions.bin", positions());
        files.put("records.bin", recordPlaces());
        return files;
    }

    static List<Stored> stored() {
        List<Stored> stored = new ArrayList<>();
        stored.add(sealed(anonymous(1), new byte[0], text("hello")));
        stored.add(sealed(ObjectId.named(NAME), encode(full()), pattern(300)));
        stored.add(sealed(anonymous(2), encode(grouped()), pattern(255)));
        stored.add(sealed(anonymous(3), new byte[0], new byte[0]));
        ObjectName claimed = new ObjectName("models", "claimed");
        stored.add(
                new Stored(
                        ObjectId.named(claimed),
                        IndexFile.CLAIMING,
                        encode(ObjectMetadata.named(claimed)),
                        pattern(256)));
        stored.add(new Stored(anonymous(4), IndexFile.CONDEMNED, new byte[0], pattern(1000)));
        stored.add(new Stored(anonymous(5), IndexFile.SPILLED, new byte[0], pattern(64)));
        for (int i = 0; i < FILLERS; i++) {
            byte[] counter = rows(1).putLong(1000 + i).array();
            stored.add(sealed(anonymous(1000 + i), new byte[0], counter));
        }
        return stored;
    }

    private static Stored sealed(ObjectId id, byte[] metadata, byte[] payload) {
        return new Stored(id, IndexFile.SEALED, metadata, payload);
    }

    private static ObjectId anonymous(long counter) {
        return ObjectId.anonymous(STORE_NUMBER, SESSION_NUMBER, counter);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Byte i is 7 i + 1. */
    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (7 * i + 1);
        }
        return bytes;
    }

    private static byte[] encode(ObjectMetadata metadata) {
        return MetadataCodec.encode(metadata, NOW_MILLIS, SESSION_NUMBER);
    }

    private static void addStore(Map<String, byte[]> files) {
        Memory store = Memory.onHeap(StoreFile.LENGTH);
        store.putLong(StoreFile.STORE_ID_OFFSET, 0x0706_0504_0302_0100L);
        store.putLong(StoreFile.STORE_ID_OFFSET + 8, 0x0F0E_0D0C_0B0A_0908L);
        store.putInt(StoreFile.STORE_NUMBER_OFFSET, STORE_NUMBER);
        store.putLong(StoreFile.BOOT_ID_OFFSET, 0x1716_1514_1312_1110L);
        store.putLong(StoreFile.BOOT_ID_OFFSET + 8, 0x1F1E_1D1C_1B1A_1918L);
        store.putLong(StoreFile.HASH_SEED_OFFSET, HASH_SEED);
        store.putLong(StoreFile.POOL_LENGTH_OFFSET, POOL_LENGTH);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, BUCKET_LIMIT);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, OVERFLOW_LIMIT);
        store.putLong(StoreFile.CREATED_AT_OFFSET, NOW_MILLIS);
        store.putInt(StoreFile.NEXT_SESSION_OFFSET, SESSION_NUMBER + 1);
        store.putLong(StoreFile.INCARNATION_CEILING_OFFSET, Incarnation.of(NOW_MILLIS + 60_000, 0));
        store.putLong(StoreFile.NOW_OFFSET, NOW_MILLIS + 1000);
        store.putInt(StoreFile.WANTED_OFFSET, 1);
        store.putInt(StoreFile.BARRIERS_OFFSET, 1);
        store.putInt(StoreFile.NODE_PID_OFFSET, 4711);
        store.putLong(StoreFile.NODE_STARTED_AT_OFFSET, NOW_MILLIS - 5000);
        Memory index = Memory.onHeap(IndexFile.length(BUCKET_LIMIT, OVERFLOW_LIMIT));
        Memory pool = Memory.onHeap(POOL_LENGTH);
        pool.putLong(PoolFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        pool.putInt(PoolFile.DOORBELL_OFFSET, 3);
        IndexWriter writer = new IndexWriter(store, index, (offset, length) -> true, step -> {});
        if (!writer.create()) {
            throw new IllegalStateException("no room for the smallest table");
        }
        SlotFields fields = new SlotFields();
        long location = PoolFile.DATA_OFFSET;
        int sequence = 0;
        for (Stored object : stored()) {
            write(pool, location, object);
            fields.idFirst = object.first();
            fields.idSecond = object.second();
            fields.incarnation = Incarnation.of(NOW_MILLIS, sequence++);
            fields.location = location;
            fields.length = IndexFile.lengthWord(object.payload.length, IndexFile.FLAG_KEPT);
            fields.metadataLength = object.metadata.length;
            fields.idle = IndexFile.idleCode(Lifetime.DEFAULT_IDLE.toMillis());
            fields.expiry = NOW_MILLIS + Lifetime.DEFAULT_IDLE.toMillis();
            if (writer.insert(object.state, fields) == IndexWriter.NONE) {
                throw new IllegalStateException("no room for " + object.id);
            }
            writer.grow(1);
            location = PoolFile.recordEnd(location, object.metadata.length, object.payload.length);
        }
        store.putLong(StoreFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        files.put("store.bin", bytes(store, 0, StoreFile.LENGTH));
        files.put("index.bin", bytes(index, 0, index.size()));
        files.put("pool.bin", bytes(pool, 0, POOL_LENGTH));
    }

    private static void write(Memory pool, long location, Stored object) {
        RecordHeader.write(pool, location, object.id, object.metadata, object.payload.length);
        long payload =
                PoolFile.payloadOffset(location, object.metadata.length, object.payload.length);
        pool.copyFrom(payload, object.payload, 0, object.payload.length);
    }

    private static void addSession(Map<String, byte[]> files) {
        Memory session = Memory.onHeap(SessionFile.LENGTH);
        session.putInt(SessionFile.SESSION_NUMBER_OFFSET, SESSION_NUMBER);
        session.putInt(SessionFile.STATE_OFFSET, SessionFile.STATE_GO);
        session.putInt(SessionFile.LANE_COUNT_OFFSET, SessionFile.LANE_COUNT);
        session.putInt(SessionFile.PIN_LIMIT_OFFSET, SessionFile.PIN_LIMIT);
        session.putInt(SessionFile.ACCESS_LIMIT_OFFSET, SessionFile.ACCESS_LIMIT);
        session.putInt(SessionFile.PID_OFFSET, 4712);
        session.putInt(SessionFile.LANGUAGE_OFFSET, SessionFile.LANGUAGE_RUST);
        session.putLong(SessionFile.ATTACHED_AT_OFFSET, NOW_MILLIS);
        byte[] name = text("größe");
        session.copyFrom(SessionFile.NAME_OFFSET, name, 0, name.length);
        session.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, SessionFile.PINS_PER_LINE);
        session.putLong(SessionFile.ACCESS_TAIL_OFFSET, 2);
        session.putLong(SessionFile.ACCESS_HEAD_OFFSET, 1);
        session.putInt(SessionFile.NOTIFIED_OFFSET, 5);
        addLanes(session);
        for (int access = 0; access < 2; access++) {
            byte[] id = idBytes(anonymous(1 + access));
            session.copyFrom(SessionFile.accessOffset(access), id, 0, id.length);
        }
        session.putLong(SessionFile.pinOffset(0), PoolFile.pinOf(PoolFile.DATA_OFFSET));
        session.putLong(SessionFile.pinOffset(3), PoolFile.pinOf(1L << 40));
        session.putLong(SessionFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        files.put("session.bin", bytes(session, 0, SessionFile.laneOffset(2)));
        files.put(
                "session-accesses.bin",
                bytes(session, SessionFile.ACCESSES_OFFSET, 2L * SessionFile.ACCESS_BYTES));
        files.put(
                "session-pins.bin",
                bytes(
                        session,
                        SessionFile.PINS_OFFSET,
                        (long) SessionFile.PINS_PER_LINE * Long.BYTES));
    }

    /**
     * One that goes from its second extent to the third, and one with a named record that was
     * answered.
     */
    private static void addLanes(Memory session) {
        long lane = SessionFile.laneOffset(0);
        session.putInt(lane + SessionFile.KIND_OFFSET, SessionFile.KIND_SHARED);
        putExtent(session, lane, 2, 1 << 20, 256 << 10);
        putExtent(session, lane, 3, 8 << 20, 512 << 10);
        session.putLong(lane + SessionFile.OFFERED_OFFSET, 3);
        session.putLong(lane + SessionFile.DRAINED_OFFSET, SessionFile.position(2, 4096));
        session.putLong(lane + SessionFile.tailOffset(2), SessionFile.position(2, 200 << 10));
        session.putLong(lane + SessionFile.tailOffset(3), SessionFile.position(3, 64));
        session.putLong(lane + SessionFile.WANTED_OFFSET, 4);
        lane = SessionFile.laneOffset(1);
        session.putInt(lane + SessionFile.KIND_OFFSET, SessionFile.KIND_SINGLE);
        putExtent(session, lane, 1, 16 << 20, 64 << 20);
        session.putLong(lane + SessionFile.OFFERED_OFFSET, 1);
        session.putLong(lane + SessionFile.DRAINED_OFFSET, SessionFile.position(1, 60 << 20));
        session.putLong(lane + SessionFile.tailOffset(1), SessionFile.position(1, 60 << 20));
        session.putInt(lane + SessionFile.ANSWER_OFFSET, SessionFile.ANSWER_CREATED);
        session.putInt(lane + SessionFile.ANSWERS_OFFSET, 1);
        session.putLong(
                lane + SessionFile.ANSWER_INCARNATION_OFFSET, Incarnation.of(NOW_MILLIS, 9));
        session.putLong(lane + SessionFile.ANSWERED_OFFSET, SessionFile.position(1, 0));
    }

    private static void putExtent(Memory session, long lane, long number, long start, long length) {
        session.putLong(lane + SessionFile.extentOffset(number), start);
        session.putLong(lane + SessionFile.extentOffset(number) + Long.BYTES, length);
    }

    private static byte[] hashes() {
        long[] words = {0, 1, -1, Long.MIN_VALUE, 0x0102_0304_0506_0708L};
        long[] seeds = {0, HASH_SEED, -1};
        long[] levelSplits = {
            IndexFile.levelSplit(IndexFile.LEVEL_MIN, 0, 0),
            IndexFile.levelSplit(IndexFile.LEVEL_MIN, 0xFFFF, 33),
            IndexFile.levelSplit(20, 7, (1 << 20) - 1),
            IndexFile.levelSplit(38, 1, 1L << 37)
        };
        ByteBuffer out = rows(6 * words.length * words.length * seeds.length * levelSplits.length);
        for (long first : words) {
            for (long second : words) {
                for (long seed : seeds) {
                    for (long levelSplit : levelSplits) {
                        long hash = IndexFile.hash(first, second, seed);
                        out.putLong(first).putLong(second).putLong(seed).putLong(hash);
                        out.putLong(levelSplit).putLong(IndexFile.bucketOf(hash, levelSplit));
                    }
                }
            }
        }
        return taken(out);
    }

    private static byte[] recordPlaces() {
        long[] locations = {4096, 4112, 4144, 4144 + 64, 1L << 40};
        long[] metadataLengths = {0, 8, 40, 136, PoolFile.METADATA_BYTES_MAX};
        long[] payloadLengths = {0, 1, 15, 16, 17, 255, 256, 257, 4096, 1L << 33};
        ByteBuffer out =
                rows(6 * locations.length * metadataLengths.length * payloadLengths.length);
        for (long location : locations) {
            for (long metadata : metadataLengths) {
                for (long payload : payloadLengths) {
                    out.putLong(location).putLong(metadata).putLong(payload);
                    out.putLong(PoolFile.payloadOffset(location, metadata, payload));
                    out.putLong(PoolFile.recordEnd(location, metadata, payload));
                    out.putLong(PoolFile.pinOf(location));
                }
            }
        }
        return taken(out);
    }

    private static byte[] positions() {
        long[] numbers = {1, 2, 0xFFFF, 0x10000, 0x12345};
        long[] offsets = {0, 16, 4096, 64 << 20, 1L << 40};
        ByteBuffer out = rows(3 * numbers.length * offsets.length);
        for (long number : numbers) {
            for (long offset : offsets) {
                out.putLong(number).putLong(offset).putLong(SessionFile.position(number, offset));
            }
        }
        return taken(out);
    }

    private static byte[] idleTimes() {
        long[] millis = {
            0,
            1,
            500,
            60_000,
            86_400_000,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE + 1L,
            2_147_484_001L,
            31_536_000_000L,
            Integer.MAX_VALUE * 1000L
        };
        ByteBuffer out = rows(4 * millis.length);
        for (long idle : millis) {
            int code = IndexFile.idleCode(idle);
            out.putLong(idle).putLong(Integer.toUnsignedLong(code));
            out.putLong(IndexFile.idleMillis(code));
            out.putLong(Lifetime.accessGranularityMillis(idle));
        }
        return taken(out);
    }

    private static byte[] names() {
        List<ObjectName> names =
                List.of(
                        new ObjectName("a", "b"),
                        NAME,
                        new ObjectName("models", "claimed"),
                        new ObjectName("n".repeat(60), "k".repeat(200)));
        ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        for (ObjectName name : names) {
            byte[] namespace = text(name.namespace());
            byte[] key = text(name.key());
            out.putShort((short) namespace.length).putShort((short) key.length);
            out.put(namespace).put(key).put(idBytes(ObjectId.named(name)));
        }
        return taken(out);
    }

    private static byte[] idBytes(ObjectId id) {
        return ByteBuffer.allocate(ObjectId.SIZE_BYTES)
                .putLong(id.mostSignificantBits())
                .putLong(id.leastSignificantBits())
                .array();
    }

    private static ObjectMetadata full() {
        return new ObjectMetadata(
                NAME,
                MediaType.of("text/plain"),
                "gzip",
                Attributes.of(Map.of("a", "1", "owner", "Jürgen")),
                new Lifetime.Ttl(Duration.ofSeconds(10), Duration.ofMinutes(1)),
                new Group("models", "night"));
    }

    private static ObjectMetadata grouped() {
        ObjectMetadata plain = ObjectMetadata.PLAIN;
        return new ObjectMetadata(
                null,
                plain.mediaType(),
                null,
                plain.attributes(),
                plain.lifetime(),
                new Group("models", "night"));
    }

    /** In the order of their names. */
    static Map<String, ObjectMetadata> forms() {
        ObjectMetadata plain = ObjectMetadata.PLAIN;
        Map<String, ObjectMetadata> forms = new TreeMap<>();
        forms.put("plain", plain);
        forms.put("full", full());
        forms.put("name", ObjectMetadata.named(NAME));
        forms.put("group", grouped());
        forms.put("session", plain.withLifetime(Lifetime.session()));
        forms.put("until-deleted", plain.withLifetime(new Lifetime.UntilDeleted()));
        forms.put("idle", plain.withLifetime(new Lifetime.Idle(Duration.ofMinutes(5))));
        forms.put(
                "until",
                plain.withLifetime(new Lifetime.Until(Instant.ofEpochMilli(NOW_MILLIS + 1), null)));
        return forms;
    }

    private static byte[] metadata() {
        ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        forms().forEach(
                        (name, metadata) -> {
                            byte[] label = text(name);
                            byte[] encoded = encode(metadata);
                            out.putShort((short) label.length).put(label);
                            out.putInt(encoded.length).put(encoded);
                        });
        return taken(out);
    }

    private static ByteBuffer rows(int words) {
        return ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] taken(ByteBuffer out) {
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    private static byte[] bytes(Memory memory, long offset, long length) {
        byte[] bytes = new byte[Math.toIntExact(length)];
        memory.copyTo(offset, bytes, 0, bytes.length);
        return bytes;
    }
}
