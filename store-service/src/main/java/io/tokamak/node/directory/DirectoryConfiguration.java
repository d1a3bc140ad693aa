package io.tokamak.node.directory;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The cluster's beans. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ClusterProperties.class)
class DirectoryConfiguration {

    @Bean(destroyMethod = "close")
    Cluster cluster(ClusterProperties properties) {
        return Cluster.join(properties);
    }
}
