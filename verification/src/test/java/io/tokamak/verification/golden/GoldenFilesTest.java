package io.tokamak.verification.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.index.IndexReader;
import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.verification.golden.GoldenFiles.Stored;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The golden files")
class GoldenFilesTest {
    private static final Path FOLDER = Path.of("golden");
    private static final String REWRITE = "tokamak.golden.write";

    @BeforeAll
    static void rewriteIfAsked() throws IOException {
        if (Boolean.getBoolean(REWRITE)) {
            for (Map.Entry<String, byte[]> file : GoldenFiles.all().entrySet()) {
                Files.write(FOLDER.resolve(file.getKey()), file.getValue());
            }
        }
    }

    private static byte[] read(String name) throws IOException {
        return Files.readAllBytes(FOLDER.resolve(name));
    }

    private static Memory memory(String name) throws IOException {
        byte[] bytes = read(name);
        Memory memory = Memory.onHeap(bytes.length);
        memory.copyFrom(0, bytes, 0, bytes.length);
        return memory;
    }

    @Test
    @DisplayName("are, byte for byte, what is written today")
    void areWhatIsWritten() throws IOException {
        Map<String, byte[]> written = GoldenFiles.all();
        Map<String, byte[]> there = new TreeMap<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".bin")).toList()) {
                there.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        assertThat(there.keySet()).isEqualTo(written.keySet());
        written.forEach(
                (name, bytes) ->
                        assertThat(Arrays.mismatch(there.get(name), bytes))
                                .as(
                                        "first byte of %s that differs. Stores of old are not read"
                                                + " any more: count StoreFile.LAYOUT up, then write"
                                                + " them with -D%s=true",
                                        name, REWRITE)
                                .isEqualTo(-1));
    }

    @Test
    @DisplayName("are a store in which a reader finds every sealed object whole, and no other")
    void areReadable() throws IOException {
        Memory store = memory("store.bin");
        Memory pool = memory("pool.bin");
        assertThat(store.getLong(StoreFile.LAYOUT_OFFSET)).isEqualTo(StoreFile.LAYOUT);
        IndexReader reader = new IndexReader(store, memory("index.bin"));
        for (Stored object : GoldenFiles.stored()) {
            long slot = reader.find(object.first(), object.second());
            if (object.state != IndexFile.SEALED) {
                assertThat(slot).isEqualTo(IndexReader.NOT_FOUND);
                continue;
            }
            assertThat(slot).as("%s", object.id).isNotEqualTo(IndexReader.NOT_FOUND);
            long length = IndexFile.payloadLength(reader.length(slot));
            byte[] payload = new byte[(int) length];
            long location = reader.location(slot);
            int metadataLength = reader.metadataLength(slot);
            pool.copyTo(
                    PoolFile.payloadOffset(location, metadataLength, length),
                    payload,
                    0,
                    payload.length);
            assertThat(payload).isEqualTo(object.payload);
            byte[] metadata = new byte[metadataLength];
            pool.copyTo(location + PoolFile.HEADER_BYTES, metadata, 0, metadataLength);
            assertThat(MetadataCodec.decode(metadata))
                    .isEqualTo(MetadataCodec.decode(object.metadata));
            assertThat(pool.getInt(location + PoolFile.RECORD_CHECK_OFFSET))
                    .isEqualTo(
                            PoolFile.check(
                                    object.first(), object.second(), length, metadataLength));
        }
    }

    @Test
    @DisplayName("are a store that a node takes over, with chains and a round of splits under way")
    void areTakenOver() throws IOException {
        Memory store = memory("store.bin");
        long levelSplit = store.getLong(StoreFile.LEVEL_SPLIT_OFFSET);
        assertThat(IndexFile.split(levelSplit)).isPositive();
        assertThat(store.getLong(StoreFile.OVERFLOW_USED_OFFSET)).isPositive();
        IndexWriter writer =
                new IndexWriter(store, memory("index.bin"), (offset, length) -> true, step -> {});
        assertThat(writer.recover()).isTrue();
        assertThat(writer.count()).isEqualTo(GoldenFiles.stored().size());
    }

    @Test
    @DisplayName("are a session with lanes and pins")
    void areASession() throws IOException {
        Memory session = memory("session.bin");
        long lane = SessionFile.laneOffset(0);
        long tail = session.getLong(lane + SessionFile.tailOffset(3));
        assertThat(SessionFile.isInExtent(tail, 3)).isTrue();
        assertThat(SessionFile.positionOffset(tail)).isEqualTo(64);
        ByteBuffer pins = ByteBuffer.wrap(read("session-pins.bin")).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(PoolFile.pinnedLocation(pins.getLong(0))).isEqualTo(PoolFile.DATA_OFFSET);
        assertThat(PoolFile.pinnedLocation(pins.getLong(3 * Long.BYTES))).isEqualTo(1L << 40);
        assertThat(pins.getLong(Long.BYTES)).isZero();
    }

    @Test
    @DisplayName("are metadata of every form")
    void areMetadata() throws IOException {
        ByteBuffer in = ByteBuffer.wrap(read("metadata.bin")).order(ByteOrder.LITTLE_ENDIAN);
        for (String form : GoldenFiles.forms().keySet()) {
            byte[] label = new byte[in.getShort()];
            in.get(label);
            assertThat(label).asString().isEqualTo(form);
            byte[] encoded = new byte[in.getInt()];
            in.get(encoded);
            assertThat(
                            MetadataCodec.encode(
                                    MetadataCodec.decode(encoded), 0, GoldenFiles.SESSION_NUMBER))
                    .as(form)
                    .isEqualTo(encoded);
        }
        assertThat(in.hasRemaining()).isFalse();
    }
}
