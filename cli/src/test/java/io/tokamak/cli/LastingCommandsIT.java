package io.tokamak.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Commands that go on until they are ended: watch, map and top; and completion. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads end by nothing else
class LastingCommandsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @RegisterExtension static final SharedNode NODE = new SharedNode();

    @TempDir private Path files;

    private String put(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        Path file = Files.write(files.resolve("bytes"), bytes);
        return NODE.fine("put", file.toString(), "--name", name);
    }

    private static void end(Process process, int exitCode) throws Exception {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(exitCode);
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), UTF_8);
    }

    @Test
    @DisplayName("watch tells what happens to what it was asked for, until Ctrl-C")
    void watch() throws Exception {
        Process watch =
                NODE.program("watch", "watched/a", "--kind", "sealed,deleted", "--json").start();
        try (BufferedReader lines = watch.inputReader(UTF_8)) {
            assertThat(lines.readLine()).isEqualTo("{\"event\":\"subscribed\"}");
            put("watched/b", 5);
            String id = put("watched/a1", 7);
            NODE.fine("rm", "watched/b", "watched/a1");
            for (String event : List.of("sealed", "deleted")) {
                assertThat(lines.readLine())
                        .contains(
                                "\"event\":\"" + event + "\"",
                                "\"id\":\"" + id + "\"",
                                "\"namespace\":\"watched\",\"key\":\"a1\",\"size\":7",
                                "\"time\":\"");
            }
            new ProcessBuilder("kill", "-INT", Long.toString(watch.pid())).start();
            assertThat(lines.readLine()).isNull();
        }
        end(watch, 130);
        assertThat(text(watch.getErrorStream())).isEmpty();
    }

    @Test
    @DisplayName("map says where the bytes lie, and they stay there until standard input ends")
    void map() throws Exception {
        String id = put("map/x", 3_000_000);
        byte[] expected = Files.readAllBytes(files.resolve("bytes"));
        Process map = NODE.program("map", "map/x", "--json").start();
        String place = map.inputReader(UTF_8).readLine();
        assertThat(place).contains("\"id\":\"" + id + "\"", "\"length\":3000000");
        NODE.fine("rm", "map/x");
        Path pool = NODE.node().folder().resolve(member(place, "file"));
        byte[] read = new byte[expected.length];
        try (RandomAccessFile file = new RandomAccessFile(pool.toFile(), "r")) {
            file.seek(Long.parseLong(member(place, "offset")));
            file.readFully(read);
        }
        assertThat(read).isEqualTo(expected);
        assertThat(NODE.info().ledger().pinned()).isPositive();
        map.getOutputStream().close();
        end(map, 0);
        await().atMost(PATIENCE).until(() -> NODE.info().ledger().pinned() == 0);
    }

    private static String member(String json, String name) {
        return json.replaceAll(".*\"" + name + "\":\"?([^,\"}]*).*", "$1");
    }

    @Test
    @DisplayName("map becomes a command that reads in place, whose exit code is its own")
    void mapWithACommand() throws Exception {
        put("map/command", 100_000);
        String script = "tail -c +$(($1 + 1)) $TOKAMAK_MAP_PATH | head -c {length}; exit 7";
        Process map =
                NODE.program("map", "map/command", "--", "sh", "-c", script, "sh", "{offset}")
                        .start();
        assertThat(map.getInputStream().readAllBytes())
                .isEqualTo(Files.readAllBytes(files.resolve("bytes")));
        end(map, 7);
        CommandRun none = NODE.run("map", "map/command", "--", "/no/such/program");
        assertThat(none.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(none.errors()).contains("/no/such/program: no such program");
        assertThat(NODE.run("map", "map/nothing").exitCode()).isEqualTo(Failure.NOT_FOUND);
        NODE.fine("rm", "map/command");
    }

    @Test
    @DisplayName("top shows who holds what, deleted objects too")
    void top() throws Exception {
        ObjectId id = ObjectId.parse(put("top/held", 2_000_000));
        long self = ProcessHandle.current().pid();
        try (TokamakClient client = NODE.node().client();
                ObjectView view = client.get(id, Deadline.NONE)) {
            NODE.fine("rm", "top/held");
            assertThat(view.sizeBytes()).isEqualTo(2_000_000);
            assertThat(NODE.fine("top", "--once"))
                    .contains(
                            "node ", "pool 256 MiB", "SESSION", "top/held by " + self, "deleted ");
            assertThat(NODE.fine("top", "--json", "--objects", "1"))
                    .contains(
                            "\"pinnedObjects\":1",
                            "\"key\":\"held\"",
                            "\"deleted\":true",
                            "\"process\":" + self);
            assertThat(NODE.fine("top", "--json", "--objects", "0")).contains("\"pinned\":[]");
        }
    }

    @Test
    @DisplayName("top on a terminal is drawn anew until q, and gives the terminal back")
    void topOnATerminal() throws Exception {
        try (Terminal top = Terminal.start(NODE.command("top", "--interval", "100ms"), "")) {
            await().atMost(PATIENCE)
                    .until(top::screen, drawn -> drawn.contains("each second:")); // second look
            assertThat(top.screen()).doesNotContain("\u001b[?1049l");
            top.type('q');
            assertThat(top.end()).isZero();
            assertThat(top.screen()).contains("\u001b[?1049h", "SESSION", "\u001b[?1049l");
        }
    }

    @Test
    @DisplayName("completion prints a script by which bash completes commands, the launcher's too")
    void completion() throws Exception {
        Path script = Files.writeString(files.resolve("script"), NODE.fine("completion", "bash"));
        Process bash =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "source "
                                        + script
                                        + "; COMP_WORDS=(tokamak sta) COMP_CWORD=1; $(complete -p"
                                        + " tokamak | sed 's/.*-F \\([^ ]*\\).*/\\1/'); echo"
                                        + " ${COMPREPLY[@]}")
                        .start();
        assertThat(text(bash.getInputStream()).strip().split(" "))
                .containsExactlyInAnyOrder("stat", "status");
        end(bash, 0);
        assertThat(NODE.fine("completion", "zsh")).contains("bashcompinit");
    }
}
