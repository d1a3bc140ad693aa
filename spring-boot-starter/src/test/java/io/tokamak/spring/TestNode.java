package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.node.embedded.EmbeddedNode;
import io.tokamak.node.objects.StoreSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.springframework.util.FileSystemUtils;

/** A real node in a folder of its own, which can be stopped and started again. */
public final class TestNode implements AutoCloseable {
    private static final long POOL_BYTES = 32 << 20;

    private final Path parent;
    private EmbeddedNode node;

    public TestNode() {
        try {
            parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-starter-test-");
            node = EmbeddedNode.start(StoreSettings.of(folder(), POOL_BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path folder() {
        return parent.resolve("node");
    }

    /** What points a program's client to this node. */
    public String property() {
        return "tokamak.client.folder=" + folder();
    }

    /** Not the program's client. */
    public TokamakClient client() {
        return TokamakClient.connect(
                ConnectOptions.defaults().withFolder(folder()).withName("observer"));
    }

    /** Names of the programs that are attached, the observer aside. */
    public static List<String> programs(TokamakClient observer) {
        return observer.node().sessions().stream()
                .map(NodeInfo.Session::name)
                .filter(name -> !name.equals("observer"))
                .toList();
    }

    public void stop() throws IOException {
        node.close();
    }

    public void restart() throws IOException {
        node = EmbeddedNode.start(StoreSettings.of(folder(), POOL_BYTES));
    }

    @Override
    public void close() throws IOException {
        node.close();
        FileSystemUtils.deleteRecursively(parent);
    }
}
