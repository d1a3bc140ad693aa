package io.tokamak.gateway.grpc;

import io.grpc.ServerCall;
import io.tokamak.client.ObjectView;
import io.tokamak.client.Place;
import io.tokamak.gateway.mapping.CoLocation;
import io.tokamak.gateway.mapping.PlacedPin;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.objects.NodeDown;
import io.tokamak.proto.v1.MapRequest;
import io.tokamak.proto.v1.MapResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A pin for a co-located caller, as long as the stream is open. */
final class MapCall extends Answering<MapRequest, MapResponse> implements Lasting.Call {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final NodeConnection connection;
    private final CoLocation coLocation;
    private final Lasting lasting;
    private @Nullable PlacedPin pin;

    /** Null: it was sent. */
    private @Nullable MapResponse answer;

    MapCall(
            ServerCall<Received, MapResponse> call,
            NodeConnection connection,
            CoLocation coLocation,
            Lasting lasting) {
        super(call, MapRequest.parser());
        this.connection = connection;
        this.coLocation = coLocation;
        this.lasting = lasting;
    }

    @Override
    boolean beginAtOnce(MapRequest request) {
        CoLocation.Proof proof = coLocation.check(request.getNonce());
        Target target = Messages.target(request.getObject());
        var _ = Messages.deadline(request.getWait()); // is one, though nothing waits
        answer = target.getIfPresent(connection.client(), view -> pin(view, proof));
        return answer != null;
    }

    @Override
    void begin(MapRequest request) {
        CoLocation.Proof proof = coLocation.check(request.getNonce());
        try (ObjectView view =
                Messages.target(request.getObject())
                        .get(connection, Messages.deadline(request.getWait()), this::isCancelled)) {
            answer = pin(view, proof);
        }
    }

    private MapResponse pin(ObjectView view, CoLocation.Proof proof) {
        PlacedPin placed = PlacedPin.of(view, proof);
        pin = placed;
        lasting.add(this);
        Place place = placed.place();
        return MapResponse.newBuilder()
                .setObject(Messages.object(view))
                .setFolder(place.folder().toString())
                .setFile(place.file())
                .setOffsetBytes(place.offset())
                .setLengthBytes(place.length())
                .build();
    }

    @Override
    boolean mayWaitLater() {
        return false;
    }

    @Override
    boolean proceed() {
        MapResponse unsent = answer;
        if (unsent != null && canSend()) {
            answer = null;
            send(unsent);
        }
        return false; // the caller ends it
    }

    @Override
    public void lookAgain() {
        run(
                () -> {
                    if (pin != null && !pin.isHeld()) {
                        throw new NodeDown(
                                connection.folder().toString(),
                                "it was started anew, and the mapping with it is over",
                                RETRY_AFTER);
                    }
                });
    }

    @Override
    void release() {
        lasting.remove(this);
        if (pin != null) {
            pin.close();
        }
    }
}
