package io.tokamak.gateway.security;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may call the gateway.
 *
 * @param tokens any of which a caller sends as {@code Authorization: Bearer}; none: everybody on
 *     this host may call
 * @param tokensFile more tokens, one a line; empty lines and those that begin with # do not count
 * @param hosts further names, beside {@code localhost} and every address, by which a gateway
 *     without tokens may be called over REST; with tokens any name will do
 */
@ConfigurationProperties("tokamak.security")
record SecurityProperties(
        @DefaultValue List<String> tokens,
        @Nullable Path tokensFile,
        @DefaultValue List<String> hosts) {
    /** Tokens are secrets. */
    @Override
    public String toString() {
        return tokens.size() + " tokens, and those in " + tokensFile;
    }
}
