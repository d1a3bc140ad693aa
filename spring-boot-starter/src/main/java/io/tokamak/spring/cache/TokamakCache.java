package io.tokamak.spring.cache;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.values.Encoded;
import io.tokamak.values.Values;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.support.AbstractValueAdaptingCache;

/**
 * A cache in a namespace of the store, shared by all programs that attach to it. Thread-safe, and
 * so are its entries: two writers of one key at once leave the value of one of them.
 *
 * <p>Objects are immutable, so a put over an entry deletes it and puts anew. A reader at that
 * moment may find neither. A put of a value that is there already leaves it, unless it is to live
 * longer for it.
 */
final class TokamakCache extends AbstractValueAdaptingCache {
    private static final String ENTRIES = "entries";
    private static final long PAUSE_NANOS_MAX = 200_000;
    private static final Executor VIRTUAL =
            task -> Thread.ofVirtual().name("tokamak-cache").start(task);

    private final String name;
    private final String namespace;
    private final Group entries;
    private final TokamakClient client;
    private final Values values;
    private final PutOptions options;
    private final boolean isRenewed;
    private final Loads loads = new Loads();

    /**
     * @param namespace that no other cache has
     * @param settings how long an entry lives and a put may wait
     */
    TokamakCache(
            String name,
            String namespace,
            TokamakClient client,
            Values values,
            CacheSettings settings) {
        super(settings.cacheNullValues());
        this.name = name;
        this.namespace = namespace;
        this.entries = new Group(namespace, ENTRIES);
        this.client = client;
        this.values = values;
        this.isRenewed = settings.ttl() != null;
        this.options =
                PutOptions.DEFAULTS
                        .withGroup(entries)
                        .withLifetime(settings.lifetime())
                        .withTimeout(settings.putTimeout());
    }

    @Override
    public String getName() {
        return name;
    }

    /** The client; the entries lie in the namespace that {@link #toString} names. */
    @Override
    public TokamakClient getNativeCache() {
        return client;
    }

    private ObjectName nameOf(Object key) {
        return new ObjectName(namespace, CacheKeys.text(key));
    }

    @Override
    protected @Nullable Object lookup(Object key) {
        return find(nameOf(key));
    }

    private @Nullable Object find(ObjectName object) {
        try {
            return values.getInPlace(object, Object.class, Deadline.NONE);
        } catch (ObjectNotFound _) {
            return null;
        }
    }

    @Override
    public void put(Object key, @Nullable Object value) {
        replace(options.withName(nameOf(key)), values.encode(toStoreValue(value)));
    }

    /**
     * Puts until nobody is in between. When the time is over others have written this key all the
     * while: theirs is as if it had come right after this one.
     */
    private void replace(PutOptions named, Encoded payload) {
        Deadline deadline = Deadline.after(options.timeout());
        while (!putUnlessTaken(named, payload)) {
            if (deadline.isExpired()) {
                return;
            }
            var _ = client.delete(Objects.requireNonNull(named.name()));
            // A writer of a large value holds the name until it has copied.
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS_MAX));
        }
    }

    private boolean putUnlessTaken(PutOptions named, Encoded payload) {
        try {
            Stored stored = values.putEncoded(payload, named);
            return stored.created() || !isRenewed;
        } catch (ObjectExists _) {
            return false;
        }
    }

    @Override
    public @Nullable ValueWrapper putIfAbsent(Object key, @Nullable Object value) {
        PutOptions named = options.withName(nameOf(key));
        Encoded payload = values.encode(toStoreValue(value));
        Deadline deadline = Deadline.after(options.timeout());
        while (true) {
            Object there = find(nameOf(key));
            if (there != null) {
                return toValueWrapper(there);
            }
            try {
                if (values.putEncoded(payload, named).created()) {
                    return null;
                }
            } catch (ObjectExists taken) {
                if (deadline.isExpired()) {
                    throw taken;
                }
            }
        }
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends @Nullable Object> @Nullable T get(Object key, Callable<T> loader) {
        ObjectName object = nameOf(key);
        while (true) {
            Object there = find(object);
            if (there != null) {
                return (T) fromStoreValue(there);
            }
            Loads.Loaded loaded = loads.load(object.key(), () -> load(key, object, loader));
            // Who waited gets a table or tensor of its own: the loader's is closed by who loaded.
            if (loaded.isOwn() || !(loaded.value() instanceof AutoCloseable)) {
                return (T) loaded.value();
            }
        }
    }

    private @Nullable Object load(
            Object key, ObjectName object, Callable<? extends @Nullable Object> loader) {
        Object there = find(object); // by who loaded it just before
        if (there != null) {
            return fromStoreValue(there);
        }
        Object value;
        try {
            value = loader.call();
        } catch (Exception e) {
            throw new ValueRetrievalException(key, loader, e);
        }
        put(key, value);
        return value;
    }

    @Override
    public CompletableFuture<?> retrieve(Object key) {
        return CompletableFuture.supplyAsync(() -> get(key), VIRTUAL);
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> retrieve(
            Object key, Supplier<CompletableFuture<T>> loader) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return get(key, () -> loader.get().get());
                    } catch (ValueRetrievalException e) {
                        throw new CompletionException(loadersOwn(e.getCause()));
                    }
                },
                VIRTUAL);
    }

    private static @Nullable Throwable loadersOwn(@Nullable Throwable failure) {
        return failure instanceof ExecutionException ? failure.getCause() : failure;
    }

    @Override
    public void evict(Object key) {
        var _ = evictIfPresent(key);
    }

    @Override
    public boolean evictIfPresent(Object key) {
        return client.delete(nameOf(key));
    }

    @Override
    public void clear() {
        var _ = invalidate();
    }

    @Override
    public boolean invalidate() {
        return client.deleteGroup(entries) > 0;
    }

    @Override
    public String toString() {
        return "cache " + name + " in namespace " + namespace;
    }
}
