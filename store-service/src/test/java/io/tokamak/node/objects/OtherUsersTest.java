package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.memory.Processes;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients in processes of other users: needs root, and setpriv of util-linux. */
@DisplayName("Another user")
@Timeout(120)
class OtherUsersTest {
    private static final int READERS = 20_001;
    private static final int WRITERS = 20_002;
    private static final int READER = 30_001;
    private static final int WRITER = 30_002;
    private static final int STRANGER = 30_003;

    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

    private StoreFixture fixture;
    private String classPath;
    private final List<ClientProcess> processes = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0, "only root runs programs as others");
        assumeTrue(Files.isExecutable(SETPRIV), "there is no " + SETPRIV);
        fixture = StoreFixture.open(READERS, WRITERS).served();
        classPath = copiedClassPath(fixture.folder.resolveSibling("classes"));
    }

    @AfterEach
    void close() {
        processes.forEach(ClientProcess::close);
        if (fixture != null) {
            fixture.close();
        }
    }

    /** What a client needs, where everybody may read it. */
    private static String copiedClassPath(Path target) throws IOException {
        List<String> copies = new ArrayList<>();
        for (String entry : ClientProcess.classPath().split(File.pathSeparator, -1)) {
            Path source = Path.of(entry);
            if (entry.matches(".*(spring|hazelcast|hibernate|reactor|micrometer|jackson).*")
                    || !Files.exists(source)) {
                continue;
            }
            Path copy = target.resolve(copies.size() + "-" + source.getFileName());
            copy(source, copy);
            copies.add(copy.toString());
        }
        try (Stream<Path> all = Files.walk(target)) {
            for (Path folder : all.filter(Files::isDirectory).toList()) {
                setMode(folder, "rwxr-xr-x");
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copy(Path source, Path target) throws IOException {
        Files.walkFileTree(
                source,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Path to = target.resolve(source.relativize(file).toString());
                        Files.createDirectories(to.getParent());
                        Files.copy(file, to);
                        setMode(to, "rw-r--r--");
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private static void setMode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private ClientProcess as(
            int user, List<Integer> groups, Class<?> program, String... arguments) {
        String list = groups.stream().map(String::valueOf).collect(Collectors.joining(","));
        List<String> prefix =
                List.of(
                        SETPRIV.toString(),
                        "--reuid=" + user,
                        "--regid=" + user,
                        groups.isEmpty() ? "--clear-groups" : "--groups=" + list);
        ClientProcess process =
                ClientProcess.run(
                        ClientProcess.command(
                                prefix, classPath, program, fixture.folder, List.of(), arguments));
        processes.add(process);
        return process;
    }

    private ClientProcess reader(String... arguments) {
        return as(READER, List.of(READERS), ClientProgram.class, arguments);
    }

    private ClientProcess writer(String... arguments) {
        return as(WRITER, List.of(READERS, WRITERS), ClientProgram.class, arguments);
    }

    @Test
    @DisplayName("of the writers' group puts, of the readers' group reads what was put in place")
    void groups() {
        List<String> put = writer("put", "5000").rest();
        assertThat(put).hasSize(1);
        String id = put.getFirst().substring("put ".length());
        assertThat(reader("get", id).rest()).as("the right bytes").containsExactly("got " + id);
        assertThat(reader("put", "10").rest())
                .singleElement()
                .satisfies(
                        refused ->
                                assertThat(refused)
                                        .contains("PermissionDenied")
                                        .contains("user %d may not write".formatted(READER))
                                        .contains("group %d may".formatted(WRITERS)));
        assertThat(fixture.status().objects()).isEqualTo(1);
    }

    @Test
    @DisplayName("of neither group is told so")
    void stranger() {
        assertThat(as(STRANGER, List.of(), ClientProgram.class, "put", "10").rest())
                .singleElement()
                .satisfies(
                        refused ->
                                assertThat(refused)
                                        .contains("PermissionDenied")
                                        .contains("user %d may not read".formatted(STRANGER))
                                        .contains("group %d may".formatted(READERS)));
        assertThat(fixture.status().sessions()).isEmpty();
    }

    @Test
    @DisplayName(
            "I16: may open what its group may, finds no session, and keeps no node from starting")
    void files() throws IOException {
        ClientProcess victim = reader("hold");
        assertThat(victim.answer()).isEqualTo("attached");
        String neighbour;
        try (Stream<Path> sessions = Files.list(fixture.files().sessions())) {
            neighbour = sessions.findFirst().orElseThrow().getFileName().toString();
        }
        String[] arguments = {
            Integer.toString(Processes.pid()), Integer.toString(victim.pid()), neighbour
        };

        ClientProcess stranger = as(STRANGER, List.of(), OtherUser.class, arguments);
        assertThat(allowed(stranger)).isEmpty();
        List<String> ofReaders =
                List.of("reading store", "reading index", "reading pool", "reading nonce");
        // Not the victim's own user, who may look at its own processes.
        ClientProcess reader = as(STRANGER, List.of(READERS), OtherUser.class, arguments);
        assertThat(allowed(reader)).containsExactlyInAnyOrderElementsOf(ofReaders);
        List<String> ofWriters = new ArrayList<>(ofReaders);
        ofWriters.addAll(
                List.of("writing pool", "locking pool", "writing the pool by another door"));
        ClientProcess writer = as(WRITER, List.of(READERS, WRITERS), OtherUser.class, arguments);
        assertThat(allowed(writer)).containsExactlyInAnyOrderElementsOf(ofWriters);

        // With all that they hold open and locked:
        fixture.restart();
        assertThat(fixture.balanced().capacity()).isPositive();
        try (LaneClient client = fixture.attach()) {
            ObjectId id = client.putSeen(new byte[10]);
            assertThat(client.read(id)).hasSize(10);
        }
    }

    @Test
    @DisplayName("has no file in a node's folder that a client takes for the node's")
    void foreignFiles() throws IOException {
        ConnectOptions options = fixture.connectOptions();
        ConnectOptions hasty = options.withTimeout(Duration.ofSeconds(1)); // tried until then
        Folder files = fixture.files();
        for (Path file : List.of(files.store(), files.index(), files.pool())) {
            Files.setAttribute(file, "unix:uid", STRANGER);
            assertThatThrownBy(() -> TokamakClient.connect(hasty).close())
                    .isInstanceOf(NodeDown.class)
                    .hasMessageContaining(file + " belongs to user " + STRANGER);
            Files.setAttribute(file, "unix:uid", 0);
        }
        try (TokamakClient client = TokamakClient.connect(options)) {
            Files.setAttribute(files.pool(), "unix:uid", STRANGER); // opened again at the first put
            assertThatThrownBy(() -> client.put(new byte[10], PutOptions.DEFAULTS))
                    .isInstanceOf(NodeDown.class)
                    .hasMessageContaining("belongs to user " + STRANGER);
        }
    }

    private static List<String> allowed(ClientProcess user) {
        List<String> allowed = new ArrayList<>();
        for (String line = user.answer(); !line.equals("done"); line = user.answer()) {
            assertThat(line).startsWith("allowed ");
            allowed.add(line.substring("allowed ".length()));
        }
        return allowed;
    }
}
