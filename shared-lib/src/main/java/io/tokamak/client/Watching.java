package io.tokamak.client;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.tokamak.objects.NodeDown;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.LocalGrpc;
import io.tokamak.proto.local.v1.WatchRequest;
import io.tokamak.session.Control;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A subscription: goes on after a restart of the node, and says that events may have been missed.
 */
final class Watching implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Watching.class.getName());
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Control control;
    private final WatchRequest request;
    private final Consumer<ObjectEvent> listener;
    private final Context.CancellableContext context = Context.ROOT.withCancellation();
    private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
    private long lastSequence;

    private Watching(Control control, WatchRequest request, Consumer<ObjectEvent> listener) {
        this.control = control;
        this.request = request;
        this.listener = listener;
    }

    /** Subscribed when it returns. */
    static Watching begin(
            Control control, WatchQuery query, Consumer<ObjectEvent> listener, Duration timeout) {
        WatchRequest.Builder request = WatchRequest.newBuilder();
        if (query.namespace() != null) {
            request.setNamespace(query.namespace());
        }
        if (query.prefix() != null) {
            request.setPrefix(query.prefix());
        }
        Watching watching = new Watching(control, request.build(), listener);
        Thread.ofPlatform().name("tokamak-watch").daemon().start(watching::run);
        try {
            watching.subscribed.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return watching;
        } catch (TimeoutException | ExecutionException e) {
            watching.close();
            throw down(control, e);
        } catch (InterruptedException interrupted) {
            watching.close();
            Thread.currentThread().interrupt();
            throw down(control, interrupted);
        }
    }

    private static NodeDown down(Control control, Throwable cause) {
        return new NodeDown(
                control.folder().path().toString(),
                "no subscription by the deadline",
                Duration.ofMillis(500),
                cause);
    }

    private void run() {
        while (!context.isCancelled()) {
            try {
                context.call(
                        () -> {
                            listen(control.stream());
                            return null;
                        });
            } catch (StatusRuntimeException away) {
                LockSupport.parkNanos(this, RETRY_NANOS);
            } catch (Exception unexpected) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a subscription failed; it goes on",
                        unexpected);
                LockSupport.parkNanos(this, RETRY_NANOS);
            }
        }
    }

    private void listen(LocalGrpc.LocalBlockingStub node) {
        Iterator<Event> events = node.watch(request);
        while (events.hasNext()) {
            Event event = events.next();
            if (event.getKind() == Event.Kind.KIND_SUBSCRIBED) {
                if (!subscribed.complete(null)) {
                    tell(
                            new ObjectEvent(
                                    ObjectEvent.Kind.GAP,
                                    lastSequence,
                                    null,
                                    null,
                                    0,
                                    "",
                                    Instant.now()));
                }
                continue;
            }
            ObjectEvent known = Descriptions.event(event);
            if (known != null) {
                lastSequence = known.sequence();
                tell(known);
            }
        }
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
