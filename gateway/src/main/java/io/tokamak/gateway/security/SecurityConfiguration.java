package io.tokamak.gateway.security;

import io.tokamak.gateway.objects.Answers;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.grpc.server.GlobalServerInterceptor;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SecurityProperties.class)
class SecurityConfiguration {

    @Bean
    Tokens tokens(SecurityProperties properties, ServerProperties rest, GrpcServerProperties grpc) {
        Tokens tokens = new Tokens(read(properties));
        checkAddress("server.address", rest.getAddress(), tokens);
        checkAddress("spring.grpc.server.address", grpc.getAddress(), tokens);
        return tokens;
    }

    @Bean
    Hosts hosts(SecurityProperties properties) {
        return new Hosts(properties.hosts());
    }

    /** Around everything else, the calls of the table included: the first is the outermost. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    WebHttpHandlerBuilderCustomizer callersFilter(Tokens tokens, Hosts hosts, Answers answers) {
        return builder ->
                builder.httpHandlerDecorator(
                        behind ->
                                tokens.isEmpty()
                                        ? new PageFilter(hosts, answers, behind)
                                        : new TokenFilter(tokens, answers, behind));
    }

    @Bean
    @GlobalServerInterceptor
    TokenInterceptor tokenInterceptor(Tokens tokens) {
        return new TokenInterceptor(tokens);
    }

    private static void checkAddress(
            String property, @Nullable InetAddress address, Tokens tokens) {
        if (tokens.isEmpty() && (address == null || !address.isLoopbackAddress())) {
            throw new Unprotected(
                    "%s is %s, and no tokens are configured: whoever reaches this host could read and delete everything"
                            .formatted(
                                    property, address == null ? "any" : address.getHostAddress()),
                    "set tokamak.security.tokens or tokamak.security.tokens-file, or"
                            + " "
                            + property
                            + "=127.0.0.1");
        }
    }

    private static List<String> read(SecurityProperties properties) {
        List<String> tokens = new ArrayList<>();
        properties.tokens().stream().map(String::strip).forEach(tokens::add);
        if (properties.tokensFile() != null) {
            try (var lines = Files.lines(properties.tokensFile())) {
                lines.map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                        .forEach(tokens::add);
            } catch (IOException | java.io.UncheckedIOException e) {
                throw new Unprotected(
                        "tokamak.security.tokens-file cannot be read: " + e.getMessage(),
                        "make it readable for the gateway, or leave it out");
            }
            if (tokens.isEmpty()) {
                throw new Unprotected(
                        "tokamak.security.tokens-file %s has no token"
                                .formatted(properties.tokensFile()),
                        "write one token a line");
            }
        }
        if (tokens.contains("")) {
            throw new Unprotected(
                    "tokamak.security.tokens has an empty token", "give it text, or leave it out");
        }
        return tokens;
    }
}
