package io.tokamak.client;

import io.grpc.Context;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.TokamakException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A subscription: goes on after a restart of the node, and says where events may have been missed.
 */
final class Watching implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Watching.class.getName());
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Feed feed;
    private final Consumer<ObjectEvent> listener;
    private final Context.CancellableContext context = Context.ROOT.withCancellation();
    private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
    private @Nullable String place;
    private long lastSequence;

    /** Where events come from. */
    interface Feed {
        /**
         * Subscribes, in a context whose end ends it, and tells what comes until it breaks.
         *
         * @param after the place of the last that was heard, to go on behind it; null: from now on
         * @throws NodeDown when it broke, or the node is away
         * @throws InvalidRequest when the node knows no such place
         */
        void listen(@Nullable String after, Consumer<Heard> heard);
    }

    /** What came. */
    sealed interface Heard {
        /** After which to go on; null: there is no going on, only a new beginning. */
        @Nullable String place();
    }

    /** The subscription stands. */
    record Subscribed(@Nullable String place) implements Heard {}

    record Happened(ObjectEvent event, @Nullable String place) implements Heard {}

    /** Nothing for a listener. */
    record Other(@Nullable String place) implements Heard {}

    private Watching(Feed feed, Consumer<ObjectEvent> listener) {
        this.feed = feed;
        this.listener = listener;
    }

    /**
     * Subscribed when it returns.
     *
     * @param node where it is, for people
     */
    static Watching begin(
            Feed feed, Consumer<ObjectEvent> listener, String node, Duration timeout) {
        Watching watching = new Watching(feed, listener);
        Thread.ofPlatform().name("tokamak-watch").daemon().start(watching::run);
        try {
            watching.subscribed.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return watching;
        } catch (ExecutionException e) {
            watching.close();
            throw e.getCause() instanceof TokamakException refused ? refused : down(node, e);
        } catch (TimeoutException e) {
            watching.close();
            throw down(node, e);
        } catch (InterruptedException interrupted) {
            watching.close();
            Thread.currentThread().interrupt();
            throw down(node, interrupted);
        }
    }

    private static NodeDown down(String node, Throwable cause) {
        return new NodeDown(node, "no subscription by the deadline", Duration.ofMillis(500), cause);
    }

    private void run() {
        while (!context.isCancelled()) {
            boolean isResumed = place != null;
            try {
                context.run(() -> feed.listen(place, heard -> take(heard, isResumed)));
            } catch (NodeDown away) {
                LockSupport.parkNanos(this, RETRY_NANOS);
            } catch (InvalidRequest e) {
                if (isResumed) {
                    place = null; // too long ago, or another node's
                } else {
                    fail(e);
                }
            } catch (RuntimeException e) {
                fail(e);
            }
        }
    }

    /** Ends a subscription that never stood; another one goes on, whatever it is. */
    private void fail(RuntimeException e) {
        if (subscribed.completeExceptionally(e)) {
            context.cancel(e);
        } else if (!context.isCancelled()) {
            LOG.log(System.Logger.Level.WARNING, "a subscription failed; it goes on", e);
            LockSupport.parkNanos(this, RETRY_NANOS);
        }
    }

    private void take(Heard heard, boolean isResumed) {
        if (heard.place() != null) {
            place = heard.place();
        }
        switch (heard) {
            case Subscribed _ -> {
                if (!subscribed.complete(null) && !isResumed) {
                    tell(gap());
                }
            }
            case Happened happened -> {
                lastSequence = happened.event().sequence();
                tell(happened.event());
            }
            case Other _ -> {}
        }
    }

    private ObjectEvent gap() {
        return new ObjectEvent(
                ObjectEvent.Kind.GAP, lastSequence, null, null, 0, "", Instant.now());
    }

    private void tell(ObjectEvent event) {
        if (context.isCancelled()) {
            return;
        }
        try {
            listener.accept(event);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a listener of events failed", e);
        }
    }

    @Override
    public void close() {
        context.cancel(null);
    }
}
