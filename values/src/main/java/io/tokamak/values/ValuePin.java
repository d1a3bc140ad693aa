package io.tokamak.values;

import io.tokamak.client.ObjectView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What keeps the bytes of a value where they are. As confined as its view: to the thread that got
 * it, unless it was {@link #share shared}, or is the garbage collector's.
 */
public final class ValuePin implements AutoCloseable {
    private final ObjectView view;
    private final boolean isOwner;

    /** Bytes that any threads may use, and whose last user ends the pin; null: the view's. */
    private final @Nullable MemorySegment collected;

    private ValuePin(ObjectView view, boolean isOwner, @Nullable MemorySegment collected) {
        this.view = view;
        this.isOwner = isOwner;
        this.collected = collected;
    }

    static ValuePin ofValue(ObjectView view) {
        return new ValuePin(view, true, null);
    }

    static ValuePin ofCaller(ObjectView view) {
        return new ValuePin(view, false, null);
    }

    @SuppressWarnings("MustBeClosedChecker") // by the collector
    static ValuePin ofCollector(ObjectView view) {
        ObjectView last = view.dup(); // its first thread is the one that closes it
        MemorySegment bytes = view.segment();
        MemorySegment collected =
                bytes.reinterpret(bytes.byteSize(), Arena.ofAuto(), _ -> last.close());
        return new ValuePin(view, false, collected);
    }

    /** All bytes of the object, read-only. */
    public MemorySegment segment() {
        MemorySegment known = collected;
        return known == null ? view.segment() : known;
    }

    /** Another pin of the same bytes that any threads may use at once, to be closed on its own. */
    public ValuePin share() {
        return collected == null ? ofValue(view.share()) : this;
    }

    /** Ends the pin, if whoever closes the value is who ends it. Idempotent. */
    @Override
    public void close() {
        if (isOwner) {
            view.close();
        }
    }
}
