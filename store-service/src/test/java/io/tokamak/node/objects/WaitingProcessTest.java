package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.memory.Futex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node, one who waits and one who puts, in three processes that do not look for themselves. */
@DisplayName("A process that waits")
@Timeout(120)
class WaitingProcessTest {
    /** Longer than the test may take: nobody but a waker ends a sleep. */
    private static final List<String> PATIENT =
            List.of("-D%s=600".formatted(Futex.PATIENCE_PROPERTY));

    private static final int ROUNDS = 100;

    private Path folder;
    private ClientProcess node;
    private ClientProcess waiter;
    private ClientProcess writer;

    @BeforeEach
    void start() throws IOException {
        folder = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-test-").resolve("n");
        node =
                ClientProcess.run(
                        ClientProcess.command(
                                List.of(),
                                ClientProcess.classPath(),
                                KillableNode.class,
                                folder,
                                PATIENT,
                                Long.toString(StoreFixture.POOL_BYTES)));
        assertThat(node.answer()).isEqualTo("ready");
        waiter = ClientProcess.start(folder, PATIENT, "wait");
        writer = ClientProcess.start(folder, PATIENT, "answer");
    }

    @AfterEach
    void end() throws IOException {
        waiter.close();
        writer.close();
        node.close();
        try (Stream<Path> all = Files.walk(folder.getParent())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Test
    @DisplayName("I27: is woken by the commit, and who puts a name by the answer, never by a poll")
    void isWoken() {
        for (int round = 0; round < ROUNDS; round++) {
            boolean isNamed = round % 2 == 0;
            String object = "round " + round;
            if (!isNamed) {
                writer.say("anonymous");
                object = writer.answer().substring("begun ".length());
            }
            waiter.say(object);
            assertThat(waiter.answer()).isEqualTo("waits");
            Eventually.holds("asleep", () -> sleeps(waiter.pid()));
            writer.say(isNamed ? object : "seal");
            assertThat(writer.answer()).isEqualTo("put");
            assertThat(waiter.answer()).isEqualTo("got 100");
        }
    }

    /** Whether the thread that waits sleeps. */
    private static boolean sleeps(int pid) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).strip().equals("waiter")) {
                    return Files.readString(thread.resolve("stat")).contains(") S ");
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
