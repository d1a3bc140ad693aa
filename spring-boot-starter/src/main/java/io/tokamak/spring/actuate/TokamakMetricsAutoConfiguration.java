package io.tokamak.spring.actuate;

import io.micrometer.core.instrument.MeterRegistry;
import io.tokamak.spring.TokamakAutoConfiguration;
import io.tokamak.spring.TokamakClientDecorator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Measures the client's calls where there is a registry; elsewhere nothing stands in their way. */
@AutoConfiguration(
        before = TokamakAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = "tokamak.client.metrics.enabled", matchIfMissing = true)
public class TokamakMetricsAutoConfiguration {

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    TokamakClientDecorator tokamakClientMeters(MeterRegistry registry) {
        return client -> new MeasuredClient(client, registry);
    }
}
