package io.tokamak.gateway.objects;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.SignalType;

/**
 * How long calls take, by call and status: the timer {@code http.server.requests} with the tags
 * that Spring gives it for everything else. Thread-safe.
 */
final class CallTimes {
    private static final String NONE = "none";

    private final MeterRegistry metrics;
    private final Map<Call, Map<HttpStatusCode, Timer>> timers = new EnumMap<>(Call.class);
    private final Map<Call, Timer> unanswered = new EnumMap<>(Call.class);

    CallTimes(MeterRegistry metrics) {
        this.metrics = metrics;
        for (Call call : Call.values()) {
            timers.put(call, new ConcurrentHashMap<>());
            unanswered.put(call, timer(call, "UNKNOWN", "UNKNOWN"));
        }
    }

    private Timer timer(Call call, String status, String outcome) {
        return Timer.builder("http.server.requests")
                .tag("method", call.method().name())
                .tag("uri", call.path())
                .tag("status", status)
                .tag("outcome", outcome)
                .tag("exception", NONE)
                .tag("error", NONE)
                .register(metrics);
    }

    /** A call that begins now. */
    Running begin(Call call, ServerHttpResponse response) {
        return new Running(call, response, System.nanoTime());
    }

    /** Told how it ended, once. */
    final class Running implements Consumer<SignalType> {
        private final Call call;
        private final ServerHttpResponse response;
        private final long begun;

        private Running(Call call, ServerHttpResponse response, long begun) {
            this.call = call;
            this.response = response;
            this.begun = begun;
        }

        @Override
        public void accept(SignalType end) {
            HttpStatusCode status =
                    end == SignalType.CANCEL && !response.isCommitted()
                            ? null
                            : response.getStatusCode();
            timer(status).record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
        }

        private Timer timer(@Nullable HttpStatusCode status) {
            Timer timer = status == null ? unanswered.get(call) : byStatus().get(status);
            return timer != null
                    ? timer
                    : byStatus().computeIfAbsent(Objects.requireNonNull(status), this::timerOf);
        }

        private Map<HttpStatusCode, Timer> byStatus() {
            return Objects.requireNonNull(timers.get(call));
        }

        private Timer timerOf(HttpStatusCode status) {
            return CallTimes.this.timer(call, Integer.toString(status.value()), outcome(status));
        }
    }

    private static String outcome(HttpStatusCode status) {
        return status.is2xxSuccessful()
                ? "SUCCESS"
                : status.is3xxRedirection()
                        ? "REDIRECTION"
                        : status.is4xxClientError() ? "CLIENT_ERROR" : "SERVER_ERROR";
    }
}
