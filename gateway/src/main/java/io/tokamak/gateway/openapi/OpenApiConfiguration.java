package io.tokamak.gateway.openapi;

import org.springdoc.core.customizers.GlobalOpenApiCustomizer;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

    /** Springdoc finds no controller: what there is, the table says. */
    @Bean
    GlobalOpenApiCustomizer tableOfCalls(
            org.springframework.beans.factory.ObjectProvider<BuildProperties> build) {
        BuildProperties known = build.getIfAvailable();
        String version = known == null ? "unknown" : String.valueOf(known.getVersion());
        return document -> new TableDocument(document, version).fill();
    }
}
