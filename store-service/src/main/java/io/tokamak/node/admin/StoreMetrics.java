package io.tokamak.node.admin;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.tokamak.node.local.LocalServer;
import io.tokamak.node.objects.Ledger;
import io.tokamak.node.objects.SessionInfo;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreTimes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.springframework.stereotype.Component;

/** The store in numbers. One look at the store serves all meters of a scrape. */
@Component
final class StoreMetrics implements MeterBinder {
    private static final long FRESH_NANOS = 500_000_000;
    private static final long PATIENCE_SECONDS = 2;

    /** Of the histograms: 10 us to 10 s, three to a decade. */
    private static final Duration[] BOUNDS =
            LongStream.iterate(10_000, nanos -> nanos <= 1_000_000_000L, nanos -> 10 * nanos)
                    .flatMap(nanos -> LongStream.of(nanos, 2 * nanos, 5 * nanos))
                    .mapToObj(Duration::ofNanos)
                    .toArray(Duration[]::new);

    private final Store store;
    private final LocalServer local;
    private Store.Status status;
    private long takenNanos;

    StoreMetrics(Store store, LocalServer local) {
        this.store = store;
        this.local = local;
        status = store.status().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        takenNanos = System.nanoTime();
    }

    private synchronized Store.Status status() {
        if (System.nanoTime() - takenNanos > FRESH_NANOS) {
            status = store.status().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
            takenNanos = System.nanoTime();
        }
        return status;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        bytes(registry, "in_use", Ledger::inUse);
        bytes(registry, "free", Ledger::free);
        bytes(registry, "leased", Ledger::leased);
        bytes(registry, "condemned", Ledger::condemned);
        bytes(registry, "withheld", Ledger::withheld);
        gauge(
                registry,
                "tokamak.pool.capacity",
                "Bytes for objects",
                "bytes",
                s -> s.ledger().capacity());
        gauge(
                registry,
                "tokamak.pool.pinned",
                "Bytes pinned by readers",
                "bytes",
                s -> s.ledger().pinned());
        gauge(
                registry,
                "tokamak.pool.touched",
                "Bytes touched since the pool was made",
                "bytes",
                Store.Status::touchedBytes);
        gauge(
                registry,
                "tokamak.pool.undrained",
                "Bytes committed and not yet published",
                "bytes",
                s -> s.undrainedBytes());
        gauge(
                registry,
                "tokamak.index.size",
                "Shared memory of the index",
                "bytes",
                s -> s.ledger().index());
        gauge(
                registry,
                "tokamak.objects",
                "Objects that can be found",
                "objects",
                s -> s.objects());
        gauge(
                registry,
                "tokamak.sessions",
                "Attached processes",
                "sessions",
                s -> s.sessions().size());
        gauge(
                registry,
                "tokamak.pins",
                "Pin words in use",
                "pins",
                s -> s.sessions().stream().mapToInt(SessionInfo::pins).sum());
        gauge(
                registry,
                "tokamak.pins.oldest.age",
                "Age of the oldest pin",
                "seconds",
                s -> s.oldestPinMillis() / 1e3);
        counter(registry, "tokamak.puts", "Objects published", s -> s.counters().published());
        counter(
                registry,
                "tokamak.put.bytes",
                "Payload of objects published",
                s -> s.counters().sealedBytes());
        counter(
                registry,
                "tokamak.gets",
                "Objects got in place or copied, as the clients say some times a second",
                s -> s.counters().gets());
        counter(
                registry,
                "tokamak.allocation.failures",
                "Leases that found no room in time",
                s -> s.counters().allocationFailures());
        counter(
                registry,
                "tokamak.sessions.fenced",
                "Sessions fenced",
                s -> s.counters().fencedSessions());
        counter(
                registry,
                "tokamak.misses",
                "Ids that were asked for and not there",
                s -> s.counters().misses());
        counter(
                registry,
                "tokamak.deletes",
                "Objects deleted or expired",
                s -> s.counters().deleted());
        FunctionCounter.builder("tokamak.local.malformed", local, LocalServer::malformedCount)
                .description("Messages on the control socket that broke a rule")
                .register(registry);
        bindLatencies(registry);
    }

    private void bindLatencies(MeterRegistry registry) {
        Timer turns =
                timer("tokamak.turns", "Turns of the owner thread with something to do")
                        .register(registry);
        Timer claims =
                timer("tokamak.named.puts", "From the drain of a named put to its answer")
                        .register(registry);
        store.setTimes(
                new StoreTimes() {
                    @Override
                    public void turned(long nanos) {
                        turns.record(nanos, TimeUnit.NANOSECONDS);
                    }

                    @Override
                    public void claimed(long nanos) {
                        claims.record(nanos, TimeUnit.NANOSECONDS);
                    }
                });
        Map<List<String>, Timer> calls = new ConcurrentHashMap<>();
        local.setCallListener(
                (method, outcome, nanos) ->
                        calls.computeIfAbsent(
                                        List.of(method, outcome),
                                        _ ->
                                                timer(
                                                                "tokamak.local.calls",
                                                                "Calls over the control socket,"
                                                                        + " waits included")
                                                        .tag("method", method)
                                                        .tag("outcome", outcome)
                                                        .register(registry))
                                .record(nanos, TimeUnit.NANOSECONDS));
    }

    private static Timer.Builder timer(String name, String what) {
        return Timer.builder(name).description(what).serviceLevelObjectives(BOUNDS);
    }

    private interface Bytes {
        long of(Ledger ledger);
    }

    private void bytes(MeterRegistry registry, String state, Bytes bytes) {
        Gauge.builder("tokamak.pool", this, metrics -> bytes.of(metrics.status().ledger()))
                .description("Bytes of the pool by state; they add up to its capacity")
                .baseUnit("bytes")
                .tag("state", state)
                .register(registry);
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            String what,
            String unit,
            ToDoubleFunction<Store.Status> value) {
        Gauge.builder(name, this, metrics -> value.applyAsDouble(metrics.status()))
                .description(what)
                .baseUnit(unit)
                .register(registry);
    }

    private void counter(
            MeterRegistry registry,
            String name,
            String what,
            ToDoubleFunction<Store.Status> value) {
        FunctionCounter.builder(name, this, metrics -> value.applyAsDouble(metrics.status()))
                .description(what)
                .register(registry);
    }
}
