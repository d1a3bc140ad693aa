package io.tokamak.gateway.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.gateway.objects.Answers;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

class PageFilterTest {
    private final MockServerHttpResponse response = new MockServerHttpResponse();

    /**
     * @param request a method, then headers, each after a bar
     */
    private boolean passes(String request) {
        String[] parts = request.split(" *[|] *", -1);
        MockServerHttpRequest.BodyBuilder builder =
                MockServerHttpRequest.method(HttpMethod.valueOf(parts[0]), "/v1/objects");
        for (int i = 1; i < parts.length; i++) {
            String[] header = parts[i].split(": *", 2);
            builder.header(header[0], header[1]);
        }
        AtomicBoolean passed = new AtomicBoolean();
        new PageFilter(
                        new Hosts(List.of()),
                        new Answers(JsonMapper.builder().build()),
                        (_, _) -> {
                            passed.set(true);
                            return Mono.empty();
                        })
                .handle(builder.build(), response)
                .block();
        return passed.get();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST",
                "POST | Host: localhost:8080",
                "POST | Host: localhost:8080 | Origin: http://localhost:8080",
                "DELETE | Host: [::1]:8080 | Origin: http://[::1]:8080 | Sec-Fetch-Site:"
                        + " same-origin",
                // a proxy that ends TLS gives the gateway's own name
                "PUT | Host: 127.0.0.1:8080 | Origin: https://a.example | Sec-Fetch-Site:"
                        + " same-origin",
                "GET | Host: localhost | Sec-Fetch-Site: none | Sec-Fetch-Mode: navigate",
                "GET | Host: localhost | Sec-Fetch-Site: cross-site | Sec-Fetch-Mode: navigate |"
                        + " Sec-Fetch-Dest: document",
            })
    @DisplayName("programs, the gateway's own pages, and who follows a link to it")
    void served(String request) {
        assertThat(passes(request)).isTrue();
        assertThat(response.getStatusCode()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST | Host: localhost:8080 | Origin: https://evil.example",
                "POST | Host: localhost:8080 | Origin: http://localhost:3000",
                "POST | Host: localhost:8080 | Origin: null",
                "POST | Origin: http://localhost:8080",
                "GET | Host: localhost:8080 | Origin: https://evil.example",
                "POST | Host: localhost | Sec-Fetch-Site: cross-site",
                "POST | Host: localhost | Sec-Fetch-Site: same-site",
                "GET | Host: localhost | Sec-Fetch-Site: cross-site | Sec-Fetch-Mode: no-cors",
                "POST | Host: localhost | Sec-Fetch-Site: cross-site | Sec-Fetch-Mode: navigate |"
                        + " Sec-Fetch-Dest: document",
                "GET | Host: localhost | Sec-Fetch-Site: cross-site | Sec-Fetch-Mode: navigate |"
                        + " Sec-Fetch-Dest: iframe",
            })
    @DisplayName("whatever a page of another origin sends")
    void foreign(String request) {
        assertThat(passes(request)).isFalse();
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.FORBIDDEN);
        assertThat(response.getBodyAsString().block()).contains("\"code\":\"foreign-page\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET | Host: evil.example",
                "GET | Host: localhost | Host: evil.example",
                "POST | Host: evil.example | Origin: http://evil.example | Sec-Fetch-Site:"
                        + " same-origin",
            })
    @DisplayName("a name that was pointed at this host later")
    void rebound(String request) {
        assertThat(passes(request)).isFalse();
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.MISDIRECTED_REQUEST);
        assertThat(response.getBodyAsString().block())
                .contains("\"code\":\"host-not-allowed\"", "\"host\":\"evil.example\"");
    }
}
