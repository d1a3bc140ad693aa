package io.tokamak.gateway.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectEvent;
import io.tokamak.client.WatchQuery;
import io.tokamak.gateway.events.LoggedEvent.Kind;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000000006Z");
    private static final int CAPACITY = 10;

    private final EventLog log = new EventLog(CAPACITY, InstantSource.fixed(NOW));
    private final Collected collected = new Collected();

    private static final class Collected implements EventSink {
        final List<LoggedEvent> events = new ArrayList<>();
        int room = Integer.MAX_VALUE;
        boolean ended;

        @Override
        public boolean isReady() {
            return events.size() < room;
        }

        @Override
        public void send(LoggedEvent event) {
            assertThat(ended).isFalse();
            events.add(event);
        }

        @Override
        public void end() {
            ended = true;
        }

        List<String> texts() {
            return events.stream()
                    .map(
                            e ->
                                    e.kind() == Kind.GAP
                                            ? "gap"
                                            : e.name() == null ? "?" : e.name().key())
                    .toList();
        }
    }

    private void happens(String namespace, String key) {
        ObjectName name = new ObjectName(namespace, key);
        log.append(
                at ->
                        LoggedEvent.of(
                                at,
                                new ObjectEvent(
                                        ObjectEvent.Kind.SEALED,
                                        7,
                                        ObjectId.named(name),
                                        name,
                                        1,
                                        "text/plain",
                                        NOW)));
    }

    private void happens(int from, int to) {
        for (int i = from; i <= to; i++) {
            happens("a", "" + i);
        }
    }

    private Subscription after(@Nullable Long position) {
        return new Subscription(log, WatchQuery.ALL, position, collected, _ -> {});
    }

    @Test
    void hearsWhatHappensFromNowOn() {
        happens(1, 3);
        Subscription subscription = after(null);
        subscription.resume();
        assertThat(collected.events).isEmpty();
        happens(4, 5);
        subscription.resume();
        assertThat(collected.texts()).containsExactly("4", "5");
        assertThat(collected.events.get(1).position())
                .isEqualTo(collected.events.get(0).position() + 1);
    }

    @Test
    void goesOnBehindTheLastEventThatWasSeen() {
        happens(1, 5);
        after(log.last() - 3).resume();
        assertThat(collected.texts()).containsExactly("3", "4", "5");
    }

    @Test
    @DisplayName(
            "whose past fell out of the log gets a gap first, and then all that is still there")
    void overtaken() {
        long before = log.last();
        happens(1, CAPACITY);
        after(before).resume();
        assertThat(collected.texts()).hasSize(CAPACITY).doesNotContain("gap");
        collected.events.clear();
        happens(CAPACITY + 1, CAPACITY + 1);
        after(before).resume();
        assertThat(collected.texts()).hasSize(CAPACITY + 1).startsWith("gap", "2", "3");
        assertThat(collected.events).extracting(LoggedEvent::position).isSorted();
        long gap = collected.events.getFirst().position();
        collected.events.clear();
        after(gap).resume();
        assertThat(collected.texts()).hasSize(CAPACITY).startsWith("2", "3");
    }

    @Test
    @DisplayName("whose past is of an earlier log, or of none, gets a gap first")
    void earlierLife() {
        EventLog earlier = new EventLog(CAPACITY, InstantSource.fixed(NOW.minusNanos(1_000_000)));
        for (long unknown : new long[] {0, earlier.last(), earlier.last() + 5, log.last() + 99}) {
            collected.events.clear();
            after(unknown).resume();
            assertThat(collected.texts()).as("after %d", unknown).containsExactly("gap");
        }
        happens(1, 2);
        collected.events.clear();
        after(earlier.last() + 5).resume();
        assertThat(collected.texts()).containsExactly("gap", "1", "2");
    }

    @Test
    @DisplayName(
            "a slow listener holds its place alone, and gets a gap when the log has overtaken it")
    void slow() {
        Subscription subscription = after(null);
        collected.room = 2;
        happens(1, 3);
        subscription.resume();
        assertThat(collected.texts()).containsExactly("1", "2");
        happens(4, 3 * CAPACITY);
        subscription.resume();
        assertThat(collected.texts()).hasSize(2);
        collected.room = 5;
        subscription.resume();
        assertThat(collected.texts()).containsExactly("1", "2", "gap", "21", "22");
    }

    @Test
    void hearsOfItsNamespaceAndPrefixAndOfWhatIsForEverybody() {
        var query = new WatchQuery("a", "x/");
        Subscription subscription = new Subscription(log, query, null, collected, _ -> {});
        happens("a", "x/1");
        happens("a", "y/1");
        happens("b", "x/1");
        log.append(at -> LoggedEvent.ofNode(at, false, "n", NOW));
        log.append(at -> LoggedEvent.gap(at, NOW));
        subscription.resume();
        assertThat(collected.events)
                .extracting(LoggedEvent::kind)
                .containsExactly(Kind.SEALED, Kind.NODE_DOWN, Kind.GAP);
    }

    @Test
    void endsOnceAndSendsNothingAfterItWasClosed() {
        Subscription subscription = after(null);
        happens(1, 1);
        subscription.end();
        subscription.end();
        assertThat(collected.texts()).containsExactly("1");
        assertThat(collected.ended).isTrue();
        List<Subscription> closed = new ArrayList<>();
        Subscription other =
                new Subscription(log, WatchQuery.ALL, null, new Collected(), closed::add);
        other.close();
        other.close();
        assertThat(closed).containsExactly(other);
        happens(2, 2);
        other.resume();
    }

    @Test
    @DisplayName("threads that resume at once send each event once, in order")
    void manyThreads() throws Exception {
        EventLog large = new EventLog(100_000, InstantSource.fixed(NOW));
        Subscription subscription =
                new Subscription(large, WatchQuery.ALL, null, collected, _ -> {});
        long first = large.last() + 1;
        CyclicBarrier start = new CyclicBarrier(4);
        List<Future<?>> threads = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                threads.add(
                        executor.submit(
                                () -> {
                                    start.await();
                                    for (int n = 0; n < 10_000; n++) {
                                        large.append(at -> LoggedEvent.gap(at, NOW));
                                        subscription.resume();
                                    }
                                    return null;
                                }));
            }
            for (Future<?> thread : threads) {
                thread.get();
            }
        }
        assertThat(collected.events.stream().mapToLong(LoggedEvent::position))
                .containsExactlyElementsOf(
                        LongStream.range(first, first + 40_000).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-1",
                "+1",
                "1.5",
                "x",
                "1 ",
                "٣",
                "9223372036854775808",
                "00000000000000000001"
            })
    void whatIsNoIdIsRefused(String id) {
        assertThatThrownBy(() -> EventLog.parse(id))
                .isInstanceOfSatisfying(
                        InvalidRequest.class,
                        refused -> assertThat(refused.code()).isEqualTo(InvalidRequest.BAD_CURSOR));
    }

    @Test
    void anIdIsThePositionInDigits() {
        happens(1, 1);
        LoggedEvent event = Objects.requireNonNull(log.at(log.last()));
        assertThat(EventLog.parse(event.id())).isEqualTo(event.position());
        assertThat(EventLog.parse("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
    }
}
