package io.tokamak.gateway.grpc;

import io.grpc.Status;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A call that failed beside the store: what {@code TokamakException} is for the store. */
@SuppressWarnings("serial") // never serialized
final class Refusal extends RuntimeException {
    private final Status.Code status;
    private final String reason;
    private final String remedy;
    private final SequencedMap<String, Object> numbers;
    private final @Nullable Duration retryAfter;

    private Refusal(
            Status.Code status,
            String reason,
            String detail,
            String remedy,
            SequencedMap<String, Object> numbers,
            @Nullable Duration retryAfter) {
        super(detail, null, false, false);
        this.status = status;
        this.reason = reason;
        this.remedy = remedy;
        this.numbers = Collections.unmodifiableSequencedMap(numbers);
        this.retryAfter = retryAfter;
    }

    static Refusal rangeNotSatisfiable(long offset, long size) {
        return new Refusal(
                Status.Code.OUT_OF_RANGE,
                "range-not-satisfiable",
                "offset %s of an object of %d bytes".formatted(Long.toUnsignedString(offset), size),
                "ask for an offset from 0 to the size",
                numbers("offset", Long.toUnsignedString(offset), "size", size),
                null);
    }

    static Refusal objectChanged(long asked, long actual) {
        return new Refusal(
                Status.Code.ABORTED,
                "object-changed",
                "the name has incarnation %s now, not %s"
                        .formatted(Long.toUnsignedString(actual), Long.toUnsignedString(asked)),
                "begin anew, from offset 0",
                numbers("asked", asked, "actual", actual),
                null);
    }

    static Refusal nodeNotFound(String id) {
        return new Refusal(
                Status.Code.NOT_FOUND,
                "node-not-found",
                "no node is called " + (id.length() <= 64 ? id : id.substring(0, 64) + "…"),
                "call ListNodes for those there are",
                new LinkedHashMap<>(),
                null);
    }

    static Refusal uploadTimeout(long received, Duration timeout) {
        return new Refusal(
                Status.Code.DEADLINE_EXCEEDED,
                "upload-timeout",
                "no message came for %d ms, after %d bytes".formatted(timeout.toMillis(), received),
                "put the object again, without pauses",
                numbers("received", received, "timeoutMillis", timeout.toMillis()),
                null);
    }

    static Refusal uploadTooSlow(long received, Duration total) {
        return new Refusal(
                Status.Code.DEADLINE_EXCEEDED,
                "upload-too-slow",
                "the object was not here within %d ms, only %d bytes of it"
                        .formatted(total.toMillis(), received),
                "send it faster or in parts, or raise tokamak.upload-time-total",
                numbers("received", received, "timeoutMillis", total.toMillis()),
                null);
    }

    static Refusal stopping() {
        return new Refusal(
                Status.Code.UNAVAILABLE,
                "unavailable",
                "the gateway stops",
                "call again when it is back, or another gateway",
                new LinkedHashMap<>(),
                Duration.ofSeconds(1));
    }

    private static SequencedMap<String, Object> numbers(
            String name, Object value, String name2, Object value2) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(name, value);
        numbers.put(name2, value2);
        return numbers;
    }

    Status.Code status() {
        return status;
    }

    String reason() {
        return reason;
    }

    String detail() {
        return String.valueOf(getMessage());
    }

    String remedy() {
        return remedy;
    }

    SequencedMap<String, Object> numbers() {
        return numbers;
    }

    /** Null: a repetition does not help. */
    @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
