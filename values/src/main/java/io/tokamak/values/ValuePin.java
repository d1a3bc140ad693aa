package io.tokamak.values;

import io.tokamak.client.ObjectView;
import java.lang.foreign.MemorySegment;

/**
 * What keeps the bytes of a value where they are. As confined as its view: to the thread that got
 * it, unless it was {@link #share shared}.
 */
public final class ValuePin implements AutoCloseable {
    private final ObjectView view;
    private final boolean isOwner;

    ValuePin(ObjectView view, boolean isOwner) {
        this.view = view;
        this.isOwner = isOwner;
    }

    /** All bytes of the object, read-only. */
    public MemorySegment segment() {
        return view.segment();
    }

    /** Another pin of the same bytes that any threads may use at once, to be closed on its own. */
    public ValuePin share() {
        return new ValuePin(view.share(), true);
    }

    /** Ends the pin, unless the value was borrowed: then that ends it. Idempotent. */
    @Override
    public void close() {
        if (isOwner) {
            view.close();
        }
    }
}
