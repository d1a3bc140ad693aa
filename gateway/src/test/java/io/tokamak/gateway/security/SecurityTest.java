package io.tokamak.gateway.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;

class SecurityTest {
    private static final String LOOPBACK = "127.0.0.1";

    private static Tokens tokens(String address, List<String> tokens, @Nullable Path file)
            throws Exception {
        return tokens(address, LOOPBACK, tokens, file);
    }

    private static Tokens tokens(
            String restAddress, String grpcAddress, List<String> tokens, @Nullable Path file)
            throws Exception {
        ServerProperties rest = new ServerProperties();
        rest.setAddress(InetAddress.getByName(restAddress));
        GrpcServerProperties grpc = new GrpcServerProperties();
        grpc.setAddress(InetAddress.getByName(grpcAddress));
        return new SecurityConfiguration()
                .tokens(new SecurityProperties(tokens, file, List.of()), rest, grpc);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1"})
    void onThisHostNoTokenIsNeeded(String address) throws Exception {
        assertThat(tokens(address, List.of(), null).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3"})
    @DisplayName("an address that others reach is refused without tokens, and says what to do")
    void elsewhereOneIs(String address) throws Exception {
        assertThatExceptionOfType(Unprotected.class)
                .isThrownBy(() -> tokens(address, List.of(), null))
                .satisfies(
                        e ->
                                assertThat(
                                                new UnprotectedFailureAnalyzer()
                                                        .analyze(new RuntimeException(e), e)
                                                        .getAction())
                                        .contains("tokamak.security.tokens"));
        assertThatExceptionOfType(Unprotected.class)
                .isThrownBy(() -> tokens(LOOPBACK, address, List.of(), null))
                .withMessageContaining("spring.grpc.server.address");
        assertThat(tokens(address, address, List.of("secret"), null).accept("secret")).isTrue();
    }

    @Test
    void tokensComeFromAFileToo(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("tokens"), "# ours\n\n one \ntwo\n");
        Tokens tokens = tokens("0.0.0.0", List.of("zero"), file);
        for (String good : List.of("zero", "one", "two")) {
            assertThat(tokens.accept(good)).isTrue();
        }
        for (String bad : List.of("", "# ours", "One", "onetwo", "zer")) {
            assertThat(tokens.accept(bad)).isFalse();
        }
        Files.writeString(file, "\n#\n");
        assertThatExceptionOfType(Unprotected.class)
                .isThrownBy(() -> tokens("127.0.0.1", List.of(), file));
        assertThatExceptionOfType(Unprotected.class)
                .isThrownBy(() -> tokens("127.0.0.1", List.of(), folder.resolve("none")));
    }
}
