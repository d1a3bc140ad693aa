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
 * @param uploadsMax how many uploads there may be at once
 */
@ConfigurationProperties("tokamak")
public record GatewayProperties(
        @DefaultValue("/dev/shm/tokamak/node-1") Path folder,
        @DefaultValue("5s") Duration nodeTimeout,
        @DefaultValue("30s") Duration uploadTimeout,
        @DefaultValue("256") int uploadsMax) {}
