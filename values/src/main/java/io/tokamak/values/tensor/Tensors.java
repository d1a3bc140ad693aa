package io.tokamak.values.tensor;

import io.tokamak.values.ValuePin;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Several tensors by name, in place until closed, which ends all of them; in the order in which
 * they were put. As confined as a {@link Tensor}.
 */
public final class Tensors implements AutoCloseable {
    private final Map<String, Tensor> byName;
    private final @Nullable ValuePin pin;

    Tensors(Map<String, Tensor> byName, @Nullable ValuePin pin) {
        this.byName = Collections.unmodifiableMap(byName);
        this.pin = pin;
    }

    /** Tensors to be put together. */
    public static Tensors of(Map<String, Tensor> byName) {
        return new Tensors(new LinkedHashMap<>(byName), null);
    }

    public Set<String> names() {
        return byName.keySet();
    }

    /**
     * The tensor of that name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public Tensor get(String name) {
        Tensor tensor = byName.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no tensor " + name + " among " + names());
        }
        return tensor;
    }

    public Map<String, Tensor> asMap() {
        return byName;
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (pin != null) {
            pin.close();
        }
    }

    @Override
    public String toString() {
        return byName.toString();
    }
}
