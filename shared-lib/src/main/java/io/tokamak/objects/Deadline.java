package io.tokamak.objects;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time until which a call may wait, on the monotonic clock of this process. Immutable, and of
 * no meaning in another process: send {@link #remaining} instead.
 */
public final class Deadline {
    /** Has passed: whoever is given it looks once and does not wait. */
    public static final Deadline NONE = new Deadline(System::nanoTime, System.nanoTime(), true);

    /** Half of what the clock can tell apart, 146 years. */
    private static final long NANOS_MAX = Long.MAX_VALUE / 2;

    private final LongSupplier nanoClock;
    private final long endNanos;
    private final boolean passed;

    private Deadline(LongSupplier nanoClock, long endNanos, boolean passed) {
        this.nanoClock = nanoClock;
        this.endNanos = endNanos;
        this.passed = passed;
    }

    /**
     * So long from now on.
     *
     * @param duration from now; zero or less does not wait, more than 146 years are 146
     */
    public static Deadline after(Duration duration) {
        return after(duration, System::nanoTime);
    }

    /**
     * So long from now on, by that clock.
     *
     * @param nanoClock as {@link System#nanoTime}: of any origin, never backwards
     */
    public static Deadline after(Duration duration, LongSupplier nanoClock) {
        if (duration.isNegative() || duration.isZero()) {
            return NONE;
        }
        return new Deadline(nanoClock, nanoClock.getAsLong() + saturatedNanos(duration), false);
    }

    public boolean isExpired() {
        return remainingNanos() == 0;
    }

    /** Nanoseconds left, never negative; 0 from the deadline on. */
    public long remainingNanos() {
        return passed ? 0 : Math.max(0, endNanos - nanoClock.getAsLong());
    }

    /** The time left, never negative. */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    /** The earlier of the two. */
    public Deadline orEarlier(Deadline other) {
        return other.remainingNanos() < remainingNanos() ? other : this;
    }

    private static long saturatedNanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(NANOS_MAX)) >= 0
                ? NANOS_MAX
                : duration.toNanos();
    }

    @Override
    public String toString() {
        return passed ? "no wait" : remaining() + " left";
    }
}
