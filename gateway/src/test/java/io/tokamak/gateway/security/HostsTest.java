package io.tokamak.gateway.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {
    private final Hosts hosts = new Hosts(List.of("gateway", "Tokamak.Internal."));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:8080",
                "LocalHost.:8080",
                "tokamak.localhost",
                "127.0.0.1",
                "127.0.0.1:8080",
                "10.1.2.3:8080",
                "[::1]",
                "[::1]:8080",
                "[fe80::1%25eth0]:8080",
                "gateway:8080",
                "GATEWAY.",
                "tokamak.internal",
                "",
            })
    @DisplayName("addresses, the names of the loopback and those that are configured")
    void ours(String header) {
        assertThat(hosts.isOurs(header)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "127.0.0.1evil.example",
                "notlocalhost",
                "other",
                "sub.gateway",
                "internal",
                "localhost@evil.example",
                "evil.example/localhost",
                "[::1",
                ":8080localhost.evil",
                "127.0.0.1, evil.example",
            })
    @DisplayName("names that somebody else can point at this host")
    void others(String header) {
        assertThat(hosts.isOurs(header)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "http://gateway", "gateway:8080", "a/b", ".example", "a..b"})
    @DisplayName("what is configured and no name is refused at start")
    void noNames(String name) {
        assertThatExceptionOfType(Unprotected.class)
                .isThrownBy(() -> new Hosts(List.of("gateway", name)))
                .withMessageContaining("\"" + name + "\"");
    }
}
