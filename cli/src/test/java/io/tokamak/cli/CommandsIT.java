package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.NodeInfo;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every command against a real node; where a process is what the test is about, the packaged
 * program in a process.
 */
class CommandsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SIGINT_EXIT_CODE = 130;

    @RegisterExtension static final SharedNode NODE = new SharedNode();

    @TempDir private static Path empty;

    /** It waits for a node that may come; the other tests go on meanwhile. */
    private static CompletableFuture<CommandRun> unreachable;

    @TempDir private Path files;

    @BeforeAll
    static void askNobody() {
        unreachable =
                CompletableFuture.supplyAsync(
                        () -> CommandRun.of("get", "x", "--folder", empty.toString()),
                        task -> Thread.ofPlatform().start(task));
    }

    private static CommandRun run(String... args) {
        return NODE.run(args);
    }

    private static String fine(String... args) {
        return NODE.fine(args);
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(files.resolve(name), bytes);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static ProcessBuilder program(String... args) throws IOException {
        return NODE.program(args);
    }

    @Test
    void roundTripOfAFile() throws IOException {
        Path source = file("table.csv", random(3_000_000));
        String id = fine("put", source.toString());
        assertThat(ObjectId.isId(id)).isTrue();

        Path target = files.resolve("copy");
        fine("get", id, "-o", target.toString());
        assertThat(target).hasSameBinaryContentAs(source);
        try (Stream<Path> left = Files.list(files)) {
            assertThat(left).containsExactlyInAnyOrder(source, target);
        }
        assertThat(fine("stat", id))
                .contains("3000000 bytes", "text/csv", "1d after its last access");
        assertThat(fine("ls")).contains(id);
        assertThat(fine("rm", id)).isEmpty();
        assertThat(run("get", id).exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(fine("ls")).doesNotContain(id);
    }

    @Test
    void whatALinkLeadsToIsWritten(@TempDir Path elsewhere) throws IOException {
        byte[] bytes = random(1_000);
        String id = fine("put", file("source", bytes).toString());
        // Of 255 bytes, the longest name that there is; on another file system than the link.
        Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-cli-it");
        Path real = Files.createFile(shared.resolve("n".repeat(255)));
        Path link = Files.createSymbolicLink(elsewhere.resolve("link"), real);
        try {
            fine("get", id, "-o", link.toString());
            assertThat(Files.isSymbolicLink(link)).isTrue();
            assertThat(real).hasBinaryContent(bytes);
        } finally {
            Files.delete(real);
            Files.delete(shared);
        }
    }

    @Test
    void severalFilesGiveSeveralIdsInTheirOrder() throws IOException {
        String[] ids =
                fine(
                                "put",
                                file("a.txt", random(10)).toString(),
                                file("empty", new byte[0]).toString(),
                                file("b.txt", random(20)).toString())
                        .split("\n", -1);
        assertThat(ids).hasSize(3);
        assertThat(fine("stat", "--json", ids[0]))
                .contains("\"size\":10,", "\"mediaType\":\"text/plain\"");
        assertThat(fine("stat", "--json", ids[1]))
                .contains("\"size\":0,", "application/octet-stream");
        assertThat(fine("stat", "--json", ids[2])).contains("\"size\":20,");
        fine(Stream.concat(Stream.of("rm"), Arrays.stream(ids)).toArray(String[]::new));
    }

    @Test
    void aNamedObjectWithAllThatCanBeSaidOfIt() throws IOException {
        Path source = file("x.bin", random(100));
        String put =
                fine(
                        "put",
                        "--json",
                        source.toString(),
                        "--name",
                        "named/a/b c",
                        "--attr",
                        "Version=3",
                        "--attr",
                        "who=me = you",
                        "--group",
                        "batch",
                        "--media-type",
                        "text/plain; charset=utf-8",
                        "--ttl",
                        "1h",
                        "--idle",
                        "10m",
                        "--content-encoding",
                        "gzip");
        assertThat(put)
                .contains(
                        "\"namespace\":\"named\",\"key\":\"a/b c\",\"size\":100",
                        "\"created\":true");
        assertThat(fine("stat", "--json", "named/a/b c"))
                .contains(
                        "\"attributes\":{\"version\":\"3\",\"who\":\"me = you\"}",
                        "\"mediaType\":\"text/plain; charset=utf-8\"",
                        "\"contentEncoding\":\"gzip\"",
                        "\"group\":\"batch\"",
                        "\"kind\":\"until\"",
                        "\"idle\":\"10m\"");
        assertThat(fine("ls", "named")).isEqualTo("named/a/b c");
        assertThat(fine("ls", "named/a", "-l"))
                .contains("100  20", "text/plain; charset=utf-8", "named/a/b c");
        assertThat(fine("ls", "named/z")).isEmpty();
        assertThat(fine("ls", "--group", "named/batch")).isEqualTo("named/a/b c");
        assertThat(fine("rm", "--json", "--group", "named/batch")).isEqualTo("{\"deleted\":1}");
        assertThat(fine("ls", "named")).isEmpty();
    }

    @Test
    @DisplayName("the same bytes under a name are fine, others are exit code 4")
    void exists() throws IOException {
        Path source = file("x.txt", random(100));
        String id = fine("put", source.toString(), "--name", "exists/x");
        assertThat(fine("put", source.toString(), "--name", "exists/x")).isEqualTo(id);
        CommandRun other = run("put", file("y.txt", random(99)).toString(), "--name", "exists/x");
        assertThat(other.exitCode()).isEqualTo(Failure.EXISTS);
        assertThat(other.output()).isEmpty();
        assertThat(other.errors()).contains("exists/x", id, "take another name");
        CommandRun json =
                run("put", "--json", source.toString(), "--name", "exists/x", "--attr", "a=b");
        assertThat(json.exitCode()).isEqualTo(Failure.EXISTS);
        assertThat(json.errors())
                .contains("\"code\":\"object-exists\"", "\"status\":409", "\"id\":\"" + id + "\"");
        fine("rm", "exists/x");
    }

    @ParameterizedTest
    @DisplayName("what is not there is exit code 3")
    @ValueSource(strings = {"get", "stat", "rm"})
    void notFound(String command) {
        CommandRun run = run(command, "nothing/here");
        assertThat(run.exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(run.output()).isEmpty();
        assertThat(run.errors()).contains("nothing/here").doesNotContain("Exception");
        CommandRun json = run("--json", command, "0100000007000000010000000000002a");
        assertThat(json.exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(json.errors()).contains("\"code\":\"object-not-found\"", "\"status\":404");
    }

    @Test
    void removeDeletesTheOthersAndForgivesWhenAsked() throws IOException {
        Path source = file("x.txt", random(5));
        fine("put", source.toString(), "--name", "rm/a");
        assertThat(run("rm", "rm/nothing", "rm/a").exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(run("stat", "rm/a").exitCode()).isEqualTo(Failure.NOT_FOUND);
        fine("rm", "-f", "rm/nothing");
    }

    @Test
    void aMissingFileIsNamed() {
        CommandRun run = run("put", files.resolve("nothing.txt").toString());
        assertThat(run.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(run.errors()).contains("nothing.txt: no such file");
        assertThat(run("put", files.toString()).errors()).contains("is a directory");
    }

    @Test
    @DisplayName("a folder without a node is exit code 5")
    void unreachable() throws Exception {
        CommandRun run = unreachable.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(run.exitCode()).isEqualTo(Failure.UNREACHABLE);
        assertThat(run.errors()).contains(empty.toString());
    }

    @Test
    void waitForWhatComes() throws Exception {
        Path source = file("x.txt", random(5));
        fine("put", source.toString(), "--name", "wait/a");
        assertThat(fine("wait", "wait/a")).isEqualTo("wait/a");
        CommandRun late = run("wait", "wait/a", "wait/b", "--timeout", "200ms");
        assertThat(late.exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(late.output().strip()).isEqualTo("wait/a");
        assertThat(late.errors()).contains("not there after 200ms: [wait/b]");
        late = run("wait", "--json", "wait/a", "wait/b", "wait/c", "--timeout", "200ms");
        assertThat(late.exitCode()).isEqualTo(Failure.NOT_FOUND);
        assertThat(late.output().lines()).hasSize(1);
        assertThat(late.errors().lines())
                .satisfiesExactly(
                        b -> assertThat(b).contains("\"code\":\"object-not-found\"", "wait/b"),
                        c -> assertThat(c).contains("\"code\":\"object-not-found\"", "wait/c"));
        assertThat(fine("wait", "--json", "--count", "1", "wait/a", "wait/b"))
                .contains(
                        "\"ready\":[{\"id\":",
                        "\"key\":\"a\"",
                        "\"pending\":[{\"id\":",
                        "\"key\":\"b\"");
        CompletableFuture<CommandRun> waiting =
                CompletableFuture.supplyAsync(() -> run("wait", "wait/b", "--timeout", "60s"));
        fine("put", source.toString(), "--name", "wait/b");
        assertThat(waiting.get(60, TimeUnit.SECONDS).exitCode()).isZero();
        fine("rm", "wait/a", "wait/b");
    }

    @Test
    void getWaitsWhenAskedTo() throws Exception {
        CompletableFuture<CommandRun> waiting =
                CompletableFuture.supplyAsync(() -> run("get", "late/x", "--timeout", "60s"));
        fine(
                "put",
                file("x.txt", "late\n".getBytes(StandardCharsets.UTF_8)).toString(),
                "--name",
                "late/x");
        assertThat(waiting.get(60, TimeUnit.SECONDS).output()).isEqualTo("late\n");
        fine("rm", "late/x");
    }

    @Test
    void doctorFindsEverythingInOrder() {
        String said = fine("doctor");
        assertThat(said)
                .contains(
                        "ok      memory",
                        "ok      node",
                        "ok      zero-copy",
                        "ok      invariants");
        assertThat(said).doesNotContain("broken");
        assertThat(fine("doctor", "--json"))
                .startsWith("{\"sound\":true,\"results\":[{\"state\":\"ok\"");
    }

    @ParameterizedTest
    @DisplayName("random bytes through standard input and output come back the same")
    @ValueSource(ints = {0, 1, 1_000_000, 1 << 20, (1 << 20) + 1, 30_000_000})
    void pipes(int size) throws Exception {
        byte[] bytes = random(size);
        Process put = program("put", "-").start();
        try (OutputStream in = put.getOutputStream()) {
            in.write(bytes);
        }
        String id = new String(put.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(put.waitFor()).as(put.errorReader().readLine()).isZero();
        Process get = program("get", id).start();
        assertThat(get.getInputStream().readAllBytes()).isEqualTo(bytes);
        assertThat(get.waitFor()).isZero();
        assertThat(get.getErrorStream().readAllBytes()).isEmpty();
        fine("rm", id);
    }

    @Test
    void aReaderThatHasHadEnoughIsNoError() throws Exception {
        String id = fine("put", file("large", random(40_000_000)).toString());
        Process get = program("get", id).start();
        try (InputStream out = get.getInputStream()) {
            assertThat(out.readNBytes(10)).hasSize(10);
        }
        assertThat(get.waitFor()).isZero();
        assertThat(get.getErrorStream().readAllBytes()).isEmpty();
        fine("rm", id);
    }

    private static void interrupt(Process process) throws IOException {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
    }

    @Test
    @DisplayName("I19: Ctrl-C within a put leaves nothing, and its memory is free")
    void interruptedPut() throws Exception {
        long objects = nodeInfo().objects();
        Process put = program("put", "-", "--name", "interrupted/x").start();
        OutputStream in = put.getOutputStream();
        in.write(random(20_000_000));
        in.flush();
        await().atMost(PATIENCE).until(() -> nodeInfo().ledger().leased() > 10_000_000);
        interrupt(put);
        assertThat(put.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(put.exitValue()).isEqualTo(SIGINT_EXIT_CODE);
        assertThat(put.getErrorStream().readAllBytes()).isEmpty();
        await().atMost(PATIENCE).until(() -> nodeInfo().ledger().leased() == 0);
        assertThat(nodeInfo().objects()).isEqualTo(objects);
        assertThat(run("stat", "interrupted/x").exitCode()).isEqualTo(Failure.NOT_FOUND);
    }

    @Test
    @DisplayName("Ctrl-C within a get leaves no part of a file")
    void interruptedGet() throws Exception {
        String id = fine("put", file("large.bin", new byte[120 << 20]).toString());
        Path folder = Files.createDirectory(files.resolve("interrupted"));
        Process get = program("get", id, "-o", folder.resolve("large.bin").toString()).start();
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(() -> !namesIn(folder).isEmpty());
        interrupt(get);
        assertThat(get.waitFor(60, TimeUnit.SECONDS)).isTrue();
        // Whole, if it was that quick; never a part.
        assertThat(List.of("large.bin")).containsAll(namesIn(folder));
        fine("rm", id);
    }

    private static List<String> namesIn(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }

    @Test
    @DisplayName("a folder that is not there is named, not the file that was to be made in it")
    void intoNoFolder() throws IOException {
        String id = fine("put", file("small.bin", new byte[1]).toString());
        CommandRun run = run("get", id, "-o", files.resolve("none/small.bin").toString());
        assertThat(run.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(run.errors())
                .isEqualTo("tokamak: " + files.resolve("none") + ": no such file\n");
        fine("rm", id);
    }

    @Test
    void interruptedWait() throws Exception {
        Process wait = program("wait", "never/x", "--timeout", "5m").start();
        await().atMost(PATIENCE)
                .until(() -> nodeInfo().sessions().stream().anyMatch(s -> s.pid() == wait.pid()));
        interrupt(wait);
        assertThat(wait.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(wait.exitValue()).isEqualTo(SIGINT_EXIT_CODE);
        assertThat(wait.getErrorStream().readAllBytes()).isEmpty();
    }

    @Test
    void demo() throws Exception {
        long objects = nodeInfo().objects();
        Process demo =
                program("demo", "--size", "64MiB", "--objects", "2000", "--readers", "3", "--json")
                        .start();
        String said = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(demo.waitFor()).as(demo.errorReader().readLine()).isZero();
        assertThat(said).contains("\"right\":true", "\"zeroCopy\":true", "\"readers\":3");
        for (String rate :
                List.of(
                        "arrayWriteBytesPerSecond",
                        "smallWritePerSecond",
                        "arrayReadBytesPerSecondFirst",
                        "arrayReadBytesPerSecond",
                        "smallReadPerSecond")) {
            assertThat(number(said, rate)).as(rate).isPositive();
        }
        long rss = number(said, "rssShmem");
        long pss = number(said, "pssShmem");
        assertThat(rss).isGreaterThan((3L * 64) << 20);
        assertThat(pss).as("the readers share one copy").isLessThan(rss / 2);
        await().atMost(PATIENCE).until(() -> nodeInfo().objects() == objects);
    }

    private static long number(String json, String member) {
        String rest = json.substring(json.indexOf('"' + member + "\":") + member.length() + 3);
        return Long.parseLong(rest.split("[,}]", 2)[0]);
    }

    @Test
    @DisplayName("Ctrl-C ends the demo, its readers and its objects")
    void interruptedDemo() throws Exception {
        long objects = nodeInfo().objects();
        Process demo =
                program("demo", "--size", "64MiB", "--objects", "2000", "--readers", "2").start();
        await().atMost(PATIENCE).until(() -> demo.toHandle().children().count() == 2);
        List<ProcessHandle> readers = demo.toHandle().children().toList();
        interrupt(demo);
        assertThat(demo.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(demo.exitValue()).isEqualTo(SIGINT_EXIT_CODE);
        await().atMost(PATIENCE).until(() -> nodeInfo().objects() == objects);
        await().atMost(PATIENCE).until(() -> readers.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(new String(demo.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                .doesNotContain("Exception", "tokamak: ");
    }

    @Test
    void theDemoSaysWhenThePoolIsTooSmall() {
        CommandRun run = run("demo", "--size", "1GiB");
        assertThat(run.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(run.errors()).contains("try --size 64MiB");
    }

    private static NodeInfo nodeInfo() throws IOException {
        return NODE.info();
    }
}
