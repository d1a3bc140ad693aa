package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.StoreFile;
import io.tokamak.node.NodeApplication;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A node that cannot start says why and what helps, and shows no stack trace,")
@Timeout(400)
class StoreFailureAnalyzerTest {
    @TempDir Path output;
    private final StoreFixture fixture = StoreFixture.open();

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> outputOfNode(long poolBytes) throws IOException, InterruptedException {
        List<String> lines =
                JvmOfTest.run(
                        output.resolve("output"),
                        1,
                        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), // it ends soon
                        NodeApplication.class,
                        "--tokamak.folder=" + fixture.folder,
                        "--tokamak.pool.size=" + poolBytes + "B",
                        "--server.port=0",
                        "--tokamak.cluster.port="
                                + (12_000 + ProcessHandle.current().pid() % 20_000),
                        "--tokamak.cluster.name=" + fixture.folder);
        assertThat(lines)
                .contains("APPLICATION FAILED TO START", "Description:", "Action:")
                .noneMatch(line -> line.startsWith("\tat "));
        return lines.subList(lines.indexOf("Description:"), lines.size());
    }

    private void writeLayout(long layout) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(fixture.files().store().toFile(), "rw")) {
            file.seek(StoreFile.LAYOUT_OFFSET);
            file.write((int) layout);
        }
    }

    @Test
    @DisplayName("over a folder of another size")
    void size() throws Exception {
        fixture.store.close();
        assertThat(outputOfNode(2 * StoreFixture.POOL_BYTES))
                .anyMatch(
                        line ->
                                line.contains(fixture.folder.toString())
                                        && line.contains("16 MiB")
                                        && line.contains("32 MiB"))
                .anyMatch(
                        line ->
                                line.contains("tokamak.pool.size=" + StoreFixture.POOL_BYTES)
                                        && line.contains("--discard"));
        fixture.store = Store.open(fixture.settings, fixture.names);
    }

    @Test
    @DisplayName("over a folder of another version")
    void layout() throws Exception {
        fixture.store.close();
        writeLayout(StoreFile.LAYOUT + 1);
        assertThat(outputOfNode(StoreFixture.POOL_BYTES))
                .anyMatch(
                        line ->
                                line.contains(fixture.folder.toString())
                                        && line.contains("%016x".formatted(StoreFile.LAYOUT)))
                .anyMatch(line -> line.contains("start the version that wrote it"));
        writeLayout(StoreFile.LAYOUT);
        fixture.store = Store.open(fixture.settings, fixture.names);
    }

    @Test
    @DisplayName("in a folder that another node holds")
    void held() throws Exception {
        assertThat(outputOfNode(StoreFixture.POOL_BYTES))
                .anyMatch(line -> line.contains("is held by another node that is running"))
                .anyMatch(line -> line.contains("stop that node"));
    }
}
