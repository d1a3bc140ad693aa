package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A client that breaks the rules")
@Timeout(120)
class HostileClientTest {
    private static final byte[] PAYLOAD =
            "unharmed".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final StoreFixture fixture = StoreFixture.open();
    private LaneClient witness = fixture.attach();
    private final List<ObjectId> before = new ArrayList<>();

    @BeforeEach
    void putBefore() {
        for (int i = 0; i < 20; i++) {
            before.add(witness.put(PAYLOAD));
        }
        drain();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void drain() {
        StoreFixture.get(fixture.store.resolve(List.of(), 0, 0));
    }

    /** The node lives, and another session notices nothing. */
    private void othersAreUnaffected() {
        ObjectId id = witness.put(PAYLOAD);
        drain();
        assertThat(witness.isFenced()).isFalse();
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        before.forEach(old -> assertThat(witness.read(old)).isEqualTo(PAYLOAD));
        fixture.balanced();
    }

    private void isFenced(LaneClient hostile, boolean expected) {
        drain();
        assertThat(hostile.isFenced()).isEqualTo(expected);
        othersAreUnaffected();
        hostile.close();
        Eventually.holds("buried", hostile::isBuried);
        othersAreUnaffected();
    }

    /** Commits a record that was changed after it was written as it should be. */
    private LaneClient commits(ObjectMetadata metadata, boolean checked, Consumer<LaneClient> lie) {
        LaneClient hostile = fixture.attach();
        ObjectId id = metadata.name() == null ? hostile.nextId() : ObjectId.named(metadata.name());
        long end = hostile.write(id, new byte[300], metadata);
        lie.accept(hostile);
        if (checked) {
            long at = hostile.start + hostile.used;
            hostile.pool.putInt(
                    at + PoolFile.RECORD_CHECK_OFFSET,
                    PoolFile.check(
                            hostile.pool.getLong(at),
                            hostile.pool.getLong(at + 8),
                            hostile.pool.getLong(at + PoolFile.RECORD_LENGTH_OFFSET),
                            hostile.pool.getInt(at + PoolFile.RECORD_METADATA_OFFSET)));
        }
        hostile.commit(end);
        return hostile;
    }

    private static final ObjectName NAME = new ObjectName("test", "a name");
    private static final ObjectMetadata NAMED = ObjectMetadata.named(NAME);

    /** Bits 61 to 63 of the id's second half, the top of the session's own counter. */
    private static boolean isChecked(int bit) {
        return bit < 125 || bit > 127;
    }

    @Test
    @DisplayName(
            "I23: every bit of a header that its check covers, flipped, ends its session alone")
    void headerBits() {
        for (int bit = 0; bit < PoolFile.HEADER_BYTES * 8; bit++) {
            int flipped = bit;
            if (!isChecked(bit)) {
                continue;
            }
            LaneClient hostile =
                    commits(
                            ObjectMetadata.PLAIN,
                            false,
                            client -> {
                                long at = client.start + client.used + flipped / 8;
                                client.pool.putByte(
                                        at, (byte) (client.pool.getByte(at) ^ 1 << flipped % 8));
                            });
            drain();
            assertThat(hostile.isFenced()).as("bit %d", bit).isTrue();
            hostile.close();
        }
        othersAreUnaffected();
        assertThat(fixture.status().counters().fencedSessions())
                .isEqualTo(PoolFile.HEADER_BYTES * 8 - 3);
        Eventually.holds("all buried", () -> fixture.status().sessions().size() == 1);
        Eventually.holds("space back", () -> fixture.ledger().leased() <= 256 << 10);
        fixture.sound();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    @DisplayName(
            "I23: headers with a right check over lying fields end their session alone, or are"
                    + " true")
    void lyingHeaders(long seed) {
        Random random = new Random(seed);
        long[] interesting = {
            0,
            1,
            -1,
            16,
            255,
            256,
            4096,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            IndexFile.PAYLOAD_LENGTH_MAX,
            IndexFile.PAYLOAD_LENGTH_MAX + 1
        };
        for (int round = 0; round < 150; round++) {
            commits(
                            random.nextBoolean() ? NAMED : ObjectMetadata.PLAIN,
                            true,
                            client -> {
                                long at = client.start + client.used;
                                long value =
                                        random.nextBoolean()
                                                ? interesting[random.nextInt(interesting.length)]
                                                : random.nextLong();
                                switch (random.nextInt(4)) {
                                    case 0 -> client.pool.putLong(at, value);
                                    case 1 -> client.pool.putLong(at + 8, value);
                                    case 2 ->
                                            client.pool.putLong(
                                                    at + PoolFile.RECORD_LENGTH_OFFSET, value);
                                    default ->
                                            client.pool.putInt(
                                                    at + PoolFile.RECORD_METADATA_OFFSET,
                                                    (int) value);
                                }
                            })
                    .close();
            if (round % 10 == 0) {
                othersAreUnaffected();
            }
        }
        othersAreUnaffected();
        Eventually.holds("all buried", () -> fixture.status().sessions().size() == 1);
        fixture.sound();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    @DisplayName(
            "I23: metadata with bytes changed at random are refused and counted, or published when"
                    + " they are still that object's")
    void lyingMetadata(long seed) {
        Random random = new Random(seed);
        ObjectMetadata metadata =
                NAMED.withGroup(new Group("test", "g"))
                        .withAttributes(Attributes.of(Map.of("a", "b", "c", "d")));
        ObjectId id = ObjectId.named(NAME);
        byte[] encoded = new byte[MetadataCodec.encodedLength(metadata)];
        int broken = 0;
        int foreign = 0;
        int honest = 0;
        for (int round = 0; round < 150; round++) {
            LaneClient hostile =
                    commits(
                            metadata,
                            true,
                            client -> {
                                long at = client.start + client.used + PoolFile.HEADER_BYTES;
                                for (int i = 0; i <= random.nextInt(3); i++) {
                                    client.pool.putByte(
                                            at + random.nextInt(encoded.length),
                                            (byte) random.nextInt());
                                }
                                client.pool.copyTo(at, encoded, 0, encoded.length);
                            });
            drain();
            ObjectMetadata told = decoded(encoded);
            if (told != null && isOf(told, id, hostile)) {
                honest++;
                Eventually.holds("answered", () -> hostile.answered() != 0);
                assertThat(hostile.answer()).isEqualTo(SessionFile.ANSWER_CREATED);
                if (told.lifetime().equals(metadata.lifetime())) { // any other may be over
                    assertThat(witness.read(id)).isEqualTo(new byte[300]);
                }
                assertThat(hostile.isFenced()).isFalse();
            } else {
                broken += told == null ? 1 : 0;
                foreign += told == null ? 0 : 1;
                assertThat(hostile.isFenced()).as("%s", told).isTrue();
                assertThat(witness.read(id)).isNull();
            }
            hostile.close();
            StoreFixture.get(fixture.store.delete(List.of(id)));
        }
        assertThat(List.of(broken, foreign, honest)).as("of each kind").allMatch(n -> n > 0);
        assertThat(fixture.status().counters().fencedSessions()).isEqualTo(broken + foreign);
        othersAreUnaffected();
        Eventually.holds("all buried", () -> fixture.status().sessions().size() == 1);
        fixture.sound();
    }

    private static @Nullable ObjectMetadata decoded(byte[] bytes) {
        try {
            return MetadataCodec.decode(bytes);
        } catch (CorruptObject e) {
            return null;
        }
    }

    /** Whether an object of this id, put by this client, may have such metadata. */
    private static boolean isOf(ObjectMetadata metadata, ObjectId id, LaneClient writer) {
        return metadata.name() != null
                && ObjectId.named(metadata.name()).equals(id)
                && (!(metadata.lifetime() instanceof Lifetime.Session session)
                        || session.number() == writer.number);
    }

    @Test
    @DisplayName(
            "I23: an id of another session, another store, of no kind, or used twice is refused")
    void foreignIds() {
        int store = fixture.store.storeNumber();
        List<ObjectId> foreign =
                List.of(
                        ObjectId.anonymous(store, witness.number, 1_000),
                        ObjectId.anonymous(store + 1, witness.number + 1, 1),
                        new ObjectId(0, 0),
                        new ObjectId(-1, -1),
                        before.getFirst());
        for (ObjectId id : foreign) {
            LaneClient hostile = fixture.attach();
            hostile.commit(hostile.write(id, PAYLOAD, ObjectMetadata.PLAIN));
            isFenced(hostile, true);
        }
        LaneClient twice = fixture.attach();
        ObjectId id = twice.put(PAYLOAD);
        twice.commit(twice.write(id, new byte[8], ObjectMetadata.PLAIN));
        isFenced(twice, true);
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        LaneClient unnamed = fixture.attach();
        unnamed.commit(
                unnamed.write(
                        ObjectId.named(new ObjectName("a", "b")), PAYLOAD, ObjectMetadata.PLAIN));
        isFenced(unnamed, true);
        fixture.sound();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "of another name",
                "of no name under a name's id",
                "of a name under an anonymous id",
                "of another session's lifetime"
            })
    @DisplayName("I23: sound metadata of another object are refused, and nobody sees any of both")
    void foreignMetadata(String lie) {
        ObjectMetadata tagged =
                ObjectMetadata.PLAIN.withAttributes(Attributes.of(Map.of("name", "a")));
        ObjectMetadata mortal = ObjectMetadata.PLAIN.withLifetime(Lifetime.session());
        ObjectName other = new ObjectName("test", "b name");
        long refused = fixture.status().counters().fencedSessions();
        LaneClient hostile = fixture.attach();
        boolean named = lie.startsWith("of another name") || lie.startsWith("of no name");
        ObjectId id = named ? ObjectId.named(NAME) : hostile.nextId();
        ObjectMetadata metadata =
                switch (lie) {
                    case "of another name" -> ObjectMetadata.named(other);
                    case "of no name under a name's id" -> tagged;
                    case "of a name under an anonymous id" -> NAMED;
                    default -> mortal;
                };
        long end = hostile.write(id, PAYLOAD, metadata);
        if (lie.equals("of another session's lifetime")) {
            byte[] encoded = MetadataCodec.encode(mortal, 0, witness.number);
            hostile.pool.copyFrom(
                    hostile.start + hostile.used + PoolFile.HEADER_BYTES,
                    encoded,
                    0,
                    encoded.length);
        }
        hostile.commit(end);
        isFenced(hostile, true);
        assertThat(fixture.status().counters().fencedSessions()).isEqualTo(refused + 1);
        assertThat(witness.read(id)).isNull();
        assertThat(witness.read(ObjectId.named(other))).isNull();
        assertThat(witness.putNamed(PAYLOAD, NAMED)).isEqualTo(SessionFile.ANSWER_CREATED);
        fixture.sound();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no metadata", "another group"})
    @DisplayName("I10: what is written over a record's metadata later keeps nothing in its group")
    void groupWrittenOver(String later) {
        Group group = new Group("test", "g");
        LaneClient hostile = fixture.attach();
        assertThat(hostile.putNamed(PAYLOAD, NAMED.withGroup(group)))
                .isEqualTo(SessionFile.ANSWER_CREATED);
        byte[] other =
                later.equals("no metadata")
                        ? new byte[10]
                        : MetadataCodec.encode(NAMED.withGroup(new Group("test", "h")), 0, 0);
        hostile.pool.copyFrom(hostile.start + PoolFile.HEADER_BYTES, other, 0, other.length);
        ObjectId id = ObjectId.named(NAME);
        StoreFixture.get(fixture.store.delete(List.of(id)));

        assertThat(witness.putNamed(PAYLOAD, NAMED)).isEqualTo(SessionFile.ANSWER_CREATED);
        assertThat(StoreFixture.get(fixture.store.delete(group)).deleted()).isEmpty();
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        hostile.close();
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(longs = {0, 300, 1 << 20, IndexFile.PAYLOAD_LENGTH_MAX, -1})
    @DisplayName(
            "I10: lengths that are written over in a record's header later change nothing: it is"
                    + " read, found again and freed as it was sealed")
    void lengthsWrittenOver(long length) {
        LaneClient hostile = fixture.attach();
        ObjectId id = hostile.putSeen(PAYLOAD);
        ObjectId next = hostile.putSeen(PAYLOAD);
        long inUse = fixture.balanced().inUse();
        hostile.header(hostile.start, id, length, (int) length);

        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        hostile.close();
        witness.close();
        fixture.restart();
        witness = fixture.attach();
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        assertThat(fixture.balanced().inUse()).isEqualTo(inUse);

        StoreFixture.get(fixture.store.delete(List.of(id)));
        Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
        assertThat(fixture.balanced().inUse()).isEqualTo(inUse - inUse / (before.size() + 2));
        assertThat(witness.read(id)).isNull();
        assertThat(witness.read(next)).isEqualTo(PAYLOAD);
        othersAreUnaffected();
        fixture.sound();
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {PoolFile.METADATA_BYTES_MAX + 1, 64 << 20})
    @DisplayName(
            "I23, I28: metadata that are too long, whole and with a right check, end their session"
                    + " alone, and their space is back")
    void endlessMetadata(int length) {
        try (StoreFixture large = StoreFixture.open(160L << 20)) {
            LaneClient other = large.attach();
            ObjectId kept = other.putSeen(PAYLOAD);
            LaneClient hostile = large.attach();
            var _ =
                    leaseSingle(
                            large.store,
                            hostile,
                            PoolFile.recordBytesMax(length, PAYLOAD.length),
                            0);
            ObjectId id = hostile.nextId();
            hostile.header(hostile.start, id, PAYLOAD.length, length);
            hostile.commit(
                    PoolFile.recordEnd(hostile.start, length, PAYLOAD.length) - hostile.start);

            StoreFixture.get(large.store.resolve(List.of(), 0, 0));
            assertThat(hostile.isFenced()).isTrue();
            assertThat(large.status().counters().fencedSessions()).isEqualTo(1);
            assertThat(other.find(id)).isNegative();
            assertThat(other.isFenced()).isFalse();
            hostile.close();
            Eventually.holds("buried", hostile::isBuried);
            other.giveBackLane();
            Eventually.holds("space back", () -> large.balanced().leased() == 0);
            assertThat(large.balanced().withheld()).isZero();
            assertThat(other.read(kept)).isEqualTo(PAYLOAD);
            large.sound();
        }
    }

    @Test
    @DisplayName(
            "I23: tails beyond the extent, back, and into the middle of a record end their session"
                    + " alone")
    void hostileTails() {
        List<Consumer<LaneClient>> tails =
                List.of(
                        client ->
                                client.storeTail(
                                        SessionFile.position(client.extent, client.length + 16)),
                        client -> client.storeTail(SessionFile.position(client.extent, 1L << 51)),
                        client -> client.storeTail(SessionFile.position(client.extent, 0)),
                        client ->
                                client.storeTail(
                                        SessionFile.position(client.extent, client.used + 16)),
                        client ->
                                client.storeTail(
                                        SessionFile.position(client.extent, client.length)));
        for (Consumer<LaneClient> tail : tails) {
            LaneClient hostile = fixture.attach();
            ObjectId id = hostile.put(PAYLOAD);
            drain();
            tail.accept(hostile);
            isFenced(hostile, true);
            assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        }
        LaneClient harmless = fixture.attach();
        harmless.put(PAYLOAD);
        drain();
        harmless.storeTail(-1); // of an extent that was never offered
        isFenced(harmless, false);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I15, I11: a fenced session publishes nothing and keeps its pins until its process is"
                    + " gone")
    void fencedKeepsPins() {
        LaneClient hostile = fixture.attach();
        LaneClient.Pinned pinned = hostile.pin(before.getFirst());
        hostile.put(PAYLOAD);
        drain();
        hostile.storeTail(SessionFile.position(hostile.extent, 1L << 40));
        drain();
        assertThat(hostile.isFenced()).isTrue();
        long end = hostile.write(hostile.nextId(), PAYLOAD, ObjectMetadata.PLAIN);
        hostile.commit(end);
        long objects = fixture.status().objects();
        StoreFixture.get(fixture.store.delete(List.of(before.getFirst())));
        before.removeFirst();
        for (int i = 0; i < 300; i++) {
            StoreFixture.get(fixture.store.delete(List.of(witness.put(new byte[40_000]))));
        }
        assertThat(fixture.status().objects()).isEqualTo(objects - 1);
        assertThat(hostile.read(pinned)).isEqualTo(PAYLOAD);
        assertThat(fixture.balanced().condemned()).isPositive();
        hostile.close();
        Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
        fixture.sound();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    @DisplayName(
            "I17: a session file filled with garbage while the node runs harms that session alone")
    void garbage(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            LaneClient hostile = fixture.attach();
            hostile.put(PAYLOAD);
            hostile.pin(before.getFirst());
            for (int i = 0; i < 3_000; i++) {
                hostile.session.putLong(
                        random.nextLong(SessionFile.LENGTH / 8) * 8, random.nextLong());
            }
            hostile.session.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, random.nextInt());
            hostile.session.putLong(SessionFile.ACCESS_TAIL_OFFSET, random.nextInt(5_000));
            othersAreUnaffected();
            hostile.close();
            Eventually.holds("buried", hostile::isBuried);
            othersAreUnaffected();
        }
        fixture.sound();
    }

    @Test
    @DisplayName("I17: a session file that was deleted harms that session alone")
    void deleted() throws IOException {
        LaneClient hostile = fixture.attach();
        ObjectId id = hostile.put(PAYLOAD);
        Files.delete(fixture.files().session(hostile.name));
        othersAreUnaffected();
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        hostile.close();
        Eventually.holds("buried", () -> fixture.status().sessions().size() == 1);
        fixture.sound();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName(
            "I17, I28: whatever stands in the file of a session, the node starts and its ledger"
                    + " balances")
    void garbageAtTheStart(long seed) throws IOException {
        Random random = new Random(seed);
        for (int round = 0; round < 12; round++) {
            List<LaneClient> hostile = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                LaneClient client = fixture.attach();
                client.put(PAYLOAD);
                drain();
                client.put(PAYLOAD); // committed, perhaps not yet drained
                hostile.add(client);
            }
            fixture.store.close();
            for (LaneClient client : hostile) {
                scribble(random, client);
                if (random.nextBoolean()) {
                    client.close();
                }
            }
            fixture.store = reopened();
            fixture.balanced();
            hostile.forEach(LaneClient::close);
            witness.close();
            witness = fixture.attach();
            othersAreUnaffected();
        }
        fixture.store.close();
        try (Stream<Path> sessions = Files.list(fixture.files().sessions())) {
            for (Path session : sessions.toList()) {
                Files.delete(session);
            }
        }
        fixture.store = reopened();
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I17, I28: a session file cut short while no node looks keeps no node down, and is gone"
                    + " with its process")
    void cutShort() throws IOException {
        for (long length : new long[] {0, 100, SessionFile.LANES_OFFSET, SessionFile.LENGTH - 1}) {
            LaneClient hostile = fixture.attach();
            LaneClient dead = fixture.attach();
            fixture.store.close();
            for (LaneClient client : List.of(hostile, dead)) {
                try (RandomAccessFile file =
                        new RandomAccessFile(fixture.files().session(client.name).toFile(), "rw")) {
                    file.setLength(length);
                }
            }
            dead.close();
            fixture.store = reopened();
            assertThat(dead.isBuried()).isTrue();
            witness.close();
            witness = fixture.attach();
            othersAreUnaffected();
            assertThat(hostile.isBuried()).isFalse();
            assertThat(isShownFenced(hostile)).isTrue();
            hostile.close();
            Eventually.holds("buried", hostile::isBuried);
            assertThat(fixture.balanced().withheld()).isZero();
            fixture.sound();
        }
    }

    /** As the node lists it: nothing can be written into its file. */
    private boolean isShownFenced(LaneClient client) {
        return fixture.status().sessions().stream()
                .anyMatch(session -> session.number() == client.number && session.fenced());
    }

    @ParameterizedTest(name = "at {0}")
    @ValueSource(
            strings = {
                "recovery.opening",
                "recovery.opened",
                "recovery.walked",
                "recovery.claimed",
                "drain.published",
                "recovery.drained",
                "recovery.named",
                "start.nonce",
                "start.renewed"
            })
    @DisplayName(
            "I17: a session file cut short in the midst of a start does not keep the node down")
    void cutShortDuringTheStart(String step) throws IOException {
        LaneClient hostile = fixture.attach();
        hostile.put(PAYLOAD);
        fixture.store.close();
        hostile.put(PAYLOAD); // for the start to drain
        AtomicBoolean isCut = new AtomicBoolean();
        StoreSettings cutting =
                fixture.settings.withSteps(
                        reached -> {
                            if (reached.equals(step) && isCut.compareAndSet(false, true)) {
                                cut(hostile);
                            }
                        });
        fixture.store = Store.open(cutting, fixture.names);
        assertThat(isCut).isTrue();
        othersAreUnaffected();
        Eventually.holds(
                "fenced",
                () ->
                        fixture.status().sessions().stream()
                                .allMatch(
                                        session ->
                                                session.number() != hostile.number
                                                        || session.fenced()));
        hostile.close();
        Eventually.holds("buried", hostile::isBuried);
        Eventually.holds("given back", () -> fixture.balanced().withheld() == 0);
        othersAreUnaffected();
        fixture.sound();
    }

    private void cut(LaneClient hostile) {
        try (RandomAccessFile file =
                new RandomAccessFile(fixture.files().session(hostile.name).toFile(), "rw")) {
            file.setLength(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("I35: with a session whose file was cut short, and its objects, go their names")
    void namesOfASessionCutShort() throws IOException {
        LaneClient hostile = fixture.attach();
        assertThat(hostile.putNamed(PAYLOAD, NAMED.withLifetime(Lifetime.session())))
                .isEqualTo(SessionFile.ANSWER_CREATED);
        fixture.store.close();
        try (RandomAccessFile file =
                new RandomAccessFile(fixture.files().session(hostile.name).toFile(), "rw")) {
            file.setLength(100);
        }
        hostile.close();
        fixture.store = reopened();
        witness.close();
        witness = fixture.attach();
        assertThat(witness.putNamed(PAYLOAD, NAMED)).isEqualTo(SessionFile.ANSWER_CREATED);
        othersAreUnaffected();
    }

    @Test
    @DisplayName(
            "I35: who has its named record published twice, by moving back what it reads as"
                    + " drained, does not block the name")
    void claimedTwice() {
        LaneClient hostile = fixture.attach();
        hostile.put(PAYLOAD);
        drain();
        CompletableFuture<@Nullable Void> gate = new CompletableFuture<>();
        fixture.names.gate = gate;
        long position = hostile.commitNamed(PAYLOAD, NAMED);
        fixture.store.close();
        gate.complete(null); // the name is given, and the node is not there to hear it
        assertThat(fixture.names.owners).containsKey(ObjectId.named(NAME));
        hostile.session.putLong(
                SessionFile.laneOffset(hostile.lane) + SessionFile.DRAINED_OFFSET, position);

        fixture.store = reopened();
        Eventually.holds("answered", () -> hostile.answered() == position);
        assertThat(hostile.answer()).isEqualTo(SessionFile.ANSWER_CREATED);
        assertThat(witness.read(ObjectId.named(NAME))).isEqualTo(PAYLOAD);
        othersAreUnaffected();
        hostile.close();
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I28: a pin that names no record keeps the run behind it from being lent until it goes,"
                    + " however it goes")
    void pinIntoFreeSpace() {
        LaneClient hostile = fixture.attach();
        long low = PoolFile.DATA_OFFSET + (4L << 20) + 16;
        long high = low + (4L << 20);
        hostile.session.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, 8);
        hostile.session.putLong(SessionFile.pinOffset(1), PoolFile.pinOf(low));
        hostile.session.putLong(SessionFile.pinOffset(2), PoolFile.pinOf(high));
        restart();
        long both = fixture.balanced().withheld();
        assertThat(both).isGreaterThan(4L << 20);

        hostile.unpin(1);
        Eventually.holds("given back", () -> fixture.ledger().withheld() < both);
        long one = fixture.balanced().withheld();
        assertThat(one).isBetween(both - (4L << 20) - 4096, both - (4L << 20) + 4096);
        assertThatThrownBy(() -> single(12 << 20))
                .as("what is behind the other pin is not lent")
                .isInstanceOf(CommandRefused.class);

        hostile.close();
        Eventually.holds("given back", () -> fixture.balanced().withheld() == 0);
        assertThat(single(12 << 20).length()).isEqualTo(12 << 20);
        othersAreUnaffected();
    }

    private void restart() {
        fixture.restart();
        witness.close();
        witness = fixture.attach();
    }

    private Store.Lease single(long bytes) {
        return StoreFixture.get(
                fixture.store.lease(
                        witness.name, null, SessionFile.KIND_SINGLE, bytes, 0, null, 0));
    }

    @Test
    @DisplayName("I17: lanes that were never lent keep nothing from others")
    void lyingLanes() {
        LaneClient hostile = fixture.attach();
        hostile.put(PAYLOAD);
        drain();
        claim(hostile, 4096, StoreFixture.POOL_BYTES);
        restart();
        assertThat(hostile.isFenced()).isTrue();
        assertThat(fixture.balanced().withheld()).isZero();
        assertThat(single(12 << 20).length()).isEqualTo(12 << 20);
        othersAreUnaffected();
        hostile.close();
    }

    @Test
    @DisplayName("what a node lent that made no proofs is believed once, and proven from then on")
    void withoutProofs() throws IOException {
        for (int start = 0; start < 3; start++) {
            fixture.store.close();
            ObjectId undrained = witness.put(PAYLOAD);
            if (start == 0) {
                forgetKey();
            }
            fixture.store = reopened();
            goesOn(witness, undrained);
        }
        fixture.sound();
    }

    /** The folder is as a node left it that made no proofs. */
    private void forgetKey() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(fixture.files().lock().toFile(), "rw")) {
            file.setLength(0);
        }
    }

    @Test
    @DisplayName(
            "I28: what lanes cover that contradict each other is free once the processes are gone")
    void contradictingLanes() throws IOException {
        List<LaneClient> hostile = List.of(fixture.attach(), fixture.attach());
        hostile.forEach(client -> client.put(PAYLOAD));
        drain();
        // As if each had been lent the pool, but for a part that the other one claims too.
        claim(hostile.getFirst(), 4096, StoreFixture.POOL_BYTES - (1 << 20));
        claim(hostile.getLast(), 1 << 20, StoreFixture.POOL_BYTES);
        fixture.store.close();
        forgetKey();
        fixture.store = reopened();
        witness.close();
        witness = fixture.attach();
        assertThat(hostile).allMatch(LaneClient::isFenced);
        long both = fixture.balanced().withheld();
        assertThat(both).isGreaterThan(14L << 20);

        hostile.getFirst().close();
        Eventually.holds("given back", () -> fixture.ledger().withheld() < both);
        assertThat(fixture.balanced().withheld()).isGreaterThan(13L << 20);

        hostile.getLast().close();
        Eventually.holds("given back", () -> fixture.balanced().withheld() == 0);
        assertThat(single(12 << 20).length()).isEqualTo(12 << 20);
        othersAreUnaffected();
    }

    private static void claim(LaneClient client, long start, long end) {
        long extent = SessionFile.laneOffset(client.lane) + SessionFile.extentOffset(client.extent);
        client.session.putLong(extent, start);
        client.session.putLong(extent + Long.BYTES, end - start);
    }

    @Test
    @DisplayName(
            "I17: who claims another's lane at a start loses its own, and the other keeps what it"
                    + " was lent and all that it committed")
    void claimsALaneOfAnother() {
        LaneClient hostile = fixture.attach();
        hostile.put(PAYLOAD);
        drain();
        fixture.store.close();
        ObjectId undrained = witness.put(PAYLOAD);
        claim(hostile, witness.start, witness.start + witness.length);
        fixture.store = reopened();
        goesOn(witness, undrained);
        assertThat(hostile.isFenced()).isTrue();
        hostile.close();
        Eventually.holds("buried", hostile::isBuried);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I17: who claims at a start an extent that it was lent once, and another later, loses"
                    + " its lane, and the other keeps it")
    void claimsAnExtentOfItsPast() {
        LaneClient hostile = fixture.attach();
        LaneClient other = null;
        long lane = 0;
        byte[] past = new byte[SessionFile.LANE_BYTES];
        for (int lease = 0; lease < 50 && other == null; lease++) {
            hostile.put(PAYLOAD);
            drain();
            lane = SessionFile.laneOffset(hostile.lane);
            long start = hostile.start;
            hostile.session.copyTo(lane, past, 0, past.length);
            StoreFixture.get(fixture.store.delete(List.of(hostile.lastId())));
            hostile.giveBackLane();
            Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);
            LaneClient next = fixture.attach();
            next.put(PAYLOAD);
            if (next.start == start) {
                other = next;
            } else {
                next.close();
            }
        }
        LaneClient victim = Objects.requireNonNull(other, "nobody was lent what it had");
        fixture.store.close();
        ObjectId undrained = victim.put(PAYLOAD);
        hostile.session.copyFrom(lane, past, 0, past.length);
        fixture.store = reopened();
        goesOn(victim, undrained);
        assertThat(hostile.isFenced()).isTrue();
        hostile.close();
        Eventually.holds("buried", hostile::isBuried);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I17, I28: two sessions that claim at a start what they were lent once, and one object"
                    + " lies across now, do not keep the node down")
    void claimTheirPastsUnderOneObject() {
        List<LaneClient> hostile = List.of(fixture.attach(), fixture.attach());
        List<Store.Lease> leases = new ArrayList<>();
        List<byte[]> pasts = new ArrayList<>();
        for (LaneClient client : hostile) {
            Store.Lease lease = leaseSingle(client);
            byte[] past = new byte[SessionFile.LANE_BYTES];
            client.session.copyTo(SessionFile.laneOffset(lease.lane()), past, 0, past.length);
            leases.add(lease);
            pasts.add(past);
        }
        hostile.forEach(LaneClient::giveBackLane);
        LaneClient victim = fixture.attach();
        Store.Lease across = leaseSingle(fixture.store, victim, 2 << 20, 0);
        assertThat(across.start()).isEqualTo(leases.getLast().start());
        assertThat(across.start() + (1 << 20)).isEqualTo(leases.getFirst().start());
        byte[] payload = new byte[3 << 19];
        Arrays.fill(payload, (byte) 7);
        ObjectId id = victim.putSeen(payload);
        fixture.store.close();
        for (int i = 0; i < hostile.size(); i++) {
            byte[] past = pasts.get(i);
            hostile.get(i)
                    .session
                    .copyFrom(SessionFile.laneOffset(leases.get(i).lane()), past, 0, past.length);
        }

        fixture.store = reopened();
        assertThat(hostile).allMatch(LaneClient::isFenced);
        assertThat(victim.isFenced()).isFalse();
        assertThat(victim.read(id)).isEqualTo(payload);
        othersAreUnaffected();
        hostile.forEach(LaneClient::close);
        Eventually.holds("given back", () -> fixture.balanced().withheld() == 0);
        fixture.sound();
    }

    @ParameterizedTest
    @CsvSource({"whole, false", "proven, false", "stored, false", "made up, true"})
    @DisplayName(
            "I17, I29: an extent that was made longer is its lane's at whichever step the node"
                    + " died, and one that is made longer by its client is not")
    void extended(String state, boolean isFenced) {
        LaneClient client = fixture.attach();
        Store.Lease lease = leaseSingle(fixture.store, client, 1 << 20, 2 << 20);
        long lane = SessionFile.laneOffset(lease.lane());
        long length = lane + SessionFile.extentOffset(lease.extentNumber()) + Long.BYTES;
        long proof = lane + SessionFile.proofOffset(lease.extentNumber());
        byte[] before = new byte[(int) SessionFile.PROOF_BYTES];
        client.session.copyTo(proof, before, 0, before.length);
        StoreFixture.get(fixture.store.extend(client.name, lease.lane(), 5 << 20));
        fixture.store.close();
        switch (state) {
            case "whole" -> assertThat(client.session.getLong(length)).isEqualTo(5 << 20);
            case "proven" -> { // with its new length elsewhere, and the old one here
                client.session.copyFrom(proof, before, 0, before.length);
                client.session.putLong(length, 2 << 20);
            }
            case "stored" -> client.session.copyFrom(proof, before, 0, before.length);
            case "made up" -> client.session.putLong(length, 6 << 20);
            default -> throw new IllegalArgumentException(state);
        }
        long leased = client.session.getLong(length);
        fixture.store = reopened();
        assertThat(client.isFenced()).isEqualTo(isFenced);
        if (!isFenced) {
            assertThat(fixture.balanced().leased()).isGreaterThanOrEqualTo(leased);
            assertThat(StoreFixture.get(fixture.store.extend(client.name, lease.lane(), 6 << 20)))
                    .isEqualTo(6 << 20);
        }
        othersAreUnaffected();
        client.close();
        Eventually.holds("buried", client::isBuried);
        fixture.sound();
    }

    /** From here on the client writes into a lane for one record. */
    private Store.Lease leaseSingle(LaneClient client) {
        return leaseSingle(fixture.store, client, 1 << 20, 0);
    }

    /** Gives the client a lane for one object. */
    private static Store.Lease leaseSingle(
            Store store, LaneClient client, long bytesMin, long bytesWelcome) {
        Store.Lease lease =
                StoreFixture.get(
                        store.lease(
                                client.name,
                                null,
                                SessionFile.KIND_SINGLE,
                                bytesMin,
                                bytesWelcome,
                                null,
                                0));
        client.lane = lease.lane();
        client.extent = lease.extentNumber();
        client.start = lease.start();
        client.length = lease.length();
        client.used = 0;
        return lease;
    }

    @Test
    @DisplayName(
            "I17, I28: a lane whose record was published is not made longer, into bytes that are"
                    + " free or somebody else's")
    void extendedAfterItsRecord() {
        LaneClient hostile = fixture.attach();
        Store.Lease lease = leaseSingle(hostile);
        ObjectId id = hostile.put(PAYLOAD);
        drain();
        StoreFixture.get(fixture.store.delete(List.of(id)));
        Eventually.holds("freed", () -> fixture.ledger().condemned() == 0);

        refused(hostile, lease, CommandRefused.Kind.INVALID);
        isFenced(hostile, false);
        fixture.sound();
    }

    @Test
    @DisplayName("I17: a lane of a fenced session is not made longer")
    void extendedAfterItWasFenced() {
        LaneClient hostile = fixture.attach();
        Store.Lease lease = leaseSingle(hostile);
        hostile.commit(hostile.length + 4096);
        drain();

        refused(hostile, lease, CommandRefused.Kind.FENCED);
        isFenced(hostile, true);
        fixture.sound();
    }

    private void refused(LaneClient client, Store.Lease lease, CommandRefused.Kind kind) {
        assertThatThrownBy(
                        () ->
                                StoreFixture.get(
                                        fixture.store.extend(client.name, lease.lane(), 2 << 20)))
                .isInstanceOfSatisfying(
                        CommandRefused.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @ValueSource(strings = {"whole", "proven", "stored"})
    @DisplayName(
            "I17, I29: a lane whose record was published keeps no more than that, and stays its"
                    + " session's at whichever step the node died")
    void shortened(String state) {
        LaneClient client = fixture.attach();
        Store.Lease lease = leaseSingle(client);
        long lane = SessionFile.laneOffset(lease.lane());
        long length = lane + SessionFile.extentOffset(lease.extentNumber()) + Long.BYTES;
        long proof = lane + SessionFile.proofOffset(lease.extentNumber());
        byte[] before = new byte[(int) SessionFile.PROOF_BYTES];
        client.session.copyTo(proof, before, 0, before.length);
        ObjectId id = client.put(PAYLOAD);
        drain();
        assertThat(client.session.getLong(length)).isEqualTo(client.used);
        fixture.sound();
        fixture.store.close();
        switch (state) {
            case "whole" -> {}
            case "proven" -> {
                client.session.copyFrom(proof, before, 0, before.length);
                client.session.putLong(length, client.length);
            }
            case "stored" -> client.session.copyFrom(proof, before, 0, before.length);
            default -> throw new IllegalArgumentException(state);
        }
        fixture.store = reopened();
        assertThat(client.isFenced()).isFalse();
        assertThat(client.read(id)).isEqualTo(PAYLOAD);
        fixture.sound();
        othersAreUnaffected();
        client.close();
        Eventually.holds("buried", client::isBuried);
        fixture.sound();
    }

    /** It is attached to a node that has just started, and has put this before that. */
    private void goesOn(LaneClient client, ObjectId undrained) {
        drain();
        assertThat(client.isFenced()).isFalse();
        assertThat(client.read(undrained)).isEqualTo(PAYLOAD);
        ObjectId next = client.put(PAYLOAD);
        drain();
        assertThat(client.read(next)).isEqualTo(PAYLOAD);
        fixture.balanced();
    }

    @Test
    @DisplayName(
            "I17, I28: a session that is fenced at the start for one lane does not keep the node"
                    + " from starting for what it published in another")
    void fencedWithOthersPublished() {
        LaneClient hostile = fixture.attach();
        hostile.put(PAYLOAD);
        drain();
        Store.Lease second =
                StoreFixture.get(
                        fixture.store.lease(
                                hostile.name, null, SessionFile.KIND_SHARED, 1_000, 0, null, 0));
        long lied = SessionFile.laneOffset(hostile.lane);
        hostile.lane = second.lane();
        hostile.use(second.extentNumber(), second.start(), second.length());
        ObjectId id = hostile.put(PAYLOAD);
        drain();
        // As a node leaves it that dies between publishing and saying so.
        hostile.session.putLong(
                SessionFile.laneOffset(hostile.lane) + SessionFile.DRAINED_OFFSET,
                SessionFile.position(hostile.extent, 0));
        hostile.session.putLong(
                lied + SessionFile.tailOffset(1), SessionFile.position(1, 1L << 40));
        restart();
        assertThat(hostile.isFenced()).isTrue();
        assertThat(witness.read(id)).isEqualTo(PAYLOAD);
        fixture.balanced();
        hostile.close();
        Eventually.holds("given back", () -> fixture.balanced().withheld() == 0);
        othersAreUnaffected();
    }

    private Store reopened() {
        try {
            return Store.open(fixture.settings, fixture.names);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Changes that are hard to tell from the truth: words of other lanes, small steps, states. */
    private static void scribble(Random random, LaneClient client) {
        long lane = SessionFile.laneOffset(client.lane);
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            switch (random.nextInt(8)) {
                case 0 -> client.session.putInt(SessionFile.STATE_OFFSET, random.nextInt(5));
                case 1 ->
                        client.session.putLong(
                                lane + SessionFile.extentOffset(client.extent),
                                client.start + (random.nextInt(9) - 4) * 4096L);
                case 2 ->
                        client.session.putLong(
                                lane + SessionFile.extentOffset(client.extent) + 8,
                                client.length + (random.nextInt(9) - 4) * 16L);
                case 3 ->
                        client.session.putLong(
                                lane + SessionFile.DRAINED_OFFSET,
                                SessionFile.position(client.extent, random.nextInt(20) * 16L));
                case 4 ->
                        client.session.putLong(
                                lane + SessionFile.OFFERED_OFFSET,
                                client.extent + random.nextInt(3) - 1);
                case 5 -> {
                    long other = SessionFile.laneOffset(random.nextInt(SessionFile.LANE_COUNT));
                    for (int word = 0; word < SessionFile.LANE_BYTES; word += 8) {
                        client.session.putLong(other + word, client.session.getLong(lane + word));
                    }
                }
                case 6 ->
                        client.session.putInt(SessionFile.SESSION_NUMBER_OFFSET, random.nextInt(9));
                default -> {
                    client.session.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, 4);
                    client.session.putLong(
                            SessionFile.pinOffset(random.nextInt(4)), random.nextInt(1 << 20));
                }
            }
        }
    }
}
