package io.tokamak.gateway.objects;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RestMetrics {

    @Bean
    MeterBinder runningCalls() {
        return registry ->
                Gauge.builder("tokamak.gateway.calls.running", Blocking::running)
                        .description("calls over REST that run, those that only wait included")
                        .register(registry);
    }
}
