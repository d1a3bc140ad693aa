package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.TokamakException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * The client's beans. It connects once the program has started, or while it starts, and is closed
 * after every bean that uses it: servers have answered, executors have finished their tasks by
 * then.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "tokamak.client.enabled", matchIfMissing = true)
@EnableConfigurationProperties(TokamakClientProperties.class)
public class TokamakAutoConfiguration {
    private static final int NAME_BYTES_MAX = 48;
    private static final String NAME_OTHERWISE = "spring";

    @Bean
    @ConditionalOnMissingBean
    TokamakConnectionDetails tokamakConnectionDetails(TokamakClientProperties properties) {
        return new TokamakConnectionDetails() {
            @Override
            public @Nullable String url() {
                return properties.url();
            }

            @Override
            public @Nullable Path folder() {
                return properties.folder();
            }
        };
    }

    @Bean
    @ConditionalOnMissingBean
    ConnectOptions tokamakConnectOptions(
            TokamakConnectionDetails details,
            TokamakClientProperties properties,
            Environment environment) {
        ConnectOptions options =
                ConnectOptions.defaults()
                        .withName(name(properties, environment))
                        .withTimeout(properties.timeout())
                        .withZeroCopy(properties.zeroCopy());
        String url = details.url();
        Path folder = details.folder();
        if (url != null) {
            options = withUrl(options, url);
        } else if (folder != null) {
            options = options.withFolder(folder);
        }
        String token = details.token() != null ? details.token() : properties.token();
        return token == null ? options : options.withToken(token);
    }

    private static ConnectOptions withUrl(ConnectOptions options, String url) {
        try {
            return options.withUrl(url);
        } catch (InvalidRequest e) {
            throw new NoStore(options, e);
        }
    }

    private static String name(TokamakClientProperties properties, Environment environment) {
        String name = properties.name();
        return name != null
                ? name
                : shortened(environment.getProperty("spring.application.name", NAME_OTHERWISE));
    }

    private static String shortened(String name) {
        int length = name.length();
        while (name.substring(0, length).getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) {
            length = name.offsetByCodePoints(length, -1);
        }
        return name.substring(0, length);
    }

    /** Nothing of this where the program has clients of its own. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(TokamakClient.class)
    static class Client {

        @Bean(destroyMethod = "close")
        TokamakClient tokamakClient(
                ConnectOptions options,
                TokamakClientProperties properties,
                ObjectProvider<TokamakClientDecorator> decorators) {
            TokamakClient client =
                    switch (properties.connect()) {
                        case AT_START -> connect(options);
                        case AFTER_START ->
                                new ConnectingClient(() -> TokamakClient.connect(options));
                    };
            for (TokamakClientDecorator decorator : decorators.orderedStream().toList()) {
                client = decorator.decorate(client);
            }
            return client;
        }

        private static TokamakClient connect(ConnectOptions options) {
            try {
                return TokamakClient.connect(options);
            } catch (TokamakException e) {
                throw new NoStore(options, e);
            }
        }

        @Bean
        @ConditionalOnProperty(
                name = "tokamak.client.connect",
                havingValue = "after-start",
                matchIfMissing = true)
        ConnectAfterStart tokamakConnectAfterStart(TokamakClient client, ConnectOptions options) {
            return new ConnectAfterStart(client, options);
        }
    }
}
