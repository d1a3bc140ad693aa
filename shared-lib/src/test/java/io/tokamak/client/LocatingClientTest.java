package io.tokamak.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.v1.Node;
import io.tokamak.remote.ScriptedGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A gateway's client that looks where the node is")
@Timeout(60)
class LocatingClientTest {
    private static final String NONCE = "0123456789abcdef0123456789abcdef";
    private static final String OTHER_NONCE = "fedcba9876543210fedcba9876543210";

    private final ScriptedGateway gateway = ScriptedGateway.start();
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        node = TestNode.create(64 << 20);
        writeNonce(NONCE);
        setMode("rwxr-x---");
        try (TokamakClient mapped = TokamakClient.connect(node.options())) {
            NodeInfo info = mapped.node();
            gateway.node =
                    Node.newBuilder()
                            .setId(info.id())
                            .setStoreNumber(info.storeNumber())
                            .setFolder(folder().toString())
                            .build();
        }
        gateway.nonce = NONCE;
    }

    @AfterEach
    void stop() {
        gateway.close();
        node.close();
    }

    private Path folder() {
        return node.folder.path();
    }

    private void writeNonce(String nonce) throws IOException {
        Files.writeString(node.folder.nonce(), nonce);
    }

    private void setMode(String mode) throws IOException {
        Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString(mode));
    }

    private TokamakClient connect() {
        return TokamakClient.connect(
                node.options()
                        .withUrl(gateway.address().toString())
                        .withTimeout(Duration.ofSeconds(5)));
    }

    private void assertStreams(String reason) {
        try (TokamakClient client = connect()) {
            assertThat(client.locality().zeroCopy()).isFalse();
            assertThat(client.locality().reason()).startsWith(reason);
        }
    }

    @Test
    @DisplayName("maps the folder whose nonce the gateway knows")
    void proven() {
        try (TokamakClient client = connect()) {
            assertThat(client.locality().zeroCopy()).isTrue();
            assertThat(client.locality().reason()).contains(folder().toString());
            ObjectId id = client.put(new byte[] {1, 2}, PutOptions.DEFAULTS).id();
            assertThat(client.read(id, Deadline.NONE)).containsExactly(1, 2);
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                assertThat(view.place()).isNotNull();
            }
        }
        assertThat(node.sessionCount()).isZero();
    }

    @Test
    @DisplayName("streams when the folder is not there")
    void notVisible() {
        gateway.node = gateway.node.toBuilder().setFolder(folder() + "-elsewhere").build();
        assertStreams("folder not visible: ");
        gateway.node = gateway.node.toBuilder().clearFolder().build();
        assertStreams("folder not visible: ");
        gateway.node = gateway.node.toBuilder().setFolder("tmp/relative").build();
        assertStreams("folder not visible: ");
    }

    @Test
    @DisplayName("streams when the folder has no nonce")
    void noNonce() throws IOException {
        Files.delete(node.folder.nonce());
        assertStreams("folder not visible: ");
    }

    @Test
    @DisplayName("streams when the gateway knows another nonce")
    void nonceDiffers() {
        gateway.nonce = OTHER_NONCE;
        assertStreams("nonce differs: " + folder());
    }

    @Test
    @DisplayName("streams when somebody else could have put the nonce there")
    void notTrusted() throws IOException {
        setMode("rwxr-xrwx");
        assertStreams("permission: ");
        setMode("rwxrwx---");
        assertStreams("permission: ");
        setMode("rwxr-x---");
        Path link = folder().resolveSibling("link-" + folder().getFileName());
        Files.createSymbolicLink(link, folder());
        try {
            gateway.node = gateway.node.toBuilder().setFolder(link.toString()).build();
            assertStreams("folder not visible: ");
        } finally {
            Files.delete(link);
        }
    }

    @Test
    @DisplayName("does not believe a nonce when the folder turns out to be another node's")
    void otherNode() {
        gateway.node = gateway.node.toBuilder().setId("another").build();
        assertStreams("nonce differs: ");
        assertThat(node.sessionCount()).isZero();
    }

    @Test
    @DisplayName("moves when the node's nonce changes, there and back, and keeps views readable")
    void moves() throws IOException {
        gateway.nonce = OTHER_NONCE;
        try (TokamakClient client = connect()) {
            assertThat(client.locality().zeroCopy()).isFalse();

            writeNonce(OTHER_NONCE);
            await().until(() -> client.locality().zeroCopy());
            ObjectId id = client.put(new byte[] {1, 2, 3}, PutOptions.DEFAULTS).id();
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                writeNonce(NONCE);
                await().until(() -> !client.locality().zeroCopy());
                assertThat(client.locality().reason()).startsWith("nonce differs: ");
                assertThat(view.getByte(2)).isEqualTo((byte) 3);
            }
        }
        await().until(() -> node.sessionCount() == 0);
    }

    @Test
    @DisplayName("looks again when the gateway was connected anew")
    void reconnected() {
        gateway.nonce = OTHER_NONCE;
        try (TokamakClient client = connect()) {
            gateway.nonce = NONCE;
            gateway.cut();
            gateway.restart();
            assertThat(client.node().id()).isEqualTo(gateway.node.getId()); // connects
            await().until(() -> client.locality().zeroCopy());
        }
    }

    @Test
    @DisplayName("ends everything when it is closed")
    void close() {
        TokamakClient client = connect();
        client.close();
        client.close();
        assertThatThrownBy(client::node).isInstanceOf(InvalidState.class);
        assertThatThrownBy(() -> client.put(new byte[1], PutOptions.DEFAULTS))
                .isInstanceOf(InvalidState.class);
    }
}
