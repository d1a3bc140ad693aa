package io.tokamak.gateway.mapping;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Mappings over REST. A mapping whose caller died keeps its bytes from being reused until its time
 * is over.
 *
 * @param countMax mappings at the same time, 1 to 60,000; each takes one of the 65,536 pin words
 *     that the gateway shares with its downloads
 * @param ttl of a mapping that asks for none; a bare number is milliseconds
 * @param ttlMax the longest that may be asked for; a bare number is milliseconds
 */
@ConfigurationProperties("tokamak.mapping")
record MappingProperties(
        @DefaultValue("10000") int countMax,
        @DefaultValue("1m") Duration ttl,
        @DefaultValue("1h") Duration ttlMax) {
    /** Below, a mapping would often end before its answer is read. */
    static final Duration TTL_MIN = Duration.ofMillis(100);

    private static final int COUNT_LIMIT = 60_000;

    MappingProperties {
        if (countMax < 1 || countMax > COUNT_LIMIT) {
            throw new IllegalArgumentException(
                    "tokamak.mapping.count-max is %d: give 1 to %d"
                            .formatted(countMax, COUNT_LIMIT));
        }
        if (ttl.compareTo(TTL_MIN) < 0 || ttl.compareTo(ttlMax) > 0) {
            throw new IllegalArgumentException(
                    "tokamak.mapping.ttl is %s: give at least %s and at most tokamak.mapping.ttl-max, %s"
                            .formatted(ttl, TTL_MIN, ttlMax));
        }
    }
}
