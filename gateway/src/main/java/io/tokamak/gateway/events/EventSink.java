package io.tokamak.gateway.events;

/**
 * Where the events of one listener go. Called by one thread at a time, of events as they come or of
 * {@link Subscription#resume}: must return at once, and never throw.
 */
public interface EventSink {
    /** Whether another event may be sent now; when that changes, resume the subscription. */
    boolean isReady();

    void send(LoggedEvent event);

    /** The gateway stops; nothing more comes. */
    void end();
}
