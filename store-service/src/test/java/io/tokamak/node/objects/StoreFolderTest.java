package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tokamak.layout.StoreFile;
import io.tokamak.memory.FileSystem;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFolder;
import io.tokamak.memory.Processes;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.util.FileSystemUtils;

@DisplayName("A store's folder")
@Timeout(60)
class StoreFolderTest {
    private final StoreFixture fixture = StoreFixture.open();

    @AfterEach
    void close() {
        fixture.close();
    }

    private void write(long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(fixture.files().store().toFile(), "rw")) {
            file.seek(offset);
            file.write(bytes);
        }
    }

    private Path parent() {
        return Objects.requireNonNull(fixture.folder.getParent());
    }

    private Store reopened(StoreSettings settings) throws IOException {
        fixture.store.close();
        fixture.store = Store.open(settings, fixture.names);
        return fixture.store;
    }

    @Test
    @DisplayName("I32: a second node is refused, and the first is not disturbed")
    void secondNode() {
        LaneClient client = fixture.attach();
        ObjectId id = client.put(new byte[10]);
        assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                .isInstanceOf(StoreUnusable.class)
                .hasMessageContaining("held by another node");
        assertThat(StoreFixture.get(fixture.store.resolve(List.of(id), 1, 0)).present())
                .containsExactly(id);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I32: another size and another layout are refused with what is there and what helps,"
                    + " and nothing is lost")
    void changed() throws IOException {
        LaneClient client = fixture.attach();
        ObjectId id = client.putSeen(new byte[10]);
        client.close();
        fixture.store.close();
        StoreSettings larger =
                StoreSettings.of(fixture.folder, 2 * StoreFixture.POOL_BYTES)
                        .withClock(fixture.clock);
        assertThatThrownBy(() -> Store.open(larger, fixture.names))
                .isInstanceOf(IncompatibleStore.class)
                .hasMessageContaining("tokamak.pool.size=" + StoreFixture.POOL_BYTES)
                .hasMessageContaining("--discard");
        write(StoreFile.LAYOUT_OFFSET, new byte[] {(byte) (StoreFile.LAYOUT + 1)});
        assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                .isInstanceOf(IncompatibleStore.class)
                .hasMessageContaining("layout");
        write(StoreFile.LAYOUT_OFFSET, new byte[] {(byte) StoreFile.LAYOUT});
        fixture.store = Store.open(fixture.settings, fixture.names);
        assertThat(StoreFixture.get(fixture.store.resolve(List.of(id), 1, 0)).present())
                .containsExactly(id);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I33: a discard, and another boot of the host, retire the old store and begin a new"
                    + " one")
    void retired() throws IOException {
        for (boolean discard : new boolean[] {true, false}) {
            LaneClient client = fixture.attach();
            ObjectId id = client.putSeen(new byte[10]);
            Memory old = fixture.store.storeMemory();
            int number = fixture.store.storeNumber();
            fixture.store.close();
            if (!discard) {
                write(StoreFile.BOOT_ID_OFFSET, new byte[16]);
            }
            Store fresh = reopened(fixture.settings.withDiscard(discard));
            assertThat(old.getInt(StoreFile.RETIRED_OFFSET)).isEqualTo(1);
            assertThat(fresh.storeMemory().getInt(StoreFile.RETIRED_OFFSET)).isZero();
            assertThat(fresh.storeNumber()).isNotEqualTo(number);
            assertThat(StoreFixture.get(fresh.resolve(List.of(id), 1, 0)).present()).isEmpty();
            client.close();
            fixture.sound();
        }
    }

    @Test
    @DisplayName(
            "I33: a discard that was cut short after the old store was retired goes on at the next"
                    + " start")
    void retiredHalfway() throws IOException {
        fixture.store.close();
        write(StoreFile.RETIRED_OFFSET, new byte[] {1});
        Store fresh = reopened(fixture.settings);
        assertThat(fresh.storeMemory().getInt(StoreFile.RETIRED_OFFSET)).isZero();
        fixture.sound();
    }

    @Test
    @DisplayName("is refused where others could put another in its place, with what helps")
    void parentOfOthers() throws IOException {
        fixture.store.close();
        try (OpenFolder parent = OpenFolder.open(parent())) {
            for (int mode : new int[] {0777, 0770}) {
                parent.setMode(mode);
                assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                        .isInstanceOfSatisfying(
                                StoreUnusable.class,
                                unusable -> {
                                    assertThat(unusable)
                                            .hasMessageContaining(parent.path().toString())
                                            .hasMessageContaining("%04o".formatted(mode));
                                    assertThat(unusable.remedy())
                                            .contains("chmod go-w")
                                            .contains("tokamak.folder");
                                });
            }
            parent.setMode(01777); // as /dev/shm: nobody replaces what is another's
            fixture.store = Store.open(fixture.settings, fixture.names);
        }
        fixture.sound();
    }

    @Test
    @DisplayName("is refused when it, or what it is in, is another user's")
    void ofAnotherUser() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0, "only root gives files away");
        fixture.store.close();
        for (Path folder : List.of(fixture.folder, parent())) {
            Files.setAttribute(folder, "unix:uid", 30_001);
            assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                    .isInstanceOf(StoreUnusable.class)
                    .hasMessageContaining(folder + " belongs to user 30001");
            Files.setAttribute(folder, "unix:uid", 0);
        }
        fixture.store = Store.open(fixture.settings, fixture.names);
        fixture.sound();
    }

    @Test
    @DisplayName("is refused where it would be on a disk, with what helps, unless that is allowed")
    void notOnTmpfs() throws IOException {
        Path onDisk = Files.createTempDirectory(Path.of("target"), "folder-").toAbsolutePath();
        assumeFalse(FileSystem.of(onDisk).isTmpfs(), "built on tmpfs");
        StoreSettings settings =
                StoreSettings.of(onDisk.resolve("n"), StoreFixture.POOL_BYTES)
                        .withClock(fixture.clock);
        try {
            assertThatThrownBy(() -> Store.open(settings, new MemoryNames()))
                    .isInstanceOfSatisfying(
                            StoreUnusable.class,
                            unusable -> {
                                assertThat(unusable)
                                        .hasMessage(
                                                "the folder %s is not on tmpfs", settings.folder());
                                assertThat(unusable.remedy())
                                        .contains("/dev/shm")
                                        .contains("tokamak.allow-any-file-system=true");
                            });
            try (Store store = Store.open(settings.withAnyFileSystem(), new MemoryNames());
                    LaneClient client = LaneClient.attach(store)) {
                assertThat(client.read(client.putSeen(new byte[10]))).hasSize(10);
            }
        } finally {
            FileSystemUtils.deleteRecursively(onDisk);
        }
    }
}
