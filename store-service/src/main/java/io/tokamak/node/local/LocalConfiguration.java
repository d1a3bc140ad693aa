package io.tokamak.node.local;

import io.tokamak.node.objects.Store;
import java.io.IOException;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The local protocol's beans. */
@Configuration(proxyBeanMethods = false)
class LocalConfiguration {

    @Bean(destroyMethod = "close")
    LocalServer localServer(Store store, InstantSource clock) throws IOException {
        return new LocalServer(store, clock);
    }
}
