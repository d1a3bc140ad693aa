package io.tokamak.gateway.events;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What listeners hear of.
 *
 * @param logged how many events are kept for listeners who come back, at least 1
 * @param linger how long the node is still watched after the last listener went, in case it comes
 *     back; a bare number is milliseconds
 * @param heartbeat how often a stream over HTTP says that it lives; a bare number is milliseconds
 */
@ConfigurationProperties("tokamak.events")
public record EventProperties(
        @DefaultValue("10000") int logged,
        @DefaultValue("10m") Duration linger,
        @DefaultValue("15s") Duration heartbeat) {
    public EventProperties {
        if (logged < 1 || !heartbeat.isPositive() || linger.isNegative()) {
            throw new IllegalArgumentException(
                    "tokamak.events: logged %d, linger %s, heartbeat %s; at least 1, 0 and more than 0"
                            .formatted(logged, linger, heartbeat));
        }
    }
}
