package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The host and its processes")
class ProcessesTest {
    @Test
    @DisplayName("a process is named by its pid and its start")
    void startTicks() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            long own = Processes.startTicks(Processes.pid()).orElseThrow();
            long childs = Processes.startTicks((int) child.pid()).orElseThrow();

            assertThat(own).isPositive();
            assertThat(childs).isGreaterThan(own);
            assertThat(Processes.startTicks(Processes.pid())).hasValue(own);

            Processes.signal((int) child.pid(), 9);
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Processes.startTicks((int) child.pid())).isEmpty();
            assertThatThrownBy(() -> Processes.signal((int) child.pid(), 0))
                    .isInstanceOf(NativeFailure.class)
                    .hasMessageContaining("ESRCH");
        } finally {
            child.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    @DisplayName("no signal goes to a group, or to all")
    void noSignalToAll(int pid) {
        assertThatThrownBy(() -> Processes.signal(pid, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("the host's boot has 32 hex digits")
    void bootId() throws IOException {
        assertThat(Processes.hostBootId()).matches("[0-9a-f]{32}");
    }

    @Test
    @DisplayName("/dev/shm is tmpfs, /proc is not")
    void fileSystems() throws IOException {
        FileSystem shm = FileSystem.of(Path.of("/dev/shm"));

        assertThat(shm.isTmpfs()).isTrue();
        assertThat(shm.totalBytes()).isGreaterThanOrEqualTo(shm.availableBytes());
        assertThat(shm.blockBytes()).isEqualTo(Pages.BYTES);
        assertThat(FileSystem.of(Path.of("/proc")).isTmpfs()).isFalse();
        assertThatThrownBy(() -> FileSystem.of(Path.of("/no/such/path")))
                .isInstanceOf(NativeFailure.class)
                .hasMessageContaining("ENOENT");
    }

    @Nested
    @DisplayName("executing another program")
    class Execution {
        @TempDir(factory = SharedMemoryFolder.class)
        private Path folder;

        private Path path;

        @BeforeEach
        void makeFile() throws IOException {
            path = Files.createFile(folder.resolve("locked"));
        }

        @Test
        @DisplayName("hands it the lock, the streams and the environment, and nothing else")
        void handsOver() throws Exception {
            // The shell alone: while it starts a program it blocks every signal itself.
            String script =
                    """
                    echo $$ $EXECUTED_BY "$1"
                    for fd in /proc/$$/fd/*; do [ ! -e $fd ] || printf "${fd##*/} "; done; echo
                    while read key value; do [ $key != SigBlk: ] || echo $key $value; done </proc/$$/status
                    read line
                    """;
            try (OpenFile file = OpenFile.openReadWrite(path);
                    ChildProcess child =
                            ChildProcess.start(
                                    "execute", path.toString(), "sh", "-c", script, "sh", "ü ö")) {
                assertThat(child.says()).isEqualTo("true");
                assertThat(child.says()).isEqualTo(child.pid() + " tést ü ö");
                assertThat(child.says().trim().split(" ", -1)).hasSize(4).startsWith("0", "1", "2");
                assertThat(child.says()).matches("SigBlk:\\s+0+");
                assertThat(file.isLockedElsewhere()).isTrue();
                child.kill();
                await().until(() -> !file.isLockedElsewhere());
            }
        }

        @Test
        @DisplayName("says why when it cannot, and goes on")
        void cannot() throws Exception {
            try (ChildProcess child =
                    ChildProcess.start("execute", path.toString(), "no-such-program")) {
                assertThat(child.says()).isEqualTo("true");
                assertThat(child.says()).isEqualTo("cannot execute no-such-program: ENOENT");
            }
        }
    }
}
