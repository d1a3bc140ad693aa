package io.tokamak.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.node.embedded.EmbeddedNode;
import io.tokamak.node.objects.StoreSettings;
import io.tokamak.spring.test.EmbeddedTokamak;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.FileSystemUtils;

@DisplayName("The example of a Spring program")
class PricesApplicationTest {

    @Nested
    @SpringBootTest
    @EmbeddedTokamak
    @DisplayName("with a node of its test's own")
    class Embedded {
        @Autowired private Prices prices;

        @Test
        @DisplayName("has stored the prices, and their summary")
        void summary() {
            assertThat(prices.store()).as("the program did at its start").isFalse();
            assertThat(prices.summary(2026)).isEqualTo(new Prices.Summary(2026, 100_000, 499.5));
        }
    }

    @Nested
    @ExtendWith(OutputCaptureExtension.class)
    @DisplayName("run twice with one node")
    class Twice {
        @Test
        @DisplayName("computes once")
        void run(CapturedOutput output) throws IOException {
            Path parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-example-");
            StoreSettings settings = StoreSettings.of(parent.resolve("node"), 64 << 20);
            try (EmbeddedNode node = EmbeddedNode.start(settings)) {
                String where = "--tokamak.client.folder=" + node.folder();
                SpringApplication.run(PricesApplication.class, where).close();
                assertThat(output)
                        .contains("prices: store", "mapped from " + node.folder())
                        .contains("prices: stored\n", "prices: computing the summary of 2026")
                        .contains("Summary[year=2026, count=100000, mean=499.5]");
                int first = output.getOut().length();
                SpringApplication.run(PricesApplication.class, where).close();
                assertThat(output.getOut().substring(first))
                        .contains("prices: stored before, by somebody else")
                        .doesNotContain("computing")
                        .contains("Summary[year=2026, count=100000, mean=499.5]");
            } finally {
                FileSystemUtils.deleteRecursively(parent);
            }
        }
    }
}
