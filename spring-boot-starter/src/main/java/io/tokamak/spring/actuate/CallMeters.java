package io.tokamak.spring.actuate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.TokamakException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one kind of call: the timer {@code tokamak.client.<kind>} by outcome, and the
 * counter {@code tokamak.client.<kind>.bytes} of payload. Thread-safe.
 */
final class CallMeters {
    static final String MISS = "miss";
    private static final String OTHER_ERROR = "error";

    private final MeterRegistry registry;
    private final String name;
    private final String description;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();
    private final Counter bytes;

    /**
     * @param outcomes that are shown with no call made yet
     */
    CallMeters(MeterRegistry registry, String kind, String description, String... outcomes) {
        this.registry = registry;
        this.name = "tokamak.client." + kind;
        this.description = description;
        this.bytes =
                Counter.builder(name + ".bytes")
                        .description("Payload of these calls")
                        .register(registry);
        for (String outcome : outcomes) {
            timer(outcome);
        }
    }

    /**
     * Makes the call and measures it, unless its answer is null. What it throws is its outcome:
     * {@link #MISS} when nothing was found, else the code of the error.
     *
     * @param outcome of an answer
     * @param sizeBytes of an answer
     */
    <T extends @Nullable Object> T measure(
            Supplier<T> call,
            Function<@NonNull T, String> outcome,
            ToLongFunction<@NonNull T> sizeBytes) {
        long begun = System.nanoTime();
        T answer;
        try {
            answer = call.get();
        } catch (RuntimeException | Error e) {
            record(begun, outcome(e));
            throw e;
        }
        if (answer != null) {
            record(begun, outcome.apply(answer));
            bytes.increment((double) sizeBytes.applyAsLong(answer));
        }
        return answer;
    }

    private void record(long begunNanos, String outcome) {
        timer(outcome).record(System.nanoTime() - begunNanos, TimeUnit.NANOSECONDS);
    }

    private static String outcome(Throwable failure) {
        return switch (failure) {
            case ObjectNotFound _ -> MISS;
            case TokamakException e -> e.code();
            default -> OTHER_ERROR;
        };
    }

    private Timer timer(String outcome) {
        return timers.computeIfAbsent(
                outcome,
                _ ->
                        Timer.builder(name)
                                .description(description)
                                .tag("outcome", outcome)
                                .register(registry));
    }
}
