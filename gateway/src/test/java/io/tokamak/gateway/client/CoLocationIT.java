package io.tokamak.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who connects to a gateway and is on its node's host finds that out. */
@DisplayName("A gateway's client on the host of the node")
@Timeout(180)
class CoLocationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final byte[] PAYLOAD = {1, 2, 3};

    /** Each test leaves both as it found them, or another of the same kind. */
    private static NodeProcess node;

    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        node = new NodeProcess();
        gateway = new RunningGateway(node.folder(), 0);
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        node.close();
    }

    private static TokamakClient connect() {
        return TokamakClient.connect(gateway.options().withTimeout(PATIENCE));
    }

    private static boolean isReadInPlace(TokamakClient client, ObjectId id) {
        try (ObjectView view = client.get(id, Deadline.after(PATIENCE))) {
            return view.place() != null;
        }
    }

    private static void setMode(Path folder, String mode) throws IOException {
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
        Files.setPosixFilePermissions(folder, permissions);
    }

    @Test
    @DisplayName("reads and writes in place, also after restarts of node and gateway")
    void inPlace() throws Exception {
        try (TokamakClient client = connect()) {
            assertThat(client.locality().zeroCopy()).isTrue();
            assertThat(client.locality().reason()).contains(node.folder().toString());
            ObjectId id = client.put(PAYLOAD, PutOptions.DEFAULTS).id();
            assertThat(isReadInPlace(client, id)).isTrue();

            node.kill();
            node.restart();
            assertThat(isReadInPlace(client, id)).isTrue();

            int port = gateway.port();
            gateway.close();
            assertThat(isReadInPlace(client, id)).isTrue();
            gateway = new RunningGateway(node.folder(), port);
            assertThat(isReadInPlace(client, id)).isTrue();
            assertThat(client.locality().zeroCopy()).isTrue();
        }
    }

    @Test
    @DisplayName("streams as long as others could have put the files there, and says so")
    void untrusted() throws Exception {
        await().atMost(PATIENCE).until(() -> Files.exists(node.folder().resolve("nonce")));
        setMode(node.folder(), "rwxr-xrwx");
        try (TokamakClient client = connect()) {
            assertThat(client.locality().zeroCopy()).isFalse();
            assertThat(client.locality().reason()).startsWith("permission: ");
            ObjectId id = client.put(PAYLOAD, PutOptions.DEFAULTS).id();
            assertThat(isReadInPlace(client, id)).isFalse();
            assertThat(client.read(id, Deadline.NONE)).isEqualTo(PAYLOAD);

            setMode(node.folder(), "rwxr-x---");
            node.kill();
            node.restart();
            await().atMost(PATIENCE).until(() -> client.locality().zeroCopy());
            assertThat(isReadInPlace(client, id)).isTrue();
            assertThat(client.read(id, Deadline.NONE)).isEqualTo(PAYLOAD);
        }
    }
}
