package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An object id")
class ObjectIdTest {
    /** From Python's hashlib: {@code "02" + sha256(namespace + b"\0" + key).hexdigest()[:30]}. */
    record Golden(String namespace, String key, String id) {}

    static List<Golden> golden() {
        return List.of(
                new Golden("default", "a", "02c004033e982d59653d2eeacacb51c4"),
                new Golden("models", "llama/weights.npy", "028fd12be19efa98be4f21b8dd71a42b"),
                new Golden("a", "ü€😀", "02f37328a70859a0ad3c7015e3111403"),
                new Golden("z".repeat(63), "k".repeat(1024), "02467938842d5c66230988ec5f797d41"),
                new Golden("default", "../.", "02ffba9769fb2f85f9b3bdc0e8e14ba3"));
    }

    @ParameterizedTest
    @MethodSource("golden")
    @DisplayName("of a name is 2 and 15 bytes of SHA-256")
    void hashesNames(Golden golden) {
        ObjectId id = ObjectId.named(new ObjectName(golden.namespace, golden.key));
        assertThat(id).hasToString(golden.id);
        assertThat(id.kind()).isEqualTo(2);
        assertThat(id.isNamed()).isTrue();
    }

    @Test
    @DisplayName("of a name is the same in any number of threads at once")
    void hashesNamesConcurrently() throws Exception {
        List<Future<?>> done = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < 200; thread++) {
                done.add(
                        threads.submit(
                                () -> {
                                    for (int i = 0; i < 100; i++) {
                                        golden().forEach(this::hashesNames);
                                    }
                                }));
            }
        }
        for (Future<?> task : done) {
            task.get();
        }
    }

    @Test
    @DisplayName("without a name is 1, store, session and counter, big-endian")
    void packsAnonymous() {
        ObjectId id = ObjectId.anonymous(0x01020304, 0x05060708, 0x090A0B0C0D0E0FL);
        assertThat(id).hasToString("010102030405060708090a0b0c0d0e0f");
        assertThat(id.mostSignificantBits()).isEqualTo(0x0101020304050607L);
        assertThat(id.leastSignificantBits()).isEqualTo(0x08090A0B0C0D0E0FL);
        assertThat(id.toBytes())
                .containsExactly(1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }

    @Test
    @DisplayName("without a name gives back its parts, the largest ones too")
    void unpacksAnonymous() {
        for (int store : new int[] {0, 1, 0x7FFFFFFF, 0x80000000, -1}) {
            for (int session : new int[] {0, 1, 255, 256, 0x7FFFFFFF, 0x80000000, -1}) {
                for (long counter : new long[] {0, 1, ObjectId.COUNTER_MAX}) {
                    ObjectId id = ObjectId.anonymous(store, session, counter);
                    assertThat(id.kind()).isEqualTo(ObjectId.KIND_ANONYMOUS);
                    assertThat(id.storeNumber()).isEqualTo(store);
                    assertThat(id.sessionNumber()).isEqualTo(session);
                    assertThat(id.counter()).isEqualTo(counter);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1L << 56, Long.MIN_VALUE, Long.MAX_VALUE})
    @DisplayName("has a counter of 56 bits")
    void refusesCounters(long counter) {
        assertThatThrownBy(() -> ObjectId.anonymous(1, 1, counter))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0102030405060708090a0b0c0d0e0f0",
                "0102030405060708090a0b0c0d0e0f000",
                "0102030405060708090a0b0c0d0e0f0g",
                "0x02030405060708090a0b0c0d0e0f00",
                "-102030405060708090a0b0c0d0e0f00",
                " 102030405060708090a0b0c0d0e0f00",
                "01020304-0506-0708-090a-0b0c0d0e",
                "\u0661102030405060708090a0b0c0d0e0f00",
                "\uFF11102030405060708090a0b0c0d0e0f0",
                "0102030405060708090a0b0c0d0e0f0\u0141",
                "0102030405060708090a0b0c0d0e0f0@",
                "0102030405060708090a0b0c0d0e0f0`",
                "0102030405060708090a0b0c0d0e0f0:",
                "0102030405060708090a0b0c0d0e0f0/"
            })
    @DisplayName("is read from 32 hex digits and nothing else")
    void refusesOtherText(String text) {
        assertThat(ObjectId.isId(text)).isFalse();
        assertThatThrownBy(() -> ObjectId.parse(text))
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-id", InvalidRequest::code);
    }

    @Test
    @DisplayName("is read in either case and written in lower case")
    void parsesUpperCase() {
        assertThat(ObjectId.parse("FEDCBA98765432100123456789ABCDEF"))
                .hasToString("fedcba98765432100123456789abcdef");
    }

    @Test
    @DisplayName("survives text and bytes, and sorts as its text")
    void roundTrips() {
        Random random = new Random(42);
        ObjectId previous = new ObjectId(0, 0);
        for (int i = 0; i < 10_000; i++) {
            ObjectId id = new ObjectId(random.nextLong(), random.nextLong());
            assertThat(ObjectId.parse(id.toString())).isEqualTo(id);
            assertThat(ObjectId.isId(id.toString())).isTrue();
            assertThat(ObjectId.ofBytes(id.toBytes(), 0)).isEqualTo(id).hasSameHashCodeAs(id);
            assertThat(Integer.signum(id.compareTo(previous)))
                    .isEqualTo(Integer.signum(id.toString().compareTo(previous.toString())));
            previous = id;
        }
    }

    @Test
    @DisplayName("has a hash that spreads the ids of one session over few bits")
    void spreadsHashes() {
        Set<Integer> buckets = new HashSet<>();
        for (int counter = 0; counter < 4096; counter++) {
            buckets.add(ObjectId.anonymous(7, 9, counter).hashCode() & 4095);
        }
        assertThat(buckets).hasSizeGreaterThan(2400); // at random 4096 * (1 - 1/e) = 2589
    }
}
