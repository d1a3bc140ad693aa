package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.memory.OpenFile;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A forked client")
@Timeout(120)
class ForkedClientTest {
    private StoreFixture fixture;
    private LaneClient other;
    private Path mailbox;

    @BeforeEach
    void open() throws IOException {
        fixture = StoreFixture.open().served();
        other = fixture.attach();
        mailbox = fixture.folder.resolveSibling("mailbox");
        try (OpenFile file = OpenFile.create(mailbox, 0600)) {
            file.setSize(Fork.FILE_BYTES);
        }
    }

    @AfterEach
    void close() throws IOException {
        new Fork(mailbox).kill();
        other.close();
        fixture.close();
    }

    @ParameterizedTest(name = "that {0}")
    @ValueSource(strings = {"is killed", "exits"})
    @DisplayName(
            "I13, I11, I12: outlives its parent, whose pins hold until it has ended too, and leaves"
                    + " the session alone")
    void outlivesItsParent(String end) throws IOException {
        List<ObjectId> ids = new ArrayList<>();
        for (int size : new int[] {40, 4_000, 300_000}) {
            ids.add(other.putSeen(TestBytes.of(size)));
        }
        try (ClientProcess parent = start(ids)) {
            assertThat(parent.answer()).isEqualTo("forked");
            Fork fork = new Fork(mailbox);
            SessionInfo before = session(parent.pid());
            assertThat(before.pins()).isEqualTo(ids.size());
            String name = sessionOf(before);

            if (end.equals("exits")) {
                parent.say("exit");
            } else {
                parent.kill();
            }
            parent.awaitEnd();
            StoreFixture.get(fixture.store.delete(ids));
            probe(name);
            assertThat(session(parent.pid()).pins()).isEqualTo(ids.size());
            reuseThePool();
            assertThat(fork.seesRightBytes()).isTrue();

            assertThat(fork.isRefused()).isTrue();
            probe(name);
            assertThat(session(parent.pid()))
                    .satisfies(
                            session -> {
                                assertThat(session.pins()).isEqualTo(ids.size());
                                assertThat(session.leasedBytes()).isEqualTo(before.leasedBytes());
                                assertThat(session.fenced()).isFalse();
                            });
            assertThat(fork.seesRightBytes()).isTrue();
            assertThat(fixture.balanced().condemned()).isGreaterThan(304_000);

            fork.end();
            assertThat(Eventually.holds("freed", () -> fixture.ledger().condemned() == 0))
                    .as("milliseconds until everything that the two held is free")
                    .isLessThan(1_000);
            assertThat(fixture.status().sessions()).hasSize(1);
            fixture.sound();
        }
    }

    private ClientProcess start(List<ObjectId> ids) {
        List<String> arguments = new ArrayList<>(List.of("fork", mailbox.toString()));
        ids.forEach(id -> arguments.add(id.toString()));
        return ClientProcess.start(fixture.folder, Fork.OPTIONS, arguments.toArray(String[]::new));
    }

    private SessionInfo session(int pid) {
        return fixture.status().sessions().stream()
                .filter(session -> session.pid() == pid)
                .findFirst()
                .orElseThrow(() -> new AssertionError("the session of " + pid + " was buried"));
    }

    private String sessionOf(SessionInfo session) throws IOException {
        try (var files = Files.list(fixture.files().sessions())) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith("%08x".formatted(session.number())))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** When it returns the node has looked at the session's lock since the call. */
    private void probe(String name) {
        fixture.store.suspect(name);
        // The first answer may come from the turn before, the second not.
        fixture.status();
        fixture.status();
    }

    /** Every byte that is free is written twice. */
    private void reuseThePool() {
        byte[] payload = new byte[60_000];
        long bytes = 0;
        List<ObjectId> ids = new ArrayList<>();
        while (bytes < 2 * StoreFixture.POOL_BYTES) {
            ids.add(other.put(payload));
            bytes += payload.length;
            if (ids.size() == 100) {
                StoreFixture.get(fixture.store.delete(ids));
                ids.clear();
            }
        }
        StoreFixture.get(fixture.store.delete(ids));
    }
}
