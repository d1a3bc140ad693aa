package io.tokamak.spring;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;

/**
 * The client. Without a URL and without a folder: what TOKAMAK_URL and TOKAMAK_FOLDER say, else the
 * usual folder of this host.
 *
 * @param url of a gateway, tokamak://HOST:9090, with TLS tokamaks://HOST:9090
 * @param folder of a node on this host, such as /dev/shm/tokamak/node-1
 * @param token for the gateway, sent as a bearer token
 * @param zeroCopy whether objects are read in place where this program turns out to be on the host
 *     of the gateway's node
 * @param name of this program as the node's operators see it, at most 48 bytes of UTF-8; absent:
 *     spring.application.name
 * @param timeout how long to wait for the node when connecting, and in calls without a deadline of
 *     their own; more than zero; a bare number is milliseconds
 * @param connect when to connect
 */
@ConfigurationProperties("tokamak.client")
public record TokamakClientProperties(
        @Nullable String url,
        @Nullable Path folder,
        @Nullable String token,
        @DefaultValue("true") boolean zeroCopy,
        @Nullable String name,
        @DefaultValue("10s") Duration timeout,
        @DefaultValue("after-start") ConnectTime connect) {

    /** When the client connects. */
    public enum ConnectTime {
        /** In the background, once the program has started, or with the first call. */
        AFTER_START,
        /** While the program starts, which fails when no node answers. */
        AT_START
    }

    /**
     * @throws MutuallyExclusiveConfigurationPropertiesException when both a URL and a folder say
     *     where the objects are
     */
    public TokamakClientProperties {
        MutuallyExclusiveConfigurationPropertiesException.throwIfMultipleNonNullValuesIn(
                entries -> {
                    entries.put("tokamak.client.url", url);
                    entries.put("tokamak.client.folder", folder);
                });
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("tokamak.client.timeout must be more than zero");
        }
    }

    /** Without the token, which is a secret. */
    @Override
    public String toString() {
        return "tokamak.client[url=%s, folder=%s, zeroCopy=%s, name=%s, timeout=%s, connect=%s]"
                .formatted(url, folder, zeroCopy, name, timeout, connect);
    }
}
