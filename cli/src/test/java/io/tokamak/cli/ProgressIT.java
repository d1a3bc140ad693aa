package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Transfers that the other end of a pipe holds up. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // pipes end by nothing else
class ProgressIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PIECE_BYTES = 128 << 10;
    private static final int SIZE_BYTES = 60 << 20;

    @RegisterExtension static final SharedNode NODE = new SharedNode();

    @TempDir private Path files;

    private Path pipe(String name) throws Exception {
        Path pipe = files.resolve(name);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        return pipe;
    }

    /** Moves a piece now and then until the terminal shows what is wanted. */
    private static void move(Callable<Integer> piece, Terminal terminal, String wanted) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(PATIENCE)
                .until(() -> piece.call() >= 0 && terminal.screen().matches("(?s).*" + wanted));
    }

    @Test
    @DisplayName("a put and a get that last show on a terminal how far they are, and nowhere else")
    void onATerminal() throws Exception {
        Path source = pipe("source");
        Path target = pipe("target");
        String id = NODE.fine("put", file(), "--name", "progress/get");
        Path said = files.resolve("said");
        Process silent =
                NODE.program("put", "-", "--name", "progress/silent")
                        .redirectError(said.toFile())
                        .start();
        long[] moved = new long[2];
        try (Terminal put =
                        Terminal.start(
                                NODE.command("put", "-", "--name", "progress/put"), "<" + source);
                Terminal get = Terminal.start(NODE.command("get", id), ">" + target)) {
            try (OutputStream in = Files.newOutputStream(source);
                    InputStream out = Files.newInputStream(target);
                    OutputStream elsewhere = silent.getOutputStream()) {
                byte[] piece = new byte[PIECE_BYTES];
                move(
                        () -> {
                            in.write(piece);
                            elsewhere.write(piece);
                            moved[0] += piece.length;
                            return piece.length;
                        },
                        put,
                        "standard input.*[0-9]+/\\? MiB.*");
                move(
                        () -> {
                            int count = out.readNBytes(piece, 0, piece.length);
                            moved[1] += count;
                            return count;
                        },
                        get,
                        " [0-9]+% .*/60 MiB.*");
                moved[1] += out.readAllBytes().length;
            }
            assertThat(put.end()).as(put.screen()).isZero();
            assertThat(get.end()).as(get.screen()).isZero();
            assertThat(get.screen()).contains("100%");
        }
        assertThat(moved[1]).isEqualTo(SIZE_BYTES);
        assertThat(NODE.fine("stat", "--json", "progress/put"))
                .contains("\"size\":" + moved[0] + ",");
        assertThat(silent.waitFor()).isZero();
        assertThat(said).isEmptyFile();
        NODE.fine("rm", "progress/get", "progress/put", "progress/silent");
    }

    private String file() throws IOException {
        return Files.write(files.resolve("bytes"), new byte[SIZE_BYTES]).toString();
    }
}
