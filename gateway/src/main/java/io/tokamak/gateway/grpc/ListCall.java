package io.tokamak.gateway.grpc;

import io.grpc.Attributes;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.ListResponse;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A list. Its answer may be long, and gRPC keeps it until the caller has taken it, whatever window
 * that has left: so few of a connection are answered at a time, and the others wait.
 */
final class ListCall extends Unary<ListRequest, ListResponse> {
    private static final int PER_CONNECTION_MAX = 4;
    private static final long GLANCE_MILLIS = 200;

    /** Of each connection. */
    private static final Attributes.Key<Semaphore> TURNS = Attributes.Key.create("lists");

    /** Gives each connection its turns. */
    static final ServerTransportFilter OF_EACH_CONNECTION =
            new ServerTransportFilter() {
                @Override
                public Attributes transportReady(Attributes attributes) {
                    return attributes.toBuilder()
                            .set(TURNS, new Semaphore(PER_CONNECTION_MAX, true))
                            .build();
                }
            };

    private final Semaphore turns;
    private boolean hasTurn;

    ListCall(ServerCall<Received, ListResponse> call, Unary.Work<ListRequest, ListResponse> work) {
        super(call, ListRequest.parser(), work);
        turns = Objects.requireNonNull(call.getAttributes().get(TURNS));
    }

    @Override
    void begin(ListRequest request) {
        awaitTurn();
        super.begin(request);
    }

    private void awaitTurn() {
        try {
            while (!hasTurn) {
                hasTurn = turns.tryAcquire(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
                if (isCancelled()) {
                    throw new CancellationException("nobody waits for the list");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    /** The caller has taken the answer. */
    @Override
    public void onComplete() {
        endTurn();
    }

    @Override
    public void onCancel() {
        whereStepsMayWait(
                () -> {
                    cancel(); // only once nothing is under way
                    endTurn();
                });
    }

    private void endTurn() {
        if (hasTurn) {
            hasTurn = false;
            turns.release();
        }
    }
}
