package io.tokamak.values;

import io.tokamak.client.ObjectView;

/**
 * A value whose parts may lie in the object: valid until closed, then every access to its bytes
 * throws {@link IllegalStateException}. Confined to the thread that borrowed it.
 */
public final class Borrowed<T> implements AutoCloseable {
    private final ObjectView view;
    private final T value;

    Borrowed(ObjectView view, T value) {
        this.view = view;
        this.value = value;
    }

    /**
     * The value.
     *
     * @throws IllegalStateException when this is closed
     */
    public T value() {
        return value;
    }

    /** The object that it was read from. */
    public ObjectView view() {
        return view;
    }

    /** Ends the pin. Idempotent. */
    @Override
    public void close() {
        view.close();
    }
}
