package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("Of what Netty warns of")
class DroppedErrorsTest {
    private final Logger netty =
            (Logger) LoggerFactory.getLogger("io.netty.channel.DefaultChannelPipeline");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final DroppedErrors errors = new DroppedErrors();

    @BeforeEach
    void start() {
        errors.afterPropertiesSet();
        log.start();
        netty.addAppender(log);
    }

    @AfterEach
    void stop() {
        netty.detachAppender(log);
        errors.destroy();
    }

    @Test
    @DisplayName("that a connection has ended is not worth a line")
    void end() {
        netty.warn("caught", new IOException("recvAddress(..) failed: Connection reset by peer"));
        assertThat(log.list).isEmpty();
    }

    @Test
    @DisplayName("that none comes in any more is told")
    void noneComesIn() {
        netty.warn("caught", new IOException("accept(..) failed: Too many open files"));
        netty.warn("caught", new IOException("Too many open files"));
        assertThat(log.list).hasSize(2);
    }
}
