package io.tokamak.gateway.events;

import io.tokamak.client.WatchQuery;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.NodeReadiness;
import io.tokamak.objects.NodeDown;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The events of the node, for any number of listeners. The node is watched once, and only while
 * somebody listens or may come back: to tell of every put costs it more than some puts do.
 *
 * <p>Thread-safe.
 */
@Component
public final class Events implements DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final NodeConnection connection;
    private final EventProperties properties;
    private final InstantSource clock = InstantSource.system();
    private final EventLog log;
    private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("events").factory());

    /** Guards what follows. */
    private final ReentrantLock watching = new ReentrantLock();

    private @Nullable AutoCloseable watch;
    private @Nullable ScheduledFuture<?> ending;
    private boolean hasWatched;
    private boolean stopped;

    Events(NodeConnection connection, EventProperties properties) {
        this.connection = connection;
        this.properties = properties;
        this.log = new EventLog(properties.logged(), clock);
    }

    /**
     * Listens: what happens after this returns is heard of. May wait for the node. The caller then
     * calls {@link Subscription#resume} once, and closes the subscription when nobody listens.
     *
     * @param after {@link LoggedEvent#id} of the last event that the listener has seen: goes on
     *     behind it, beginning with a gap when the log does not reach back to it; null: from now on
     * @throws io.tokamak.objects.InvalidRequest {@code bad-cursor}: that is no id
     * @throws NodeDown when the node cannot be watched
     */
    public Subscription subscribe(WatchQuery query, @Nullable String after, EventSink sink) {
        Long position = after == null ? null : EventLog.parse(after);
        watching.lock();
        try {
            if (stopped) {
                throw new NodeDown(
                        connection.folder().toString(), "the gateway stops", Duration.ofSeconds(1));
            }
            beginWatch();
            Subscription subscription = new Subscription(log, query, position, sink, this::remove);
            subscriptions.add(subscription);
            return subscription;
        } finally {
            watching.unlock();
        }
    }

    private void beginWatch() {
        if (ending != null) {
            ending.cancel(false);
            ending = null;
        }
        if (watch != null) {
            return;
        }
        watch =
                connection
                        .client()
                        .watch(WatchQuery.ALL, event -> append(at -> LoggedEvent.of(at, event)));
        if (hasWatched) {
            append(at -> LoggedEvent.gap(at, clock.instant()));
        }
        hasWatched = true;
    }

    private void remove(Subscription subscription) {
        watching.lock();
        try {
            if (subscriptions.remove(subscription) && subscriptions.isEmpty() && watch != null) {
                ending =
                        timer.schedule(
                                this::endWatchUnlessHeard,
                                properties.linger().toNanos(),
                                TimeUnit.NANOSECONDS);
            }
        } finally {
            watching.unlock();
        }
    }

    private void endWatchUnlessHeard() {
        watching.lock();
        try {
            if (subscriptions.isEmpty()) {
                endWatch();
            }
        } finally {
            watching.unlock();
        }
    }

    private void endWatch() {
        AutoCloseable open = watch;
        watch = null;
        if (open != null) {
            try {
                open.close();
            } catch (Exception e) {
                LOG.warn("a watch did not end as it should", e);
            }
        }
    }

    /** How many listen. */
    public int listeners() {
        return subscriptions.size();
    }

    private void append(LongFunction<LoggedEvent> event) {
        log.append(event);
        subscriptions.forEach(Subscription::resume);
    }

    @EventListener
    void onNode(NodeReadiness node) {
        append(at -> LoggedEvent.ofNode(at, node.isReady(), node.node(), clock.instant()));
    }

    /** Before the servers wait for their last calls: a stream has no end of its own. */
    @EventListener(ContextClosedEvent.class)
    void onStop() {
        watching.lock();
        try {
            stopped = true;
            endWatch();
        } finally {
            watching.unlock();
        }
        subscriptions.forEach(Subscription::end);
    }

    @Override
    public void destroy() {
        timer.shutdownNow();
    }
}
