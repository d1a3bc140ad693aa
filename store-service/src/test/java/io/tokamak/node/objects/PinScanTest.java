package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A scan of pins")
@Timeout(60)
class PinScanTest {
    private static final int SESSIONS = 1_000;
    private static final int WORDS = 64;

    private final SessionTable sessions = new SessionTable();
    private final PinScan scan = new PinScan(sessions);
    private Path folder;

    @BeforeEach
    void attach() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-");
        for (int i = 0; i < SESSIONS; i++) {
            OpenFile file = OpenFile.create(folder.resolve("" + i), 0600);
            file.setSize(SessionFile.LENGTH);
            file.allocate(0, SessionFile.pinOffset(SessionFile.PINS_ALLOCATED));
            AttachedSession session =
                    new AttachedSession("" + i, i, file, LeaseProofs.ofNewStore(file), 0);
            session.memory.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, WORDS);
            session.memory.putLong(SessionFile.pinOffset(WORDS - 1), PoolFile.pinOf(location(i)));
            sessions.add(session);
        }
    }

    private static long location(int session) {
        return PoolFile.DATA_OFFSET + 1_024L * session;
    }

    @AfterEach
    void close() throws IOException {
        for (AttachedSession session : List.copyOf(sessions.all())) {
            session.close();
            Files.delete(folder.resolve(session.name));
        }
        Files.delete(folder);
    }

    @Test
    @DisplayName("I18: of 64 words in each of 1,000 sessions finds them all in under 1 ms")
    void manySessions() {
        Eventually.holds("compiled, under 1 ms", () -> nanos() < 1_000_000);
        PinSet pins = scan.read(0);
        assertThat(pins.size()).isEqualTo(SESSIONS);
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(pins.isPinned(location(i), location(i) + 16)).isTrue();
        }
    }

    private long nanos() {
        long begun = System.nanoTime();
        PinSet pins = scan.read(0);
        long nanos = System.nanoTime() - begun;
        assertThat(pins.size()).isEqualTo(SESSIONS);
        return nanos;
    }
}
