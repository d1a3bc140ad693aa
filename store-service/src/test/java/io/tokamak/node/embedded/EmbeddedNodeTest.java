package io.tokamak.node.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.node.objects.StoreSettings;
import io.tokamak.node.objects.StoreUnusable;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EmbeddedNodeTest {
    private static final long POOL_BYTES = 16 << 20;
    private static final ObjectName NAME = new ObjectName("tests", "greeting");

    private Path parent;
    private StoreSettings settings;

    @BeforeEach
    void makeFolder() throws IOException {
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-embedded-test-");
        settings = StoreSettings.of(parent.resolve("node"), POOL_BYTES);
    }

    @AfterEach
    void removeFolder() throws IOException {
        try (Stream<Path> files = Files.walk(parent)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private TokamakClient connect(EmbeddedNode node) {
        return TokamakClient.connect(ConnectOptions.defaults().withFolder(node.folder()));
    }

    @Test
    @DisplayName("a name goes to its first creator, and is free again after a delete")
    void names() throws IOException {
        try (EmbeddedNode node = EmbeddedNode.start(settings);
                TokamakClient client = connect(node)) {
            client.put(new byte[] {1}, PutOptions.named(NAME));
            assertThatThrownBy(() -> client.put(new byte[] {2}, PutOptions.named(NAME)))
                    .isInstanceOf(ObjectExists.class);
            assertThat(client.delete(NAME)).isTrue();
            client.put(new byte[] {2}, PutOptions.named(NAME));
            assertThat(client.read(NAME, Deadline.NONE)).containsExactly(2);
        }
    }

    @Test
    @DisplayName("the next node of the folder has the objects and the names of the one before")
    void restarts() throws IOException {
        try (EmbeddedNode node = EmbeddedNode.start(settings);
                TokamakClient client = connect(node)) {
            client.put(new byte[] {1}, PutOptions.named(NAME));
        }
        try (EmbeddedNode node = EmbeddedNode.start(settings);
                TokamakClient client = connect(node)) {
            assertThat(client.read(NAME, Deadline.NONE)).containsExactly(1);
            assertThatThrownBy(() -> client.put(new byte[] {2}, PutOptions.named(NAME)))
                    .isInstanceOf(ObjectExists.class);
        }
    }

    @Test
    @DisplayName("I32: a second node on the folder is refused")
    void secondNode() throws IOException {
        try (EmbeddedNode _ = EmbeddedNode.start(settings)) {
            assertThatThrownBy(() -> EmbeddedNode.start(settings))
                    .isInstanceOf(StoreUnusable.class)
                    .hasMessageContaining("held by another node");
        }
    }
}
