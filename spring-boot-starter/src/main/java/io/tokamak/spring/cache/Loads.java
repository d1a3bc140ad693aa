package io.tokamak.spring.cache;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Values being made: who wants one that another thread of this process is making waits for it
 * instead of making it again. Thread-safe.
 */
final class Loads {
    private record Load(Thread thread, CompletableFuture<@Nullable Object> value) {}

    /**
     * What a loader returned.
     *
     * @param isOwn whether the caller's own did
     */
    record Loaded(@Nullable Object value, boolean isOwn) {}

    private final Map<String, Load> underWay = new ConcurrentHashMap<>();

    /**
     * Runs the loader, or waits for the one that runs and has its value or exception. A loader that
     * asks for its own key runs again, as it would wait for ever otherwise.
     */
    Loaded load(String key, Supplier<? extends @Nullable Object> loader) {
        Load own = new Load(Thread.currentThread(), new CompletableFuture<>());
        Load other = underWay.putIfAbsent(key, own);
        if (other != null) {
            return other.thread().equals(own.thread())
                    ? new Loaded(loader.get(), true)
                    : new Loaded(await(other), false);
        }
        try {
            Object value = loader.get();
            own.value().complete(value);
            return new Loaded(value, true);
        } catch (RuntimeException | Error e) {
            own.value().completeExceptionally(e);
            throw e;
        } finally {
            underWay.remove(key);
        }
    }

    private static @Nullable Object await(Load load) {
        try {
            return load.value().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
