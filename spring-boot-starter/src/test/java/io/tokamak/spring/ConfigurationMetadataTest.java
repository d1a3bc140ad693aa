package io.tokamak.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an IDE shows of {@code tokamak.*}. */
class ConfigurationMetadataTest {

    @Test
    @DisplayName("every property has a type and a description")
    void described() throws IOException {
        JsonNode properties = metadata().get("properties");
        assertThat(properties.findValuesAsString("name"))
                .contains(
                        "tokamak.client.url",
                        "tokamak.client.folder",
                        "tokamak.client.token",
                        "tokamak.client.zero-copy",
                        "tokamak.client.name",
                        "tokamak.client.timeout",
                        "tokamak.embedded.enabled",
                        "tokamak.embedded.pool-size");
        for (JsonNode property : properties) {
            assertThat(property.path("type").asString("")).as("type of %s", property).isNotBlank();
            assertThat(property.path("description").asString(""))
                    .as("description of %s", property)
                    .isNotBlank();
        }
    }

    private JsonNode metadata() throws IOException {
        try (InputStream file =
                Objects.requireNonNull(
                        TokamakAutoConfiguration.class.getResourceAsStream(
                                "/META-INF/spring-configuration-metadata.json"))) {
            return JsonMapper.shared().readTree(file);
        }
    }
}
