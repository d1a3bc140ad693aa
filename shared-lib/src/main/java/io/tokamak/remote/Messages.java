package io.tokamak.remote;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.tokamak.objects.Deadline;
import java.time.Instant;

/** Times as they are sent. */
public final class Messages {
    private Messages() {}

    public static Duration duration(java.time.Duration duration) {
        return Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    public static java.time.Duration duration(Duration duration) {
        return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }

    public static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }

    /** What is left until the deadline, as far as a gateway waits. */
    public static Duration wait(Deadline deadline) {
        java.time.Duration left = deadline.remaining();
        return duration(left.compareTo(Gateway.WAIT_MAX) > 0 ? Gateway.WAIT_MAX : left);
    }
}
