package io.tokamak.gateway.mapping;

import io.tokamak.client.ObjectView;
import io.tokamak.client.Place;
import io.tokamak.objects.NotCoLocated;
import io.tokamak.objects.ObjectId;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A pin that the gateway holds for a co-located caller, and where the bytes lie. It takes one pin
 * word.
 *
 * <p>Thread-safe.
 */
public final class PlacedPin implements Hold {
    private final ObjectView view;
    private final Place place;
    private final CoLocation.Proof proof;
    private final AtomicBoolean closed = new AtomicBoolean();

    private PlacedPin(ObjectView view, Place place, CoLocation.Proof proof) {
        this.view = view;
        this.place = place;
        this.proof = proof;
    }

    /**
     * Takes part in the pin of a view of the calling thread, who closes the view.
     *
     * @throws NotCoLocated when the bytes lie in no file of this host
     */
    public static PlacedPin of(ObjectView view, CoLocation.Proof proof) {
        Place place = view.place();
        if (place == null) {
            throw new NotCoLocated(NotCoLocated.FOLDER_NOT_VISIBLE, "another host");
        }
        return new PlacedPin(view.dup(), place, proof);
    }

    public ObjectId id() {
        return view.id();
    }

    public Place place() {
        return place;
    }

    /**
     * Whether the pin has held without a gap from its first moment, in the life of the node in
     * which the caller proved to be co-located. Asked before {@link #close}; false for good.
     */
    @Override
    public boolean isHeld() {
        return place.isHeld() && proof.isCurrent();
    }

    /** Ends the pin. Idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            view.close();
        }
    }
}
