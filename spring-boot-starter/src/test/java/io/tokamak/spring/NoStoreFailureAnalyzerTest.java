package io.tokamak.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

@ExtendWith(OutputCaptureExtension.class)
@DisplayName("A program without a store")
class NoStoreFailureAnalyzerTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Program {}

    private static void fails(String... arguments) {
        SpringApplication program = new SpringApplication(Program.class);
        program.setDefaultProperties(Map.of("tokamak.client.connect", "at-start"));
        assertThatThrownBy(() -> program.run(arguments).close())
                .isInstanceOf(BeanCreationException.class);
    }

    @Test
    @DisplayName("is told which folder has no node, and what to do")
    void noFolder(CapturedOutput output) {
        fails("--tokamak.client.folder=/dev/shm/tokamak-nobody", "--tokamak.client.timeout=50ms");
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("No Tokamak node answered in the folder /dev/shm/tokamak-nobody")
                .contains("there is no such folder")
                .contains("tokamak.client.url")
                .contains("tokamak.embedded.enabled=true");
    }

    @Test
    @DisplayName("is told which gateway does not answer")
    void noGateway(CapturedOutput output) {
        fails("--tokamak.client.url=tokamak://127.0.0.1:1", "--tokamak.client.timeout=50ms");
        assertThat(output)
                .contains("No Tokamak gateway answered at tokamak://127.0.0.1:1 within PT0.05S")
                .contains("start the gateway");
    }

    @Test
    @DisplayName("is told what is wrong with its URL")
    void badUrl(CapturedOutput output) {
        fails("--tokamak.client.url=ftp://store");
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("'ftp://store' has an unknown scheme")
                .contains("write tokamak://HOST:PORT");
    }
}
