package io.tokamak.gateway.events;

import io.tokamak.objects.InvalidRequest;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The last so many events. Positions go on from the nanosecond in which the log began, so that
 * those of an earlier log, of a gateway that was started before, are known as such: no store has so
 * many events that it would catch up with the clock.
 *
 * <p>Thread-safe; reading never waits.
 */
final class EventLog {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final String POSITION_MAX = Long.toString(Long.MAX_VALUE);

    private final InstantSource clock;
    private final AtomicReferenceArray<@Nullable LoggedEvent> ring;

    /** Before the first event. */
    private final long start;

    private final ReentrantLock appending = new ReentrantLock();
    private volatile long last;

    EventLog(int capacity, InstantSource clock) {
        this.clock = clock;
        this.ring = new AtomicReferenceArray<>(capacity);
        var now = clock.instant();
        this.start = now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
        this.last = start;
    }

    void append(LongFunction<LoggedEvent> event) {
        appending.lock();
        try {
            long position = last + 1;
            ring.set(index(position), event.apply(position));
            last = position;
        } finally {
            appending.unlock();
        }
    }

    /** The position of the newest event, or before the first one. */
    long last() {
        return last;
    }

    /**
     * The event at a position up to {@link #last}; null: it fell out of the log, or never was in.
     */
    @Nullable LoggedEvent at(long position) {
        LoggedEvent event = position > start ? ring.get(index(position)) : null;
        return event != null && event.position() == position ? event : null;
    }

    /** Whether all that came after a position is still here. */
    boolean reachesBackTo(long position) {
        return position >= oldest() - 1 && position <= last;
    }

    /** What is said instead of all events that are no longer here. */
    LoggedEvent gap() {
        return LoggedEvent.gap(oldest() - 1, clock.instant());
    }

    private long oldest() {
        return Math.max(start + 1, last - ring.length() + 1);
    }

    private int index(long position) {
        return (int) (position % ring.length());
    }

    /**
     * The position that an id means; it need not be of this log.
     *
     * @throws InvalidRequest {@code bad-cursor}
     */
    static long parse(String id) {
        boolean isPosition =
                id.matches("[0-9]{1,18}")
                        || (id.matches("[0-9]{19}") && id.compareTo(POSITION_MAX) <= 0);
        if (!isPosition) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_CURSOR,
                    "this is no id of an event: they are numbers up to " + POSITION_MAX,
                    "send the id of the last event that came, or none");
        }
        return Long.parseLong(id);
    }
}
