package io.tokamak.spring.cache;

import io.tokamak.client.TokamakClient;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;

/** Caches in the store, each made when it is first asked for. Thread-safe. */
final class TokamakCacheManager implements CacheManager {
    private final TokamakClient client;
    private final CacheSerializers serializers;
    private final TokamakCacheProperties properties;
    private final CacheNamespaces namespaces;
    private final Map<String, Cache> caches = new ConcurrentHashMap<>();

    TokamakCacheManager(
            TokamakClient client, CacheSerializers serializers, TokamakCacheProperties properties) {
        this.client = client;
        this.serializers = serializers;
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
                                serializers,
                                properties.settings(name)));
    }

    @Override
    public Collection<String> getCacheNames() {
        return Set.copyOf(caches.keySet());
    }
}
