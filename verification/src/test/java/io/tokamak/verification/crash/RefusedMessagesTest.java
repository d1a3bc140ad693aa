package io.tokamak.verification.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RefusedMessagesTest {
    private final RefusedMessages filter = new RefusedMessages();

    private static LogRecord failed(Throwable thrown) {
        LogRecord entry = new LogRecord(Level.SEVERE, "Exception while executing runnable");
        entry.setThrown(thrown);
        return entry;
    }

    @Test
    @DisplayName("a message that was refused is not logged, a fault of the node is")
    void faultsAreLogged() {
        assertThat(filter.isLoggable(failed(Status.INTERNAL.asRuntimeException()))).isFalse();
        assertThat(filter.isLoggable(failed(new IllegalStateException("ours")))).isTrue();
        assertThat(filter.isLoggable(new LogRecord(Level.WARNING, "plain"))).isTrue();
    }
}
