package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import net.openhft.chronicle.bytes.Bytes;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Stored metadata")
class MetadataCodecTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final int SESSION = 7;

    private static final ObjectMetadata FULL =
            new ObjectMetadata(
                    new ObjectName("models", "llama/ü"),
                    MediaType.of("text/plain"),
                    "gzip",
                    Attributes.of(Map.of("a", "1", "owner", "Jürgen")),
                    new Lifetime.Ttl(Duration.ofSeconds(10), Duration.ofMinutes(1)),
                    new Group("models", "night"));

    /** Made by Python's struct module from the picture in {@link MetadataLayout}. */
    private static final String FULL_HEX =
            "0107060008000a00108fe5cf8b01000060ea0000000000000000000006000500"
                    + "04000200160000006d6f64656c736c6c616d612fc3bc746578742f706c61696e"
                    + "6d6f64656c736e69676874677a6970010001006131050007006f776e65724ac3"
                    + "bc7267656e000000";

    private static final String SESSION_HEX =
            "0100000000000000" + "0".repeat(32) + "07000000" + "0".repeat(24);

    @Test
    @DisplayName("is, byte for byte, what another language writes")
    void isGolden() {
        assertThat(HexFormat.of().formatHex(MetadataCodec.encode(FULL, NOW, SESSION)))
                .isEqualTo(FULL_HEX);
        assertThat(MetadataCodec.decode(HexFormat.of().parseHex(FULL_HEX))).isEqualTo(stored(FULL));
        ObjectMetadata ofSession = ObjectMetadata.PLAIN.withLifetime(Lifetime.session());
        assertThat(HexFormat.of().formatHex(MetadataCodec.encode(ofSession, NOW, SESSION)))
                .isEqualTo(SESSION_HEX);
    }

    @Test
    @DisplayName("of a plain object takes no bytes")
    void isEmptyWhenPlain() {
        assertThat(MetadataCodec.encode(ObjectMetadata.PLAIN, NOW, SESSION)).isEmpty();
        assertThat(MetadataCodec.decode(new byte[0])).isEqualTo(ObjectMetadata.PLAIN);
    }

    @Test
    @DisplayName(
            "comes back as it was, a ttl as its end, at any offset, and moves no further than its"
                    + " length")
    void roundTrips() {
        long seed = 1;
        Random random = new Random(seed);
        Bytes<?> bytes = Bytes.allocateElasticOnHeap();
        try {
            for (int i = 0; i < 5_000; i++) {
                ObjectMetadata metadata = RandomMetadata.next(random);
                bytes.clear();
                bytes.write(new byte[random.nextInt(20)]);
                long start = bytes.writePosition();
                int length = MetadataCodec.encode(metadata, NOW, SESSION, bytes);
                assertThat(length).isEqualTo(MetadataCodec.encodedLength(metadata));
                assertThat(length % 8).isZero();
                assertThat(length).isLessThanOrEqualTo(MetadataLayout.LENGTH_MAX);
                assertThat(bytes.writePosition() - start).isEqualTo(length);
                bytes.write(new byte[9]);
                bytes.readPosition(start);
                assertThat(MetadataCodec.decode(bytes, length))
                        .as("seed %d, %d", seed, i)
                        .isEqualTo(stored(metadata));
                assertThat(bytes.readPosition() - start).isEqualTo(length);
            }
        } finally {
            bytes.releaseLast();
        }
    }

    @Test
    @DisplayName("rounds times up to whole milliseconds, so that nothing ends early")
    void roundsUp() {
        assertThat(lifetimeOf(Lifetime.ttl(Duration.ofNanos(1))))
                .isEqualTo(Lifetime.until(Instant.ofEpochMilli(NOW + 1)));
        assertThat(lifetimeOf(Lifetime.until(Instant.ofEpochMilli(NOW).plusNanos(1))))
                .isEqualTo(Lifetime.until(Instant.ofEpochMilli(NOW + 1)));
        assertThat(lifetimeOf(Lifetime.idle(Duration.ofNanos(1_000_001))))
                .isEqualTo(Lifetime.idle(Duration.ofMillis(2)));
    }

    @Test
    @DisplayName("can hold the largest of everything at once")
    void holdsTheLargest() {
        Attributes.Builder attributes = Attributes.builder();
        for (int i = 10; i < 74; i++) {
            attributes.add("n" + i, "v".repeat(8192 / 64 - 3));
        }
        ObjectMetadata metadata =
                new ObjectMetadata(
                        new ObjectName("n".repeat(63), "k".repeat(1024)),
                        MediaType.of("a/" + "b".repeat(253)),
                        "e".repeat(255),
                        attributes.build(),
                        Lifetime.until(Instant.ofEpochMilli(Lifetime.Until.MILLIS_MAX)),
                        new Group("n".repeat(63), "g".repeat(255)));
        byte[] bytes = MetadataCodec.encode(metadata, NOW, SESSION);
        assertThat(bytes).hasSize(MetadataLayout.LENGTH_MAX);
        assertThat(MetadataCodec.decode(bytes)).isEqualTo(metadata);
    }

    @Test
    @DisplayName(
            "that was changed anywhere is corrupt or means something else, and is never any other"
                    + " error")
    void survivesMutations() {
        long seed = 2;
        Random random = new Random(seed);
        int corrupt = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = MetadataCodec.encode(RandomMetadata.small(random), NOW, SESSION);
            byte[] mutated = mutate(bytes, random);
            try {
                ObjectMetadata decoded = MetadataCodec.decode(mutated);
                // What is accepted has one form only, but for an explicit application/octet-stream.
                if (!new String(mutated, StandardCharsets.ISO_8859_1).contains("octet-stream")) {
                    assertThat(MetadataCodec.encode(decoded, NOW, SESSION)).isEqualTo(mutated);
                }
            } catch (CorruptObject expected) {
                corrupt++;
            } catch (RuntimeException other) {
                throw new AssertionError(
                        "seed " + seed + ", " + i + ": " + HexFormat.of().formatHex(mutated),
                        other);
            }
            matchesWithoutFault(mutated);
        }
        assertThat(corrupt).isGreaterThan(50_000);
    }

    @Test
    @DisplayName(
            "of a length beyond the limit or the input is corrupt before anything is allocated")
    void refusesLengths() {
        byte[] bytes = HexFormat.of().parseHex(FULL_HEX);
        Bytes<byte[]> in = Bytes.wrapForRead(bytes);
        try {
            for (int length :
                    new int[] {-8, 8, 39, bytes.length - 8, bytes.length + 8, Integer.MAX_VALUE}) {
                in.readPosition(0);
                assertThatThrownBy(() -> MetadataCodec.decode(in, length))
                        .isInstanceOf(CorruptObject.class);
            }
        } finally {
            in.releaseLast();
        }
    }

    @Test
    @DisplayName("says what is wrong, with the limit and the actual number")
    void explains() {
        byte[] bytes = HexFormat.of().parseHex(FULL_HEX);
        bytes[2] = 64;
        assertThatThrownBy(() -> MetadataCodec.decode(bytes))
                .asInstanceOf(InstanceOfAssertFactories.type(CorruptObject.class))
                .returns(
                        "corrupt: metadata: namespaceLength is 64, must be 1 to 63",
                        CorruptObject::detail);
    }

    @Test
    @DisplayName("is compared with a name in place")
    void matchesNames() {
        Random random = new Random(3);
        for (int i = 0; i < 5_000; i++) {
            ObjectMetadata metadata = RandomMetadata.next(random);
            byte[] bytes = MetadataCodec.encode(metadata, NOW, SESSION);
            ObjectName other = RandomMetadata.name(random);
            assertThat(matches(bytes, other)).isEqualTo(other.equals(metadata.name()));
            ObjectName name = metadata.name();
            if (name != null) {
                assertThat(matches(bytes, name)).isTrue();
                if (Utf8.length(name.key()) < 1024) {
                    assertThat(matches(bytes, new ObjectName(name.namespace(), name.key() + "x")))
                            .isFalse();
                }
                String shorter =
                        name.key()
                                .substring(
                                        0, name.key().offsetByCodePoints(name.key().length(), -1));
                if (!shorter.isEmpty()) {
                    assertThat(matches(bytes, new ObjectName(name.namespace(), shorter))).isFalse();
                }
            }
        }
        assertThat(matches(new byte[0], new ObjectName("n", "k"))).isFalse();
    }

    @Test
    @DisplayName("has its times and its session where a reader finds them without decoding")
    void hasAPrefix() {
        MemorySegment segment = MemorySegment.ofArray(HexFormat.of().parseHex(FULL_HEX));
        assertThat(MetadataLayout.flags(segment, 0)).isEqualTo(7);
        assertThat(MetadataLayout.untilMillis(segment, 0)).isEqualTo(NOW + 10_000);
        assertThat(MetadataLayout.idleMillis(segment, 0)).isEqualTo(60_000);
        assertThat(MetadataLayout.sessionNumber(segment, 0)).isZero();
        MemorySegment ofSession = MemorySegment.ofArray(HexFormat.of().parseHex(SESSION_HEX));
        assertThat(MetadataLayout.sessionNumber(ofSession, 0)).isEqualTo(SESSION);
        assertThat(MetadataLayout.PREFIX_LENGTH).isEqualTo(40);
    }

    private static boolean matches(byte[] metadata, ObjectName name) {
        byte[] around = new byte[metadata.length + 3]; // unaligned
        System.arraycopy(metadata, 0, around, 3, metadata.length);
        return MetadataCodec.matchesName(MemorySegment.ofArray(around), 3, metadata.length, name);
    }

    private static void matchesWithoutFault(byte[] bytes) {
        MemorySegment segment = MemorySegment.ofArray(bytes);
        ObjectName name = new ObjectName("n", "ü€😀");
        assertThatNoException()
                .isThrownBy(() -> MetadataCodec.matchesName(segment, 0, bytes.length, name));
    }

    private static Lifetime lifetimeOf(Lifetime lifetime) {
        byte[] bytes =
                MetadataCodec.encode(ObjectMetadata.PLAIN.withLifetime(lifetime), NOW, SESSION);
        return MetadataCodec.decode(bytes).lifetime();
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        byte[] mutated = bytes.clone();
        switch (random.nextInt(4)) {
            case 0 -> mutated = Arrays.copyOf(bytes, random.nextInt(bytes.length + 16));
            case 1 -> {
                mutated = new byte[random.nextInt(120)];
                random.nextBytes(mutated);
                if (mutated.length > 1 && random.nextBoolean()) {
                    mutated[0] = 1;
                    mutated[1] &= 0xF;
                }
            }
            default -> {
                for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
                    int at =
                            random.nextInt(
                                    random.nextBoolean()
                                            ? Math.min(40, bytes.length)
                                            : bytes.length);
                    mutated[at] =
                            random.nextBoolean()
                                    ? (byte) random.nextInt()
                                    : (byte) (mutated[at] ^ 1 << random.nextInt(8));
                }
            }
        }
        return mutated;
    }

    /** What comes back: a ttl as its end, a session with its number. */
    private static ObjectMetadata stored(ObjectMetadata metadata) {
        return metadata.withLifetime(
                switch (metadata.lifetime()) {
                    case Lifetime.Ttl ttl ->
                            new Lifetime.Until(
                                    Instant.ofEpochMilli(NOW).plus(ttl.time()), ttl.idle());
                    case Lifetime.Session _ -> new Lifetime.Session(SESSION);
                    case Lifetime other -> other;
                });
    }
}
