package io.tokamak.spring.embedded;

import io.tokamak.node.embedded.EmbeddedNode;
import io.tokamak.spring.TokamakAutoConfiguration;
import io.tokamak.spring.TokamakConnectionDetails;
import java.io.IOException;
import java.nio.file.Path;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Starts a node and has the client connect to it; it stops after the client. */
@AutoConfiguration(before = TokamakAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "tokamak.embedded.enabled")
@ConditionalOnMissingBean(TokamakConnectionDetails.class)
public class TokamakEmbeddedAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(EmbeddedNode.class)
    @EnableConfigurationProperties(TokamakEmbeddedProperties.class)
    static class Inside {

        @Bean(destroyMethod = "close")
        NodeInside embeddedTokamakNode(TokamakEmbeddedProperties properties) throws IOException {
            return NodeInside.start(properties);
        }

        @Bean
        TokamakConnectionDetails tokamakConnectionDetails(NodeInside node) {
            return new TokamakConnectionDetails() {
                @Override
                public Path folder() {
                    return node.folder();
                }
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("io.tokamak.node.embedded.EmbeddedNode")
    static class Missing {

        @Bean
        TokamakConnectionDetails tokamakConnectionDetails() {
            throw new NoNodeToEmbed();
        }
    }
}
