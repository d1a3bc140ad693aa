package io.tokamak.objects;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How long an object is kept. A duration counts whole milliseconds, begun ones full, so that
 * nothing ends early.
 */
public sealed interface Lifetime {
    /**
     * Of an anonymous object with the default lifetime, unless the node is configured otherwise.
     */
    Duration DEFAULT_IDLE = Duration.ofHours(24);

    /**
     * What the kind of object says: idle for {@link #DEFAULT_IDLE} when anonymous, until deleted
     * when named.
     */
    record Default() implements Lifetime {}

    /** Until someone deletes it. */
    record UntilDeleted() implements Lifetime {}

    /**
     * While nobody leaves it alone for so long.
     *
     * @param time since the last get or pin; more than zero
     */
    record Idle(Duration time) implements Lifetime {
        public Idle {
            Durations.check("idle", time);
        }
    }

    /**
     * So long from the put on. Stored, it is {@link Until}.
     *
     * @param time from the put on; more than zero
     * @param idle ends it earlier when it is left alone for so long; null does not
     */
    record Ttl(Duration time, @Nullable Duration idle) implements Lifetime {
        public Ttl {
            Durations.check("ttl", time);
            if (idle != null) {
                Durations.check("idle", idle);
            }
        }
    }

    /**
     * Until a time.
     *
     * @param end after 1970 and before the year 10000, by the node's clock
     * @param idle ends it earlier when it is left alone for so long; null does not
     */
    record Until(Instant end, @Nullable Duration idle) implements Lifetime {
        static final long MILLIS_MAX = 253_402_300_799_999L; // 9999-12-31T23:59:59.999Z

        public Until {
            if (!end.isAfter(Instant.EPOCH) || end.isAfter(Instant.ofEpochMilli(MILLIS_MAX))) {
                throw new InvalidRequest(
                        InvalidRequest.BAD_DURATION,
                        "bad end of lifetime " + end + ": must be after 1970 and before 10000",
                        "give a time in between",
                        Numbers.of("end", end.toString()));
            }
            if (idle != null) {
                Durations.check("idle", idle);
            }
        }
    }

    /**
     * As long as a session is attached.
     *
     * @param number of the session, unsigned; {@link #OWN} for the one that puts
     */
    record Session(int number) implements Lifetime {
        public static final int OWN = 0;
    }

    /** What the kind of object says. */
    static Lifetime byDefault() {
        return new Default();
    }

    static Lifetime untilDeleted() {
        return new UntilDeleted();
    }

    static Lifetime idle(Duration time) {
        return new Idle(time);
    }

    static Lifetime ttl(Duration time) {
        return new Ttl(time, null);
    }

    static Lifetime until(Instant end) {
        return new Until(end, null);
    }

    /** With the session that puts it. */
    static Lifetime session() {
        return new Session(Session.OWN);
    }

    /** What {@code ttl} and {@code idle} of a request mean together: whichever ends first. */
    static Lifetime of(@Nullable Duration ttl, @Nullable Duration idle) {
        if (ttl != null) {
            return new Ttl(ttl, idle);
        }
        return idle != null ? new Idle(idle) : byDefault();
    }

    /** What {@link Default} stands for; any other lifetime is itself. */
    default Lifetime resolve(boolean named) {
        return switch (this) {
            case Default _ -> named ? untilDeleted() : new Idle(DEFAULT_IDLE);
            case UntilDeleted _, Idle _, Ttl _, Until _, Session _ -> this;
        };
    }

    /**
     * What it comes to when an object is put at this time: a {@link Ttl} counts from there, and
     * ends with a whole millisecond.
     */
    default Lifetime from(Instant put) {
        return this instanceof Ttl(Duration time, Duration idle)
                ? new Until(
                        Instant.ofEpochMilli(put.toEpochMilli() + Durations.toMillisCeiling(time)),
                        idle)
                : this;
    }

    /**
     * When an object ends that was put at this time and is left alone; null: no time ends it.
     *
     * @param named whether it has a name; see {@link Default}
     */
    default @Nullable Instant end(Instant put, boolean named) {
        return switch (resolve(named).from(put)) {
            case Idle(Duration time) -> idleEnd(put, time);
            case Until(Instant end, Duration idle) ->
                    idle != null && idleEnd(put, idle).isBefore(end) ? idleEnd(put, idle) : end;
            case Default _, UntilDeleted _, Ttl _, Session _ -> null;
        };
    }

    private static Instant idleEnd(Instant put, Duration idle) {
        long millis = Durations.toMillisCeiling(idle);
        return put.plusMillis(millis + accessGranularityMillis(millis));
    }

    /**
     * How long an access may stay unreported to the node: half a second, or a 1024th of a long idle
     * time. The node adds it to the end of an idle time, so that an object never ends early.
     */
    static long accessGranularityMillis(long idleMillis) {
        return Math.max(500, idleMillis >> 10);
    }

    /** The word for it in descriptions. */
    default String kind() {
        return switch (this) {
            case Default _ -> "default";
            case UntilDeleted _ -> "until-deleted";
            case Idle _ -> "idle";
            case Ttl _ -> "ttl";
            case Until _ -> "until";
            case Session _ -> "session";
        };
    }
}
