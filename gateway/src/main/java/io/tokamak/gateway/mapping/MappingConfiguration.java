package io.tokamak.gateway.mapping;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.InstantSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MappingProperties.class)
class MappingConfiguration {

    @Bean
    MappingTable<PlacedPin> mappingTable(MappingProperties properties) {
        return new MappingTable<>(properties.countMax(), InstantSource.system(), System::nanoTime);
    }

    @Bean
    MappingExpiry mappingExpiry(MappingTable<PlacedPin> mappings) {
        return new MappingExpiry(mappings);
    }

    @Bean
    MeterBinder mappingMetrics(MappingTable<PlacedPin> mappings) {
        return registry ->
                Gauge.builder("tokamak.gateway.mappings", mappings, MappingTable::count)
                        .description("mappings that stand, each with a pin")
                        .register(registry);
    }
}
