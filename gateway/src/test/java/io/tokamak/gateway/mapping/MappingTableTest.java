package io.tokamak.gateway.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.gateway.objects.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table of mappings")
class MappingTableTest {
    private static final Instant START = Instant.parse("2026-11-26T12:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Behind by that much when the test begins: only differences of it mean something. */
    private long nanos = Long.MAX_VALUE - 1_000_000_000L;

    private final long startNanos = nanos;
    private final MappingTable<Held> table = tableOf(1000);

    private MappingTable<Held> tableOf(int countMax) {
        return new MappingTable<>(countMax, () -> START.plusNanos(nanos - startNanos), () -> nanos);
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    /** Something that counts how often it was let go. */
    private static final class Held implements Hold {
        private final AtomicInteger closed = new AtomicInteger();
        private volatile boolean lost;

        @Override
        public boolean isHeld() {
            return !lost;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }

        boolean isClosed() {
            assertThat(closed.get()).isLessThan(2);
            return closed.get() == 1;
        }
    }

    private static void assertEnded(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(Refusal.class).hasMessageContaining("ended");
    }

    @Test
    @DisplayName("keeps a mapping to the nanosecond before its end, and not a round longer")
    void neverEarly() {
        Mapping<Held> mapping = table.add(Held::new, MINUTE);
        assertThat(mapping.expires()).isEqualTo(START.plus(MINUTE));
        pass(MINUTE.minusNanos(1));
        table.expire();
        assertThat(mapping.hold().isClosed()).isFalse();
        pass(Duration.ofNanos(1));
        table.expire();
        assertThat(mapping.hold().isClosed()).isTrue();
        assertEnded(() -> table.release(mapping.id()));
    }

    @Test
    @DisplayName("ends the others when one does not close, and gives its place back")
    void oneDoesNotClose() {
        MappingTable<Hold> two = new MappingTable<>(2, () -> START, () -> nanos);
        Held other = new Held();
        two.add(Broken::new, MINUTE);
        two.add(() -> other, MINUTE);
        pass(MINUTE);
        MappingExpiry expiry = new MappingExpiry(two);
        expiry.start();
        try {
            await().atMost(MINUTE).until(() -> two.count() == 0);
            assertThat(other.isClosed()).isTrue();
            two.add(Held::new, MINUTE);
            two.add(Held::new, MINUTE);
        } finally {
            expiry.stop();
        }
    }

    /** As when the memory below it cannot be read. */
    private static final class Broken implements Hold {
        @Override
        public boolean isHeld() {
            return true;
        }

        @Override
        public void close() {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
        }
    }

    @Test
    @DisplayName("answers late calls as ended even before its end was noticed")
    void late() {
        String released = table.add(Held::new, MINUTE).id();
        String renewed = table.add(Held::new, MINUTE).id();
        pass(MINUTE);
        assertEnded(() -> table.release(released));
        assertEnded(() -> table.renew(renewed, MINUTE));
    }

    @Test
    @DisplayName(
            "moves an end as asked, later or earlier, and without a wish by what was asked last")
    void renews() {
        String id = table.add(Held::new, MINUTE).id();
        pass(Duration.ofSeconds(50));
        assertThat(table.renew(id, null).expires()).isEqualTo(START.plusSeconds(110));
        assertThat(table.renew(id, Duration.ofSeconds(20)).expires())
                .isEqualTo(START.plusSeconds(70));
        pass(Duration.ofSeconds(19));
        assertThat(table.renew(id, null).expires()).isEqualTo(START.plusSeconds(89));
        pass(Duration.ofSeconds(20));
        assertEnded(() -> table.renew(id, null));
    }

    @Test
    @DisplayName("says of a hold that was lost that it ended, and lets it go")
    void lost() {
        Mapping<Held> renewed = table.add(Held::new, MINUTE);
        Mapping<Held> released = table.add(Held::new, MINUTE);
        renewed.hold().lost = true;
        released.hold().lost = true;
        assertEnded(() -> table.renew(renewed.id(), null));
        assertEnded(() -> table.release(released.id()));
        assertThat(renewed.hold().isClosed()).isTrue();
        assertThat(released.hold().isClosed()).isTrue();
    }

    @Test
    @DisplayName("has as many places as configured, and none is lost by a hold that fails")
    void places() {
        MappingTable<Held> small = tableOf(2);
        String first = small.add(Held::new, MINUTE).id();
        assertThatThrownBy(
                        () ->
                                small.add(
                                        () -> {
                                            throw new IllegalStateException("no such object");
                                        },
                                        MINUTE))
                .isInstanceOf(IllegalStateException.class);
        small.add(Held::new, MINUTE);
        assertThatThrownBy(
                        () ->
                                small.add(
                                        () -> {
                                            throw new AssertionError("held without a place");
                                        },
                                        MINUTE))
                .hasMessageContaining("2 mappings at once");
        small.release(first);
        small.add(Held::new, MINUTE);
        assertThat(small.count()).isEqualTo(2);
    }

    @Test
    @DisplayName("gives ids of 128 random bits")
    void ids() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            ids.add(table.add(Held::new, MINUTE).id());
        }
        assertThat(ids).hasSize(1000).allMatch(id -> id.matches("[0-9a-f]{32}"));
    }

    @Test
    @DisplayName("does in 20,000 random steps what a plain list does")
    void model() {
        long seed = Long.getLong("tokamak.seed", System.nanoTime());
        System.out.println("MappingTableTest.model: seed " + seed);
        Random random = new Random(seed);
        Map<String, Expected> model = new HashMap<>();
        for (int step = 0; step < 20_000; step++) {
            Expected any = any(model, random);
            Duration ttl = Duration.ofMillis(1 + random.nextInt(1000));
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> {
                    Mapping<Held> added = table.add(Held::new, ttl);
                    model.put(added.id(), new Expected(added.hold(), added.id(), ttl, nanos));
                }
                case 3, 4 -> renew(any, random.nextBoolean() ? ttl : null);
                case 5 -> release(any);
                case 6, 7 -> pass(Duration.ofMillis(random.nextInt(100)));
                case 8 -> {
                    if (any != null && random.nextInt(8) == 0 && !any.ended) {
                        any.hold.lost = true;
                    }
                }
                default -> {
                    table.expire();
                    model.values().forEach(each -> each.ended |= nanos - each.endNanos >= 0);
                }
            }
            for (Expected each : model.values()) {
                assertThat(each.hold.isClosed())
                        .as("step %d of seed %d", step, seed)
                        .isEqualTo(each.ended);
            }
            model.values().removeIf(each -> each.ended && random.nextInt(20) == 0);
        }
    }

    private static final class Expected {
        final Held hold;
        final String id;
        Duration ttl;
        long endNanos;
        boolean ended;

        Expected(Held hold, String id, Duration ttl, long now) {
            this.hold = hold;
            this.id = id;
            this.ttl = ttl;
            this.endNanos = now + ttl.toNanos();
        }
    }

    private static @Nullable Expected any(Map<String, Expected> model, Random random) {
        List<Expected> all = new ArrayList<>(model.values());
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    private void renew(@Nullable Expected expected, @Nullable Duration ttl) {
        if (expected == null) {
            return;
        }
        if (expected.ended || expected.hold.lost || nanos - expected.endNanos >= 0) {
            assertEnded(() -> table.renew(expected.id, ttl));
            expected.ended |= expected.hold.lost;
            return;
        }
        expected.ttl = ttl == null ? expected.ttl : ttl;
        expected.endNanos = nanos + expected.ttl.toNanos();
        assertThat(table.renew(expected.id, ttl).endNanos()).isEqualTo(expected.endNanos);
    }

    private void release(@Nullable Expected expected) {
        if (expected == null) {
            return;
        }
        boolean stands = !expected.ended && !expected.hold.lost && nanos - expected.endNanos < 0;
        if (stands) {
            table.release(expected.id);
        } else {
            assertEnded(() -> table.release(expected.id));
        }
        expected.ended = true;
    }

    @Test
    @DisplayName(
            "lets each hold go once, and answers one of many releases that race with renewals and"
                    + " the end of time")
    void race() throws Exception {
        MappingTable<Held> real = new MappingTable<>(1000, Instant::now, System::nanoTime);
        int threads = 4;
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            CyclicBarrier together = new CyclicBarrier(threads);
            for (int round = 0; round < 300; round++) {
                Mapping<Held> mapping = real.add(Held::new, Duration.ofMillis(1 + round % 3));
                List<Future<Boolean>> released = new ArrayList<>();
                released.add(
                        executor.submit(
                                racer(
                                        together,
                                        () -> real.renew(mapping.id(), Duration.ofMillis(1)),
                                        false)));
                released.add(executor.submit(racer(together, real::expire, false)));
                released.add(
                        executor.submit(racer(together, () -> real.release(mapping.id()), true)));
                released.add(
                        executor.submit(racer(together, () -> real.release(mapping.id()), true)));
                int count = 0;
                for (Future<Boolean> each : released) {
                    count += each.get() ? 1 : 0;
                }
                assertThat(count).isLessThan(2);
                assertThat(mapping.hold().isClosed()).isTrue();
            }
        }
        assertThat(real.count()).isZero();
    }

    /** Whether the call was a release that succeeded. */
    private static Callable<Boolean> racer(
            CyclicBarrier together, Runnable call, boolean isRelease) {
        return () -> {
            together.await();
            try {
                call.run();
                return isRelease;
            } catch (Refusal ended) {
                return false;
            }
        };
    }
}
