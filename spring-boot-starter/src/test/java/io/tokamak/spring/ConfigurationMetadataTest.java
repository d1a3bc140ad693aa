package io.tokamak.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an IDE shows of {@code tokamak.*}. */
class ConfigurationMetadataTest {
    /** Of conditions, which no class of properties has. */
    private static final Set<String> CONDITIONS =
            Set.of(
                    "tokamak.client.enabled",
                    "tokamak.client.metrics.enabled",
                    "management.health.tokamak.enabled");

    @Test
    @DisplayName("every property has a type and a description")
    void described() throws IOException {
        for (JsonNode property : metadata().get("properties")) {
            assertThat(property.path("type").asString("")).as("type of %s", property).isNotBlank();
            assertThat(property.path("description").asString(""))
                    .as("description of %s", property)
                    .isNotBlank();
        }
    }

    @Test
    @DisplayName("has all properties of all classes of them, and no others")
    void complete() throws Exception {
        Set<String> declared = new TreeSet<>(CONDITIONS);
        var classes = new ClassPathScanningCandidateComponentProvider(false);
        classes.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
        for (BeanDefinition found : classes.findCandidateComponents("io.tokamak.spring")) {
            Class<?> type = Class.forName(found.getBeanClassName());
            String prefix =
                    MergedAnnotations.from(type)
                            .get(ConfigurationProperties.class)
                            .getString("prefix");
            RecordComponent[] components = type.getRecordComponents();
            assertThat(components).as("%s is a record", type).isNotNull();
            for (RecordComponent component : components) {
                String name = DataObjectPropertyName.toDashedForm(component.getName());
                assertThat(component.getType().isRecord()).as("%s is nested", name).isFalse();
                declared.add(prefix + "." + name);
            }
        }
        JsonNode metadata = metadata();
        Set<String> shown = new TreeSet<>(metadata.get("properties").findValuesAsString("name"));
        assertThat(shown).isEqualTo(declared);
        for (JsonNode hint : metadata.get("hints")) {
            assertThat(declared).contains(hint.get("name").asString());
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
