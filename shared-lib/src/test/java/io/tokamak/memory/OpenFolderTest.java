package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An open folder")
class OpenFolderTest {
    @TempDir(factory = SharedMemoryFolder.class)
    Path parent;

    @ParameterizedTest
    @ValueSource(ints = {0700, 0711, 0750, 0777})
    @DisplayName("has exactly the mode that was asked for")
    void hasExactMode(int mode) throws IOException {
        try (OpenFolder folder = OpenFolder.create(parent.resolve("folder"), mode)) {
            assertThat(folder.status().mode()).isEqualTo(mode);
            assertThat(folder.status().isFolder()).isTrue();
        }
    }

    @Test
    @DisplayName("I16: is no symbolic link, and no file")
    void isNoLink() throws IOException {
        OpenFolder.create(parent.resolve("folder"), 0700).close();
        Path link = Files.createSymbolicLink(parent.resolve("link"), parent.resolve("folder"));
        OpenFile.create(parent.resolve("file"), 0600).close();

        assertThatThrownBy(() -> OpenFolder.open(link)).isInstanceOf(NativeFailure.class);
        assertThatThrownBy(() -> OpenFolder.open(parent.resolve("file")))
                .isInstanceOf(NativeFailure.class)
                .hasMessageContaining("ENOTDIR");
    }

    @Test
    @DisplayName("opens and makes files in itself, wherever it was moved")
    void opensInside() throws IOException {
        try (OpenFolder folder = OpenFolder.create(parent.resolve("folder"), 0700)) {
            Files.move(parent.resolve("folder"), parent.resolve("moved"));
            folder.create("file", 0640).close();

            assertThat(parent.resolve("moved").resolve("file")).exists();
            try (OpenFile file = folder.openReadOnly("file")) {
                assertThat(file.mode()).isEqualTo(0640);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../file", "/dev/null", "a/b"})
    @DisplayName("opens nothing that is elsewhere")
    void opensNothingElsewhere(String name) throws IOException {
        try (OpenFolder folder = OpenFolder.create(parent.resolve("folder"), 0700)) {
            assertThatThrownBy(() -> folder.openReadOnly(name))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    @DisplayName("is trusted only when its owner alone may write, or replace what is there")
    void isTrusted() throws IOException {
        try (OpenFolder folder = OpenFolder.create(parent.resolve("folder"), 0755)) {
            folder.requireTrusted();

            folder.setMode(0770);
            assertThatThrownBy(folder::requireTrusted)
                    .isInstanceOfSatisfying(
                            FolderNotTrusted.class,
                            refused -> {
                                assertThat(refused).hasMessageContaining("0770");
                                assertThat(refused.remedy()).contains("chmod");
                            });
            folder.setMode(01777);
            folder.requireTrusted();
        }
    }

    @Test
    @DisplayName("is not made when something is there")
    void isNotMadeTwice() throws IOException {
        OpenFolder.create(parent.resolve("folder"), 0700).close();

        assertThatThrownBy(() -> OpenFolder.create(parent.resolve("folder"), 0700))
                .isInstanceOfSatisfying(
                        NativeFailure.class, e -> assertThat(e.isExisting()).isTrue());
    }
}
