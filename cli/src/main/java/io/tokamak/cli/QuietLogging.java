package io.tokamak.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;

/**
 * Keeps libraries from writing into a user's terminal. Netty and gRPC log to {@code
 * java.util.logging} when nothing else is configured; the JDK makes an instance of this class when
 * the first of them does, and not before.
 */
public final class QuietLogging {
    private static final String OFF = ".level=OFF\n";

    public QuietLogging() throws IOException {
        LogManager.getLogManager()
                .readConfiguration(
                        new ByteArrayInputStream(OFF.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static void enable() {
        if (System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty("java.util.logging.config.class", QuietLogging.class.getName());
        }
    }
}
