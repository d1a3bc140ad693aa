package io.tokamak.spring.cache;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Spring's cache in the store.
 *
 * @param enabled whether the program's caches lie in the store
 * @param namespacePrefix what the namespace of each cache begins with: a letter or digit, then of
 *     a-z 0-9 . _ -, at most 20
 * @param ttl how long an entry lives from its put on; absent: idle alone ends it
 * @param idle how long an entry lives that nobody reads
 * @param cacheNullValues whether null is cached as a value, or refused
 * @param putTimeout how long a put waits for room in the pool; 0 does not wait
 * @param trustedPackages whose classes JSON may name, with all packages below, besides those of the
 *     program
 * @param caches by name, what differs for a cache
 */
@ConfigurationProperties("tokamak.cache")
record TokamakCacheProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("cache.") String namespacePrefix,
        @Nullable Duration ttl,
        @DefaultValue("24h") Duration idle,
        @DefaultValue("true") boolean cacheNullValues,
        @DefaultValue("1s") Duration putTimeout,
        @DefaultValue({}) List<String> trustedPackages,
        @DefaultValue Map<String, Differing> caches) {

    /**
     * What differs for one cache; what is absent is as for all.
     *
     * @param ttl how long an entry lives from its put on
     * @param idle how long an entry lives that nobody reads
     * @param cacheNullValues whether null is cached as a value, or refused
     */
    record Differing(
            @Nullable Duration ttl, @Nullable Duration idle, @Nullable Boolean cacheNullValues) {}

    CacheSettings settings(String cache) {
        Differing differing = caches.getOrDefault(cache, new Differing(null, null, null));
        return new CacheSettings(
                differing.ttl() != null ? differing.ttl() : ttl,
                differing.idle() != null ? differing.idle() : idle,
                differing.cacheNullValues() != null ? differing.cacheNullValues() : cacheNullValues,
                putTimeout);
    }
}
