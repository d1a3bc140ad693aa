package io.tokamak.spring.actuate;

import io.tokamak.client.TokamakClient;
import io.tokamak.spring.TokamakAutoConfiguration;
import java.time.Duration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The health of the node that the client is connected to. */
@AutoConfiguration(after = TokamakAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(TokamakClient.class)
@ConditionalOnEnabledHealthIndicator("tokamak")
public class TokamakHealthAutoConfiguration {
    /** Probes of an orchestrator mostly wait one second. */
    private static final Duration PATIENCE = Duration.ofMillis(800);

    @Bean
    @ConditionalOnMissingBean(name = "tokamakHealthIndicator")
    HealthIndicator tokamakHealthIndicator(TokamakClient client) {
        return new TokamakHealthIndicator(client, PATIENCE);
    }
}
