package io.tokamak.spring.cache;

import io.tokamak.objects.Lifetime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cache behaves.
 *
 * @param ttl how long an entry lives; null: {@code idle} alone ends it
 * @param idle how long an entry lives that nobody reads
 * @param cacheNullValues whether a null is cached, or refused
 * @param putTimeout how long a put waits for room
 */
record CacheSettings(
        @Nullable Duration ttl, Duration idle, boolean cacheNullValues, Duration putTimeout) {

    Lifetime lifetime() {
        return Lifetime.of(ttl, idle);
    }
}
