package io.tokamak.gateway.grpc;

import io.grpc.ServerCall;
import io.tokamak.client.WatchQuery;
import io.tokamak.gateway.events.EventSink;
import io.tokamak.gateway.events.Events;
import io.tokamak.gateway.events.LoggedEvent;
import io.tokamak.gateway.events.Subscription;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.proto.v1.WatchResponse;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What happens to objects, as it happens. */
final class WatchCall extends Answering<WatchRequest, WatchResponse> implements EventSink {
    private final Events events;
    private @Nullable Subscription subscription;

    /** Whether the first answer was sent, which says that the others follow. */
    private volatile boolean listening;

    WatchCall(ServerCall<Received, WatchResponse> call, Events events) {
        super(call, WatchRequest.parser());
        this.events = events;
    }

    @Override
    void begin(WatchRequest request) {
        String namespace = Messages.namespace(request.getNamespace(), request.getPrefix());
        subscription =
                events.subscribe(
                        new WatchQuery(namespace, Messages.textOrNull(request.getPrefix())),
                        Messages.textOrNull(request.getAfter()),
                        this);
    }

    @Override
    boolean proceed() {
        if (!listening) {
            send(
                    WatchResponse.newBuilder()
                            .setKind(WatchResponse.Kind.KIND_SUBSCRIBED)
                            .setTime(Messages.timestamp(Instant.now()))
                            .build());
            listening = true;
        }
        if (subscription != null) {
            subscription.resume();
        }
        return false; // the caller ends it
    }

    @Override
    public boolean isReady() {
        return listening && canSend();
    }

    @Override
    public void send(LoggedEvent event) {
        run(() -> send(response(event)));
    }

    @Override
    public void end() {
        breakOff(Refusal.stopping());
    }

    private static WatchResponse response(LoggedEvent event) {
        WatchResponse.Builder response =
                WatchResponse.newBuilder()
                        .setKind(
                                switch (event.kind()) {
                                    case SEALED -> WatchResponse.Kind.KIND_SEALED;
                                    case DELETED -> WatchResponse.Kind.KIND_DELETED;
                                    case EXPIRED -> WatchResponse.Kind.KIND_EXPIRED;
                                    case NODE_UP -> WatchResponse.Kind.KIND_NODE_UP;
                                    case NODE_DOWN -> WatchResponse.Kind.KIND_NODE_DOWN;
                                    case GAP -> WatchResponse.Kind.KIND_GAP;
                                })
                        .setSequence(event.id())
                        .setSizeBytes(event.sizeBytes())
                        .setMediaType(event.mediaType())
                        .setTime(Messages.timestamp(event.time()));
        if (event.object() != null) {
            response.setId(event.object().toString());
        }
        if (event.name() != null) {
            response.setName(Messages.name(event.name()));
        }
        if (event.node() != null) {
            response.setNode(event.node());
        }
        return response.build();
    }

    @Override
    void release() {
        if (subscription != null) {
            subscription.close();
        }
    }
}
