package io.tokamak.gateway.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.gateway.objects.Answers;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

class TokenFilterTest {
    private boolean passes(MockServerHttpRequest.BaseBuilder<?> request, HttpStatus otherwise) {
        MockServerHttpResponse response = new MockServerHttpResponse();
        AtomicBoolean passed = new AtomicBoolean();
        new TokenFilter(
                        new Tokens(List.of("secret")),
                        new Answers(JsonMapper.builder().build()),
                        (_, _) -> {
                            passed.set(true);
                            return Mono.empty();
                        })
                .handle(request.build(), response)
                .block();
        assertThat(response.getStatusCode()).isEqualTo(passed.get() ? null : otherwise);
        return passed.get();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/actuator/health",
                "/actuator/health/readiness",
                "/v3/api-docs",
                "/v3/api-docs/swagger-config",
                "/swagger-ui.html",
                "/swagger-ui/index.html"
            })
    void forEverybody(String path) {
        assertThat(passes(MockServerHttpRequest.get(path), HttpStatus.UNAUTHORIZED)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/objects",
                "/actuator/prometheus",
                "/actuator/healthy",
                "/v3/api-doc",
                "/swagger-uis",
                "/v1/objects/swagger-ui/"
            })
    @DisplayName("everything else needs a token")
    void withAToken(String path) {
        assertThat(passes(MockServerHttpRequest.get(path), HttpStatus.UNAUTHORIZED)).isFalse();
        assertThat(
                        passes(
                                MockServerHttpRequest.get(path)
                                        .header("Authorization", "Bearer secret"),
                                HttpStatus.UNAUTHORIZED))
                .isTrue();
    }
}
