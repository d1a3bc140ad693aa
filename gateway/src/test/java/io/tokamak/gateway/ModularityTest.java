package io.tokamak.gateway;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModularityTest {
    @Test
    @DisplayName("modules use only each other's public types, and never in a circle")
    void verify() {
        ApplicationModules.of(GatewayApplication.class).verify();
    }
}
