package io.tokamak.gateway.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tokamak.gateway.GatewayApplication;
import io.tokamak.gateway.node.NodeProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

@DisplayName("A co-located caller")
class CoLocatedCallerIT {
    private static final int MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** In no one's use. */
    private static final int READERS = 24_680;

    private static final int FOREIGN_USER = 24_681;

    private static NodeProcess node;
    private static ConfigurableApplicationContext gateway;
    private static URI uri;
    private static Http http;
    private static Path home;

    @BeforeAll
    static void start() throws Exception {
        home = Example.newHome();
        node = isRoot() ? new NodeProcess("--tokamak.readers-group=" + READERS) : new NodeProcess();
        gateway =
                SpringApplication.run(
                        GatewayApplication.class,
                        "--server.port=0",
                        "--spring.grpc.server.port=0",
                        "--tokamak.folder=" + node.folder());
        int port =
                Objects.requireNonNull(
                                ((ReactiveWebServerApplicationContext) gateway).getWebServer())
                        .getPort();
        uri = URI.create("http://127.0.0.1:" + port);
        http = new Http(uri);
        await().atMost(PATIENCE).until(http::isReady);
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
        node.close();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(home)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static String expected(byte[] bytes) {
        return bytes.length + " " + Mapper.crc(bytes);
    }

    private static void assertRun(Example.Run run, byte[] bytes, String how) {
        assertThat(run.status()).as(run.errors()).isZero();
        assertThat(run.errors()).isEqualTo(how);
        assertThat(run.output()).isEqualTo(expected(bytes));
    }

    private static Example.Run run(Example example, String object, Map<String, String> environment)
            throws Exception {
        return Example.Run.of(example.command(List.of(), home, uri, object), environment);
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(
                        Example.Run.of(
                                        List.of("kill", "-" + name, Long.toString(process.pid())),
                                        Map.of())
                                .status())
                .isZero();
    }

    @Nested
    @DisplayName("as docs/mapping.md has it")
    class Examples {

        @ParameterizedTest(name = "{0}, {1} bytes")
        @CsvSource({
            "C, 0",
            "C, 300",
            "C, 20000000",
            "PYTHON, 0",
            "PYTHON, 300",
            "PYTHON, 20000000"
        })
        @DisplayName("maps, and gets the very bytes:")
        void maps(Example example, int length) throws Exception {
            byte[] bytes = bytes(length);
            assertRun(run(example, http.put(bytes), Map.of()), bytes, "mapped");
            assertThat(http.pinned()).isZero();
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("maps what has a name")
        void named(Example example) throws Exception {
            byte[] bytes = bytes(1000);
            String path = "/v1/namespaces/examples/objects/weights/" + example;
            assertThat(http.call("PUT", path, bytes).status()).isEqualTo(201);
            assertRun(run(example, path, Map.of()), bytes, "mapped");
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("streams where the folder is not visible")
        void notVisible(Example example) throws Exception {
            byte[] bytes = bytes(3 * MIB);
            assertRun(
                    run(example, http.put(bytes), Map.of("TOKAMAK_FOLDER", "/nowhere")),
                    bytes,
                    "streamed: folder not visible");
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("streams where another node's folder lies at the path")
        void otherNode(Example example) throws Exception {
            byte[] bytes = bytes(3 * MIB);
            Path other = Files.createTempDirectory(home, "other");
            Files.writeString(other.resolve("nonce"), "0123456789abcdef0123456789abcdef");
            assertRun(
                    run(example, http.put(bytes), Map.of("TOKAMAK_FOLDER", other.toString())),
                    bytes,
                    "streamed: nonce differs");
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("says what is wrong with an object that is not there")
        void missing(Example example) throws Exception {
            Example.Run run = run(example, "/v1/objects/01" + "0".repeat(30), Map.of());
            assertThat(run.status()).isNotZero();
            assertThat(run.errors()).contains("no object 01" + "0".repeat(30));
            assertThat(run.output()).isEmpty();
        }

        @Test
        @DisplayName("begins again when the node was started anew while it read")
        void restartedMeanwhile() throws Exception {
            byte[] bytes = bytes(100_000_000); // about a second of reading
            String object = http.put(bytes);
            String nonce = Files.readString(node.folder().resolve("nonce"));
            Process reader =
                    Example.Run.start(Example.C.command(List.of(), home, uri, object), Map.of());
            await().atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> http.pinned() >= bytes.length);
            signal(reader, "STOP");
            node.kill();
            node.restart();
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                            () ->
                                    !Files.readString(node.folder().resolve("nonce")).equals(nonce)
                                            && http.isReady());
            signal(reader, "CONT");
            assertRun(Example.Run.end(reader), bytes, "the mapping ended: again\nmapped");
        }
    }

    @Nested
    @DisplayName("under another user id")
    class ForeignUser {

        /** Starts a command as the foreign user. */
        private List<String> as(String groups) throws IOException {
            assumeTrue(isRoot(), "not root: cannot become another user; not tried");
            return List.of("setpriv", "--reuid=" + FOREIGN_USER, "--regid=" + FOREIGN_USER, groups);
        }

        private List<String> asReader() throws IOException {
            return as("--groups=" + READERS);
        }

        private List<String> asStranger() throws IOException {
            return as("--clear-groups");
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("maps when it is in the readers' group")
        void reader(Example example) throws Exception {
            byte[] bytes = bytes(2 * MIB);
            assertRun(
                    Example.Run.of(
                            example.command(asReader(), home, uri, http.put(bytes)), Map.of()),
                    bytes,
                    "mapped");
        }

        @ParameterizedTest
        @EnumSource
        @DisplayName("streams when it is not, and says why")
        void stranger(Example example) throws Exception {
            byte[] bytes = bytes(2 * MIB);
            assertRun(
                    Example.Run.of(
                            example.command(asStranger(), home, uri, http.put(bytes)), Map.of()),
                    bytes,
                    "streamed: permission");
        }

        @ParameterizedTest(name = "{0}, {1}")
        @CsvSource({
            "'cat \"$1/nonce\"', true",
            "'head -c 4096 \"$1/pool\"', true",
            "'head -c 4096 \"$1/store\"', true",
            "'head -c 4096 \"$1/index\"', true",
            "'exec 3<>\"$1/nonce\"', false",
            "'exec 3<>\"$1/pool\"', false",
            "'exec 3<>\"$1/store\"', false",
            "'exec 3<>\"$1/index\"', false",
            "'exec 3<\"$1/pool\" 4<>/proc/self/fd/3', false",
            "'cat \"$1/lock\"', false",
            "'ls \"$1/sessions\"', false",
            "'echo > \"$1/new\"', false",
            "'rm -f \"$1/pool\"', false",
            "'mv \"$1/nonce\" \"$1/other\"', false",
        })
        @DisplayName("I16: reads and cannot write, by the kernel:")
        void enforced(String script, boolean succeeds) throws Exception {
            Example.Run reader = shell(asReader(), script);
            assertThat(reader.status() == 0).as(reader.toString()).isEqualTo(succeeds);
            if (!succeeds) {
                assertThat(reader.errors()).contains("ermission denied");
            }
            Example.Run stranger = shell(asStranger(), script);
            assertThat(stranger.status()).isNotZero();
            assertThat(stranger.errors()).contains("ermission denied");
        }

        private Example.Run shell(List<String> prefix, String script) throws Exception {
            List<String> command = new ArrayList<>(prefix);
            command.addAll(List.of("sh", "-c", script, "sh", node.folder().toString()));
            return Example.Run.of(command, Map.of("LC_ALL", "C"));
        }
    }
}
