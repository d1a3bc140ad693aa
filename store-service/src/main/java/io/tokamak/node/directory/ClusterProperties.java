package io.tokamak.node.directory;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The cluster that a node joins.
 *
 * @param name of the cluster; nodes of other names do not see each other
 * @param address that this node listens at for others; elsewhere than on the loopback only in a
 *     network of its own
 * @param port first port to try; the next free one of a hundred is taken
 * @param members addresses of other nodes, {@code host} or {@code host:port}; none: this node alone
 */
@Validated
@ConfigurationProperties("tokamak.cluster")
record ClusterProperties(
        @DefaultValue("tokamak") @NotBlank String name,
        @DefaultValue("127.0.0.1") @NotBlank String address,
        @DefaultValue("5701") @Min(1) @Max(65535) int port,
        @DefaultValue({}) List<String> members) {}
