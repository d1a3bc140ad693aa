package io.tokamak.gateway.events;

import io.tokamak.client.WatchQuery;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One listener: a place in the log, and nothing that grows. Whoever is slower than the log is long
 * gets a gap.
 *
 * <p>Thread-safe.
 */
public final class Subscription implements AutoCloseable {
    private final EventLog log;
    private final WatchQuery query;
    private final EventSink sink;
    private final Consumer<Subscription> onClose;

    /** Calls of {@link #resume} that were not served yet: who makes it 1 serves them all. */
    private final AtomicInteger calls = new AtomicInteger();

    private long position;
    private volatile boolean ending;
    private volatile boolean closed;
    private boolean ended;

    /**
     * @param after where to go on; null: behind what has happened
     */
    Subscription(
            EventLog log,
            WatchQuery query,
            @Nullable Long after,
            EventSink sink,
            Consumer<Subscription> onClose) {
        this.log = log;
        this.query = query;
        this.sink = sink;
        this.onClose = onClose;
        this.position = after == null ? log.last() : after;
    }

    /** Sends what there is, as far as the sink is ready: call it when it is ready again. */
    public void resume() {
        int served = calls.incrementAndGet();
        if (served > 1) {
            return;
        }
        do {
            send();
            served = calls.addAndGet(-served);
        } while (served > 0);
    }

    private void send() {
        while (!closed && sink.isReady()) {
            LoggedEvent event = next();
            if (event == null) {
                break;
            }
            sink.send(event);
        }
        if (ending && !closed && !ended) {
            ended = true;
            sink.end();
        }
    }

    /** Null: there is none yet. */
    private @Nullable LoggedEvent next() {
        while (true) {
            if (!log.reachesBackTo(position)) {
                return gap();
            }
            if (position == log.last()) {
                return null;
            }
            LoggedEvent event = log.at(position + 1);
            if (event == null) { // overwritten meanwhile
                return gap();
            }
            position++;
            if (event.isFor(query)) {
                return event;
            }
        }
    }

    private LoggedEvent gap() {
        LoggedEvent gap = log.gap();
        position = gap.position();
        return gap;
    }

    /** Nothing more comes. */
    void end() {
        ending = true;
        resume();
    }

    /** Nothing is sent any more. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            onClose.accept(this);
        }
    }
}
