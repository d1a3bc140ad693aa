package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectNotFound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A node that hangs")
@Timeout(120)
class HungNodeTest {
    private static final int SIGSTOP = 19;

    private final Path folder;
    private final ClientProcess node;

    HungNodeTest() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-").resolve("n");
        node =
                ClientProcess.run(
                        ClientProcess.command(
                                List.of(),
                                ClientProcess.classPath(),
                                KillableNode.class,
                                folder,
                                List.of(),
                                Long.toString(StoreFixture.POOL_BYTES)));
        assertThat(node.answer()).isEqualTo("ready");
    }

    @AfterEach
    void end() throws IOException {
        node.close();
        try (Stream<Path> all = Files.walk(folder.getParent())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Test
    @DisplayName("keeps nobody who waits for long beyond the deadline, call after call")
    void deadlines() throws IOException {
        try (TokamakClient client =
                TokamakClient.connect(
                        ConnectOptions.defaults()
                                .withFolder(folder)
                                .withTimeout(Duration.ofSeconds(60)))) {
            // Told to the node, to be taken back when it hangs.
            assertThatThrownBy(() -> client.get(missing(0), shortly()))
                    .isInstanceOf(ObjectNotFound.class);
            Processes.signal(node.pid(), SIGSTOP);
            for (int i = 1; i <= 3; i++) {
                ObjectId id = missing(i);
                assertTimeout(
                        Duration.ofSeconds(5),
                        () ->
                                assertThatThrownBy(() -> client.get(id, shortly()))
                                        .isInstanceOf(DeadlineExceeded.class));
            }
            node.kill();
        }
    }

    private static ObjectId missing(int counter) {
        return ObjectId.anonymous(1, 999, 1 + counter);
    }

    private static Deadline shortly() {
        return Deadline.after(Duration.ofMillis(200));
    }
}
