package io.tokamak.spring.cache;

import io.tokamak.client.TokamakClient;
import io.tokamak.spring.TokamakAutoConfiguration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cache.CacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Puts the program's caches into the store, when it says so and has no other place for them. */
@AutoConfiguration(
        after = TokamakAutoConfiguration.class,
        afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
        beforeName = "org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration")
@ConditionalOnBooleanProperty(name = "tokamak.cache.enabled")
@ConditionalOnSingleCandidate(TokamakClient.class)
@ConditionalOnMissingBean(CacheManager.class)
@EnableConfigurationProperties(TokamakCacheProperties.class)
public class TokamakCacheAutoConfiguration {

    /** For what no other serializer writes. */
    record Fallback(CacheSerializer serializer) {}

    @Bean
    CacheManager tokamakCacheManager(
            TokamakClient client,
            TokamakCacheProperties properties,
            ObjectProvider<CacheSerializer> own,
            ObjectProvider<Fallback> fallbacks) {
        CacheSerializers serializers =
                new CacheSerializers(
                        own.orderedStream().toList(),
                        fallbacks.orderedStream().map(Fallback::serializer).toList());
        return new TokamakCacheManager(client, serializers, properties);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    static class Json {

        @Bean
        Fallback tokamakCacheJson(
                ObjectProvider<JsonMapper> mappers,
                TokamakCacheProperties properties,
                BeanFactory beans) {
            List<String> trusted = new ArrayList<>(properties.trustedPackages());
            if (AutoConfigurationPackages.has(beans)) {
                trusted.addAll(AutoConfigurationPackages.get(beans));
            }
            JsonMapper mapper = mappers.getIfAvailable(() -> JsonMapper.builder().build());
            return new Fallback(new JsonSerializer(mapper, trusted));
        }
    }
}
