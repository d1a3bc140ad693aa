package io.tokamak.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.objects.InvalidRequest;
import io.tokamak.remote.GatewayAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Where to connect")
class ConnectOptionsTest {
    @ParameterizedTest
    @CsvSource({
        "tokamak://store.example:9091, store.example, 9091, false",
        "http://127.0.0.1:8080/, 127.0.0.1, 8080, false",
        "tokamak://store.example, store.example, 9090, false",
        "https://[::1]:443, [::1], 443, true",
        "tokamaks://a.b, a.b, 9090, true",
    })
    @DisplayName("is read from a URL whose scheme says whether it is encrypted")
    void urls(String url, String host, int port, boolean tls) {
        assertThat(GatewayAddress.parse(url)).isEqualTo(new GatewayAddress(host, port, tls));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host:9090",
                "ftp://host:9090",
                "tokamak://",
                "tokamak://host:0",
                "tokamak://host:70000",
                "tokamak://user@host:9090",
                "http://host:9090/v1",
                "http://host:9090?x=1",
                "tokamak://two words",
            })
    @DisplayName("is refused with the remedy when the URL says anything else")
    void badUrls(String url) {
        assertThatThrownBy(() -> GatewayAddress.parse(url))
                .isInstanceOfSatisfying(
                        InvalidRequest.class,
                        e -> {
                            assertThat(e.code()).isEqualTo("bad-url");
                            assertThat(e.remedy()).contains("tokamak://HOST:PORT");
                        });
    }

    @Test
    @DisplayName("is the folder on this host unless the environment names a gateway")
    void environment() {
        assertThat(ConnectOptions.of(Map.of("TOKAMAK_TOKEN", "secret")))
                .isEqualTo(ConnectOptions.of(Map.of()));
        assertThat(ConnectOptions.of(Map.of("TOKAMAK_FOLDER", "/f")).folder())
                .isEqualTo(Path.of("/f"));

        ConnectOptions remote =
                ConnectOptions.of(Map.of("TOKAMAK_URL", "http://h", "TOKAMAK_TOKEN", "secret"));
        assertThat(remote.gateway()).isEqualTo(new GatewayAddress("h", 9090, false));
        assertThat(remote.token()).isEqualTo("secret");
        assertThat(remote.withFolder(Path.of("/f")).gateway()).isNull();
    }

    @Test
    @DisplayName("is printed without the token")
    void secret() {
        ConnectOptions options =
                ConnectOptions.of(Map.of()).withUrl("tokamak://h").withToken("secret");
        assertThat(options.toString()).contains("tokamak://h:9090").doesNotContain("secret");
    }
}
