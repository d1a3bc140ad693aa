package io.tokamak.spring.cache;

import io.tokamak.client.TokamakClient;
import io.tokamak.values.Values;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.util.function.SingletonSupplier;

/** Caches in the store, each made when it is first asked for. Thread-safe. */
final class TokamakCacheManager implements CacheManager {
    private final TokamakClient client;
    private final Supplier<Values> values;
    private final TokamakCacheProperties properties;
    private final CacheNamespaces namespaces;
    private final Map<String, Cache> caches = new ConcurrentHashMap<>();

    /**
     * @param values asked for with the first cache: they take a while to be made, which a program's
     *     start does not wait for
     */
    TokamakCacheManager(
            TokamakClient client, Supplier<Values> values, TokamakCacheProperties properties) {
        this.client = client;
        this.values = SingletonSupplier.of(values);
        this.properties = properties;
        this.namespaces = new CacheNamespaces(properties.namespacePrefix());
    }

    @Override
    public Cache getCache(String name) {
        return caches.computeIfAbsent(
                name,
                _ ->
                        new TokamakCache(
                                name,
                                namespaces.of(name),
                                client,
                                values.get(),
                                properties.settings(name)));
    }

    @Override
    public Collection<String> getCacheNames() {
        return Set.copyOf(caches.keySet());
    }
}
