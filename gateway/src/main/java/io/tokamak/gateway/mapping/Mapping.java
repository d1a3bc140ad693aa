package io.tokamak.gateway.mapping;

import java.time.Duration;
import java.time.Instant;

/**
 * A hold for a time.
 *
 * @param id secret: who knows it may renew and release
 * @param ttl as asked for last
 * @param expires its end as the caller is told, never after {@code endNanos}
 * @param endNanos its end by the clock that no one sets
 */
record Mapping<H extends Hold>(String id, H hold, Duration ttl, Instant expires, long endNanos) {
    boolean isOver(long nowNanos) {
        return nowNanos - endNanos >= 0;
    }
}
