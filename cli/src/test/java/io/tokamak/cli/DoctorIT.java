package io.tokamak.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.layout.StoreFile;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Incarnation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each thing that is not as it should be is found, and what to do is said with it. */
class DoctorIT {
    private static final int NOBODY = 65_534;
    private static final byte[] PAYLOAD = new byte[1000];

    private static TestNode node;
    private static Folder folder;
    private static Path above;

    /** Of the payload of an object, in the pool. */
    private static long offset;

    @BeforeAll
    static void start() throws Exception {
        node = TestNode.start("64MB");
        folder = new Folder(node.folder());
        above = Objects.requireNonNull(node.folder().getParent());
        try (TokamakClient client = node.client();
                ObjectView view =
                        client.get(client.put(PAYLOAD, PutOptions.DEFAULTS).id(), Deadline.NONE)) {
            offset = Objects.requireNonNull(view.place()).offset();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    /** Whoever breaks something mends it. */
    @AfterEach
    void allIsWell() {
        CommandRun run = doctor(node.folder());
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("ok      files", "ok      invariants");
    }

    private static CommandRun doctor(Path folder, String... more) {
        List<String> args = new ArrayList<>(List.of("doctor", "--folder", folder.toString()));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    private static void assertFound(
            CommandRun run, String state, String area, String detail, String remedy) {
        List<String> lines = run.output().lines().toList();
        boolean isBroken = lines.stream().anyMatch(line -> line.startsWith("broken "));
        assertThat(run.exitCode())
                .as(run.output())
                .isEqualTo(isBroken ? Failure.OTHERWISE : Failure.FINE);
        String begin = "%-7s %-14s ".formatted(state, area);
        assertThat(lines)
                .as(run.output())
                .anySatisfy(line -> assertThat(line).startsWith(begin).contains(detail));
        int found = 0;
        while (!(lines.get(found).startsWith(begin) && lines.get(found).contains(detail))) {
            found++;
        }
        assertThat(lines.get(found + 1).strip()).startsWith("-> ").contains(remedy);
    }

    private interface Look {
        void look() throws Exception;
    }

    /** Looks while a file has other permissions or another owner. */
    private static void with(String attribute, Path path, int value, Look look) throws Exception {
        Object before = Files.getAttribute(path, attribute);
        Files.setAttribute(path, attribute, value);
        try {
            look.look();
        } finally {
            Files.setAttribute(path, attribute, before);
        }
    }

    private static void assumeRoot() {
        assumeThat(System.getProperty("user.name")).as("others' files need root").isEqualTo("root");
    }

    @Nested
    @DisplayName("of a node that runs")
    class Running {
        @ParameterizedTest
        @CsvSource({
            "lock, 0644, 0600",
            "nonce, 0600, 0640",
            "store, 0644, 0640",
            "index, 0600, 0640",
            "pool, 0600, 0664",
            "sessions, 0755, 0711",
        })
        void permissionsOfAFile(String file, String mode, String right) throws Exception {
            Path path = folder.path().resolve(file);
            with(
                    "unix:mode",
                    path,
                    Integer.parseInt(mode, 8),
                    () ->
                            assertFound(
                                    doctor(folder.path()),
                                    "warn",
                                    "files",
                                    path + " is ",
                                    "chmod " + right + " " + path));
        }

        @Test
        void permissionsOfTheFolder() throws Exception {
            with(
                    "unix:mode",
                    folder.path(),
                    0755,
                    () ->
                            assertFound(
                                    doctor(folder.path()),
                                    "broken",
                                    "folder",
                                    "0755: not only its readers pass it",
                                    "chmod 0750 " + folder.path()));
        }

        @Test
        @DisplayName("a parent folder in which others could put another one, unless it is sticky")
        void parent() throws Exception {
            with(
                    "unix:mode",
                    above,
                    0777,
                    () ->
                            assertFound(
                                    doctor(folder.path()),
                                    "broken",
                                    "parent folder",
                                    "others can put a folder in the node's place",
                                    "chown root " + above + "; chmod 0755 " + above));
            with(
                    "unix:mode",
                    above,
                    01777,
                    () -> assertThat(doctor(folder.path()).exitCode()).isZero());
            assumeRoot();
            with(
                    "unix:uid",
                    above,
                    NOBODY,
                    () ->
                            assertFound(
                                    doctor(folder.path()),
                                    "broken",
                                    "parent folder",
                                    "others can put a folder in the node's place",
                                    "chown root " + above));
        }

        @Test
        void anotherUsersFile() throws Exception {
            assumeRoot();
            with(
                    "unix:uid",
                    folder.nonce(),
                    NOBODY,
                    () ->
                            assertFound(
                                    doctor(folder.path()),
                                    "broken",
                                    "files",
                                    "its folder another user's",
                                    "chown it to the folder's owner, or begin anew with"
                                            + " --discard"));
        }

        @Test
        void aFileThatIsMissing() throws Exception {
            Path away = folder.path().resolveSibling("away");
            Files.move(folder.nonce(), away);
            try {
                CommandRun run = doctor(folder.path());
                assertFound(
                        run,
                        "broken",
                        "files",
                        folder.nonce() + " is missing",
                        "start the node: ./tokamak up; or --discard");
                assertFound(
                        run,
                        "warn",
                        "co-location",
                        "the folder's nonce cannot be read",
                        "until then a gateway streams to it");
                assertThat(doctor(folder.path(), "--json").output())
                        .startsWith("{\"sound\":false,")
                        .contains("{\"state\":\"broken\",\"area\":\"files\"");
            } finally {
                Files.move(away, folder.nonce());
            }
        }

        @Test
        @DisplayName("few files that the node may open")
        void limits() throws Exception {
            String limits = Files.readString(Path.of("/proc/" + node.pid() + "/limits"));
            String before = limits.replaceAll("(?s).*Max open files +(\\d+).*", "$1");
            limit("1000");
            try {
                assertFound(
                        doctor(folder.path()),
                        "warn",
                        "node's limits",
                        "may open 1000 files",
                        "ulimit -n 4096 or more before it is started");
            } finally {
                limit(before);
            }
        }

        private void limit(String openFiles) throws Exception {
            run("prlimit", "--pid", Long.toString(node.pid()), "--nofile=" + openFiles + ":");
        }

        @Test
        @DisplayName("who may not enter, or read alone")
        void others() throws Exception {
            assumeRoot();
            with(
                    "unix:mode",
                    above,
                    0755,
                    () -> {
                        assertFound(
                                doctorAs("--clear-groups"),
                                "broken",
                                "permissions",
                                "may not enter " + folder.path(),
                                "usermod -aG that group this user, and log in anew");
                        with(
                                "unix:gid", // readers and writers are one group otherwise
                                folder.pool(),
                                NOBODY - 1,
                                () ->
                                        assertFound(
                                                doctorAs("--groups=" + gid(folder.path())),
                                                "note",
                                                "permissions",
                                                "may read in place, and may not put",
                                                "if it is to put"));
                    });
        }

        private static int gid(Path path) throws IOException {
            return (int) Files.getAttribute(path, "unix:gid");
        }

        /** The packaged program, in a process of another user's. */
        private static CommandRun doctorAs(String groups) throws Exception {
            List<String> someone =
                    List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, groups);
            List<String> command = new ArrayList<>(someone);
            command.addAll(SharedNode.packaged());
            assumeThat(isReadable(someone, command.getLast()))
                    .as("others may not read the program")
                    .isTrue();
            command.addAll(List.of("doctor", "--folder", folder.path().toString()));
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(Path.of("target", "doctor-it.log").toFile())
                            .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            return new CommandRun(process.waitFor(), output, "");
        }

        private static boolean isReadable(List<String> someone, String file) throws Exception {
            List<String> command = new ArrayList<>(someone);
            command.addAll(List.of("test", "-r", Path.of(file).toAbsolutePath().toString()));
            return new ProcessBuilder(command).start().waitFor() == 0;
        }
    }

    @Nested
    @DisplayName("of a folder whose node is not there")
    class Left {
        private Path parent;
        private Folder copy;

        @BeforeEach
        void copy() throws Exception {
            parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-doctor-");
            copy = new Folder(Files.createDirectory(parent.resolve("node")));
            Files.setAttribute(copy.path(), "unix:mode", 0750);
            List<String> command = new ArrayList<>(List.of("cp", "-a", "--sparse=always"));
            for (Path file :
                    List.of(
                            folder.lock(),
                            folder.nonce(),
                            folder.store(),
                            folder.index(),
                            folder.pool(),
                            folder.sessions())) {
                command.add(file.toString());
            }
            command.add(copy.path().toString());
            run(command.toArray(String[]::new));
        }

        @AfterEach
        void remove() throws IOException {
            try (Stream<Path> files = Files.walk(parent)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }

        private static void write(Path file, long offset, byte[] bytes) throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(bytes), offset);
            }
        }

        private static byte[] littleEndian(long value) {
            return ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array();
        }

        @Test
        void theNode() {
            assertFound(
                    doctor(copy.path()),
                    "broken",
                    "node",
                    copy.path() + " is down",
                    "or ask another node");
        }

        @Test
        void anotherBoot() throws Exception {
            write(copy.store(), StoreFile.BOOT_ID_OFFSET, new byte[16]);
            assertFound(
                    doctor(copy.path()),
                    "broken",
                    "boot",
                    "the store is of another boot or host: " + "0".repeat(32),
                    "restart the node, which begins anew");
        }

        @Test
        @DisplayName("a node's clock that stands, and a host's that has gone back")
        void clocks() throws Exception {
            Instant past = Instant.now().minus(Duration.ofHours(1));
            write(copy.store(), StoreFile.NOW_OFFSET, littleEndian(past.toEpochMilli()));
            assertFound(
                    doctor(copy.path()),
                    "warn",
                    "clock",
                    "the node's is at " + past.toString().substring(0, 16),
                    "if the node is not down: see whether it is stopped");
            Instant soon = Instant.now().plusSeconds(1); // the doctor takes a moment
            write(copy.store(), StoreFile.NOW_OFFSET, littleEndian(soon.toEpochMilli()));
            long ahead = Incarnation.of(soon.plus(Duration.ofHours(2)).toEpochMilli(), 0);
            write(copy.store(), StoreFile.INCARNATION_CEILING_OFFSET, littleEndian(ahead));
            assertFound(
                    doctor(copy.path()),
                    "warn",
                    "clock",
                    "the host's has gone back by",
                    "let it be set in small steps");
        }

        @Test
        void aStoreThatWasCut() throws Exception {
            try (FileChannel store = FileChannel.open(copy.store(), StandardOpenOption.WRITE)) {
                store.truncate(StoreFile.LENGTH - 1);
            }
            assertFound(
                    doctor(copy.path()),
                    "broken",
                    "store",
                    "and should have " + StoreFile.LENGTH,
                    "begin anew with --discard");
        }

        @Test
        @DisplayName("bytes of an object that are not as they were put there")
        void aRecordThatWasOverwritten() throws Exception {
            byte[] noise = new byte[64];
            Arrays.fill(noise, (byte) 0xA5);
            write(copy.pool(), offset - noise.length, noise);
            assertFound(
                    doctor(copy.path(), "--strict"),
                    "broken",
                    "I10 record-header",
                    "record at pool+",
                    "delete the object and make it anew");
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
