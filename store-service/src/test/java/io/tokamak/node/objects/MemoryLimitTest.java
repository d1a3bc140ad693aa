package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The groups are files as the kernel writes them: not every machine lets a test make groups. */
@DisplayName("Under a control group's memory limit")
@Timeout(60)
class MemoryLimitTest {
    private static final long MIB = 1 << 20;
    private static final long POOL_BYTES = 64 * MIB;

    @TempDir Path process;
    private final StoreFixture fixture = StoreFixture.open();
    private StoreSettings settings;

    @BeforeEach
    void settings() throws IOException {
        Path folder = fixture.folder.resolveSibling("limited");
        settings = StoreSettings.of(folder, POOL_BYTES).withProcess(process);
        Files.writeString(process.resolve("cgroup"), "0::/slice/node\n");
        Files.writeString(
                process.resolve("mountinfo"),
                "41 31 0:38 / %s rw - cgroup2 cgroup rw\n".formatted(process.resolve("mount")));
        group("slice", "max", 0, 0);
        group("slice/node", "max", 300 * MIB, 0);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void group(String name, String limit, long used, long cached) throws IOException {
        Path group = Files.createDirectories(process.resolve("mount").resolve(name));
        Files.writeString(group.resolve("memory.max"), limit + "\n");
        Files.writeString(group.resolve("memory.current"), used + "\n");
        Files.writeString(
                group.resolve("memory.stat"),
                "anon 1000\nfile %d\nactive_file %d\ninactive_file %d\n"
                        .formatted(2 * cached, cached / 2, cached - cached / 2));
    }

    private void starts() {
        assertThatCode(() -> Store.open(settings, new MemoryNames()).close())
                .doesNotThrowAnyException();
    }

    @Test
    @DisplayName("a node starts where there is none, and where compose sets it")
    void roomy() throws IOException {
        starts();
        settings = settings.withDiscard(true);
        // pool + 1/4 + 640 MiB
        group("slice/node", "" + (POOL_BYTES + POOL_BYTES / 4 + 640 * MIB), 400 * MIB, 0);
        starts();
    }

    @Test
    @DisplayName(
            "a node is refused, with numbers, when pool, index and its own memory do not fit what"
                    + " is left")
    void tooSmall() throws IOException {
        group("slice/node", "" + 1_000 * MIB, 100 * MIB, 0);
        group("slice", "" + 1_200 * MIB, 1_072 * MIB, 0); // the neighbours have the rest
        assertThatThrownBy(() -> Store.open(settings, new MemoryNames()))
                .isInstanceOfSatisfying(
                        StoreUnusable.class,
                        refused -> {
                            assertThat(refused)
                                    .hasMessageContaining("a pool of 64 MiB")
                                    .hasMessageContaining("200 MiB")
                                    .hasMessageContaining(process.resolve("mount/slice") + " has")
                                    .hasMessageContaining("128 MiB of 1.2 GiB left");
                            assertThat(refused.remedy()).contains("1.2 GiB", "tokamak.pool.size");
                        });
        assertThat(settings.folder().resolve("pool")).doesNotExist();
    }

    @Test
    @DisplayName("the page cache is no hindrance: the kernel drops it first")
    void cached() throws IOException {
        group("slice/node", "" + 1_000 * MIB, 990 * MIB, 600 * MIB);
        starts();
    }

    @Test
    @DisplayName("a node starts again on what it has allocated, however little is left")
    void again() throws IOException {
        starts();
        group("slice/node", "" + 400 * MIB, 400 * MIB, 0);
        starts();
    }
}
