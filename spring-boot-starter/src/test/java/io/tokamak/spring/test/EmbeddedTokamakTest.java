package io.tokamak.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;

@SpringBootTest(properties = "tokamak.client.url=tokamak://production.example:9090")
@EmbeddedTokamak(poolSize = "16MB")
class EmbeddedTokamakTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Program {}

    @Autowired private TokamakClient client;

    @Test
    @DisplayName("a test has a node of its own, of the size that it asks for")
    void node() {
        Stored stored = client.put(new byte[] {1}, PutOptions.DEFAULTS);
        assertThat(client.read(stored.id(), Deadline.NONE)).containsExactly(1);
        assertThat(client.locality().reason()).contains("/dev/shm/tokamak-embedded-");
        assertThat(client.node().ledger().capacity()).isLessThanOrEqualTo(16 << 20);
    }
}
