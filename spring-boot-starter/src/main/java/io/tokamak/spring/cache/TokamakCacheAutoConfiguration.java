package io.tokamak.spring.cache;

import io.tokamak.client.TokamakClient;
import io.tokamak.spring.TokamakAutoConfiguration;
import io.tokamak.values.Codec;
import io.tokamak.values.Values;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cache.CacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Puts the program's caches into the store, when it says so and has no other place for them. */
@AutoConfiguration(
        after = TokamakAutoConfiguration.class,
        beforeName = "org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration")
@ConditionalOnBooleanProperty(name = "tokamak.cache.enabled")
@ConditionalOnSingleCandidate(TokamakClient.class)
@ConditionalOnMissingBean(CacheManager.class)
public class TokamakCacheAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(Values.class)
    @EnableConfigurationProperties(TokamakCacheProperties.class)
    static class Caches {

        @Bean
        CacheManager tokamakCacheManager(
                TokamakClient client,
                TokamakCacheProperties properties,
                ObjectProvider<Codec> own,
                ObjectProvider<JsonMapper> mappers,
                BeanFactory beans) {
            return new TokamakCacheManager(
                    client,
                    () -> {
                        Values.Builder values = Values.builder(client).codec(new NullCodec());
                        own.orderedStream().forEach(values::codec);
                        JsonMapper mapper =
                                mappers.getIfAvailable(() -> JsonMapper.builder().build());
                        List<String> trusted = trusted(properties, beans);
                        return values.codec(new ClassNamingJson(mapper, trusted)).build();
                    },
                    properties);
        }

        private static List<String> trusted(TokamakCacheProperties properties, BeanFactory beans) {
            List<String> trusted = new ArrayList<>(properties.trustedPackages());
            if (AutoConfigurationPackages.has(beans)) {
                trusted.addAll(AutoConfigurationPackages.get(beans));
            }
            return trusted;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("io.tokamak.values.Values")
    static class Missing {

        @Bean
        CacheManager tokamakCacheManager() {
            throw new NoValues();
        }
    }
}
