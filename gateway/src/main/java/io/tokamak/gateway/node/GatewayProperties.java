package io.tokamak.gateway.node;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The gateway and its node.
 *
 * @param folder of the node on this host
 * @param nodeTimeout how long a request waits for a node that is away; a bare number is
 *     milliseconds
 * @param uploadTimeout how long an upload may pause before it is ended; a bare number is
 *     milliseconds
 * @param uploadTimeTotal how long an upload may take in all; a bare number is milliseconds
 * @param uploadsMax how many uploads there may be at once, over all protocols; a wait of more than
 *     64 KiB over REST is one until it is read
 * @param downloadTimeout how long a reader over REST may take no byte of its answer before it is
 *     cut off, and the pin of a large object ends; seen when the kernel's buffer has room again, so
 *     that up to some MB may count as nothing; a bare number is milliseconds
 */
@ConfigurationProperties("tokamak")
public record GatewayProperties(
        @DefaultValue("/dev/shm/tokamak/node-1") Path folder,
        @DefaultValue("5s") Duration nodeTimeout,
        @DefaultValue("30s") Duration uploadTimeout,
        @DefaultValue("1h") Duration uploadTimeTotal,
        @DefaultValue("256") int uploadsMax,
        @DefaultValue("2m") Duration downloadTimeout) {

    public GatewayProperties {
        checkPositive("upload-timeout", uploadTimeout);
        checkPositive("upload-time-total", uploadTimeTotal);
        checkPositive("download-timeout", downloadTimeout);
        if (uploadsMax < 1) {
            throw new IllegalArgumentException(
                    "tokamak.uploads-max is " + uploadsMax + ": give 1 or more");
        }
    }

    private static void checkPositive(String property, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(
                    "tokamak." + property + " is " + value + ": give more than nothing");
        }
    }
}
