package io.tokamak.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

/** {@code objects < directory, local < admin, embedded}: who may use whom. */
class ModularityTest {
    private final ApplicationModules modules = ApplicationModules.of(NodeApplication.class);

    @Test
    @DisplayName("modules use only each other's public types, and never in a circle")
    void verify() {
        assertThat(modules.stream().map(module -> module.getIdentifier().toString()))
                .containsExactlyInAnyOrder("objects", "directory", "local", "admin", "embedded");
        modules.verify();
    }
}
