package io.tokamak.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/** {@code config/gateway.yml} has every setting, each with its default. */
class ConfigFileTest {
    /** The gateway relies on them. */
    private static final List<String> NOT_TO_BE_SET =
            List.of("server.shutdown", "spring.grpc.server.health.schedule.enabled");

    private static final Path FILE = Path.of("../config/gateway.yml");

    static Stream<Class<?>> properties() {
        ClassPathScanningCandidateComponentProvider scanner =
                new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
        return scanner.findCandidateComponents("io.tokamak.gateway").stream()
                .map(found -> load(String.valueOf(found.getBeanClassName())));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static PropertySource<?> load(Path file) throws Exception {
        return new YamlPropertySourceLoader()
                .load(file.toString(), new FileSystemResource(file))
                .getFirst();
    }

    @ParameterizedTest
    @MethodSource("properties")
    @DisplayName("of the gateway's own: what it says is what there is without it, and all of it")
    void ownSettings(Class<?> type) throws Exception {
        String prefix = type.getAnnotation(ConfigurationProperties.class).value();
        Binder said = new Binder(ConfigurationPropertySources.from(load(FILE)));
        Binder nothing = new Binder(new MapConfigurationPropertySource(Map.of()));
        assertThat(said.bindOrCreate(prefix, Bindable.of(type)).toString())
                .isEqualTo(nothing.bindOrCreate(prefix, Bindable.of(type)).toString());
        String text = Files.readString(FILE);
        for (RecordComponent component : type.getRecordComponents()) {
            String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            // Those whose default is nothing are written as comments.
            assertThat(text).containsPattern("[ .]" + name + ":");
        }
    }

    @Test
    @DisplayName("of the servers: what it says is what the gateway is built with")
    void servers() throws Exception {
        Map<String, Object> built = flat(load(Path.of("src/main/resources/application.yml")));
        Map<String, Object> said = flat(load(FILE));
        List<String> ofServers =
                built.keySet().stream()
                        .filter(key -> key.matches("(server|spring[.]grpc[.]server)[.].*"))
                        .filter(key -> !NOT_TO_BE_SET.contains(key))
                        .toList();
        assertThat(ofServers).isNotEmpty();
        for (String key : ofServers) {
            assertThat(said).containsEntry(key, built.get(key));
        }
    }

    private static Map<String, Object> flat(PropertySource<?> source) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String key : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
            values.put(key, source.getProperty(key));
        }
        return values;
    }
}
