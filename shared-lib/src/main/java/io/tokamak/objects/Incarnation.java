package io.tokamak.objects;

import java.time.Instant;

/**
 * The number of one creation of an object, never used twice: it tells a re-created name from the
 * deleted one. A hybrid logical clock: it goes with the wall clock and never back.
 *
 * <pre>
 *   63                              20 19           0
 *  +----------------------------------+--------------+
 *  |  milliseconds since 1970, i44    | sequence u20 |
 *  +----------------------------------+--------------+
 * </pre>
 */
public final class Incarnation {
    public static final int SEQUENCE_BITS = 20;
    public static final int SEQUENCE_MAX = (1 << SEQUENCE_BITS) - 1;

    /** The year 2248. */
    public static final long MILLIS_MAX = Long.MAX_VALUE >>> SEQUENCE_BITS;

    private Incarnation() {}

    /**
     * The incarnation of these two.
     *
     * @param millis since 1970, 0 to {@link #MILLIS_MAX}
     * @param sequence within that millisecond, 0 to {@link #SEQUENCE_MAX}
     */
    public static long of(long millis, int sequence) {
        if (millis < 0 || millis > MILLIS_MAX || sequence < 0 || sequence > SEQUENCE_MAX) {
            throw new IllegalArgumentException(
                    "millis " + millis + ", sequence " + sequence + ": out of range");
        }
        return millis << SEQUENCE_BITS | sequence;
    }

    /**
     * The first one after {@code previous} that is not before {@code nowMillis}. A sequence that is
     * used up borrows from the next millisecond.
     *
     * @param previous the last one given out or seen, 0 for none
     */
    public static long next(long previous, long nowMillis) {
        return Math.max(Math.addExact(previous, 1), of(nowMillis, 0));
    }

    /** Milliseconds since 1970. */
    public static long millis(long incarnation) {
        return incarnation >> SEQUENCE_BITS;
    }

    public static int sequence(long incarnation) {
        return (int) incarnation & SEQUENCE_MAX;
    }

    /** When the object was created, by the clock of the node that sealed it. */
    public static Instant createdAt(long incarnation) {
        return Instant.ofEpochMilli(millis(incarnation));
    }
}
