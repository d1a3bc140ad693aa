package io.tokamak.node.local;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreListener;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.WatchRequest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands events to those who watch. A watcher that does not keep up misses events and is told so.
 * The store is listened to only while somebody watches.
 */
final class EventFeed implements StoreListener {
    private final Store store;
    private final InstantSource clock;

    /** The owner thread's. */
    private final List<Watcher> watchers = new ArrayList<>();

    private long sequence;

    private static final class Watcher {
        final WatchRequest request;
        final ServerCallStreamObserver<Event> events;
        boolean missed;

        Watcher(WatchRequest request, ServerCallStreamObserver<Event> events) {
            this.request = request;
            this.events = events;
        }

        boolean wants(ObjectMetadata metadata) {
            if (request.getNamespace().isEmpty()) {
                return true;
            }
            ObjectName name = metadata.name();
            return name != null
                    && name.namespace().equals(request.getNamespace())
                    && name.key().startsWith(request.getPrefix());
        }
    }

    EventFeed(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    void watch(WatchRequest request, ServerCallStreamObserver<Event> events) {
        Watcher watcher = new Watcher(request, events);
        events.setOnCancelHandler(() -> remove(watcher));
        // Everything is sent by the owner thread: a stream takes one message at a time.
        var _ =
                store.setListener(
                                this,
                                () -> {
                                    events.onNext(
                                            Event.newBuilder()
                                                    .setKind(Event.Kind.KIND_SUBSCRIBED)
                                                    .setTimeMillis(clock.millis())
                                                    .build());
                                    watchers.add(watcher);
                                })
                        .exceptionally(
                                failure -> {
                                    events.onError(LocalErrors.statusOf(failure));
                                    return null;
                                });
    }

    private void remove(Watcher watcher) {
        var _ =
                store.stopListeningIf(
                        () -> {
                            watchers.remove(watcher);
                            return watchers.isEmpty();
                        });
    }

    @Override
    public void happened(
            StoreListener.Kind kind,
            ObjectId id,
            long incarnation,
            long sizeBytes,
            ObjectMetadata metadata) {
        sequence++;
        Event event = null;
        for (Watcher watcher : watchers) {
            if (!watcher.wants(metadata)) {
                continue;
            }
            if (!watcher.events.isReady()) {
                watcher.missed = true;
                continue;
            }
            if (watcher.missed) {
                watcher.missed = false;
                watcher.events.onNext(
                        Event.newBuilder()
                                .setKind(Event.Kind.KIND_GAP)
                                .setSequence(sequence)
                                .setTimeMillis(clock.millis())
                                .build());
            }
            if (event == null) {
                event = event(kind, id, sizeBytes, metadata);
            }
            watcher.events.onNext(event);
        }
    }

    private Event event(
            StoreListener.Kind kind, ObjectId id, long sizeBytes, ObjectMetadata metadata) {
        Event.Builder event =
                Event.newBuilder()
                        .setKind(
                                switch (kind) {
                                    case SEALED -> Event.Kind.KIND_SEALED;
                                    case DELETED -> Event.Kind.KIND_DELETED;
                                    case EXPIRED -> Event.Kind.KIND_EXPIRED;
                                })
                        .setSequence(sequence)
                        .setId(ByteString.copyFrom(id.toBytes()))
                        .setSizeBytes(sizeBytes)
                        .setMediaType(metadata.mediaType().text())
                        .setTimeMillis(clock.millis());
        ObjectName name = metadata.name();
        if (name != null) {
            event.setNamespace(name.namespace()).setKey(name.key());
        }
        return event.build();
    }
}
