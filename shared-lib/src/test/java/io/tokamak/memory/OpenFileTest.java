package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An open file")
class OpenFileTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @TempDir(factory = SharedMemoryFolder.class)
    Path folder;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("file");
    }

    @Nested
    @DisplayName("when opened")
    class Opening {
        @ParameterizedTest
        @ValueSource(ints = {0600, 0640, 0664, 0666})
        @DisplayName("has exactly the mode that was asked for")
        void hasExactMode(int mode) throws IOException {
            try (OpenFile file = OpenFile.create(path, mode)) {
                assertThat(file.mode()).isEqualTo(mode);
                assertThat(file.isRegularFile()).isTrue();
                assertThat(file.ownerUid()).isEqualTo(Processes.effectiveUid());
                assertThat(file.linkCount()).isEqualTo(1);
                assertThat(file.size()).isZero();
                assertThat(file.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
                assertThat(file.ownerGid()).isEqualTo(Files.getAttribute(path, "unix:gid"));
            }
        }

        @Test
        @DisplayName("is not made twice")
        void isNotMadeTwice() throws IOException {
            OpenFile.create(path, 0600).close();

            assertThatThrownBy(() -> OpenFile.create(path, 0600))
                    .isInstanceOfSatisfying(
                            NativeFailure.class, e -> assertThat(e.isExisting()).isTrue())
                    .hasMessage("cannot create %s: EEXIST", path);
        }

        @Test
        @DisplayName("has to be there")
        void hasToBeThere() {
            assertThatThrownBy(() -> OpenFile.openReadOnly(path))
                    .isInstanceOfSatisfying(
                            NativeFailure.class, e -> assertThat(e.isMissing()).isTrue())
                    .hasMessage("cannot open %s: ENOENT", path);
        }

        @Test
        @DisplayName("I16: is not reached through a symbolic link")
        void refusesSymbolicLinks() throws IOException {
            OpenFile.create(path, 0600).close();
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);

            assertThatThrownBy(() -> OpenFile.openReadOnly(link))
                    .isInstanceOfSatisfying(
                            NativeFailure.class, e -> assertThat(e.isSymbolicLink()).isTrue());
            assertThatThrownBy(() -> OpenFile.openReadWrite(link))
                    .isInstanceOf(NativeFailure.class);
            assertThatThrownBy(() -> OpenFile.create(link, 0600)).isInstanceOf(NativeFailure.class);
        }

        @Test
        @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        @DisplayName("does not hang on a pipe that somebody put in its place")
        void doesNotHangOnPipe() throws Exception {
            assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();

            try (OpenFile file = OpenFile.openReadOnly(path)) {
                assertThat(file.isRegularFile()).isFalse();
            }
        }

        @Test
        @DisplayName("shows that it was unlinked")
        void showsThatItWasUnlinked() throws IOException {
            try (OpenFile file = OpenFile.create(path, 0600)) {
                Files.delete(path);

                assertThat(file.linkCount()).isZero();
            }
        }

        @Test
        @DisplayName("answers no call once closed, and may be closed again")
        void closedAnswersNothing() throws IOException {
            OpenFile file = OpenFile.create(path, 0600);
            file.close();
            file.close();

            assertThatThrownBy(file::size).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(file::tryLock).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> file.map(false, 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Nested
    @DisplayName("when locked")
    class Locks {
        @Test
        @DisplayName("I14: stays locked when it is opened and closed elsewhere in the process")
        void survivesCloseElsewhere() throws IOException {
            try (OpenFile holder = OpenFile.create(path, 0600);
                    OpenFile other = OpenFile.openReadWrite(path)) {
                assertThat(holder.tryLock()).isTrue();

                OpenFile.openReadWrite(path).close();
                Files.readAllBytes(path);
                FileChannel.open(path, StandardOpenOption.WRITE).close();

                assertThat(other.isLockedElsewhere()).isTrue();
                assertThat(other.tryLock()).isFalse();
                assertThat(holder.isLockedElsewhere()).isFalse();
                assertThat(holder.tryLock()).isTrue();
            }
        }

        @Test
        @DisplayName("is free after unlock and after close")
        void isFreed() throws IOException {
            try (OpenFile other = OpenFile.create(path, 0600)) {
                OpenFile holder = OpenFile.openReadWrite(path);
                assertThat(holder.tryLock()).isTrue();
                holder.unlock();
                assertThat(other.isLockedElsewhere()).isFalse();
                assertThat(holder.tryLock()).isTrue();
                holder.close();
                assertThat(other.tryLock()).isTrue();
            }
        }

        @Test
        @DisplayName("is seen by who may only read")
        void isSeenByReaders() throws IOException {
            try (OpenFile holder = OpenFile.create(path, 0600);
                    OpenFile reader = OpenFile.openReadOnly(path)) {
                assertThat(reader.isLockedElsewhere()).isFalse();
                assertThat(holder.tryLock()).isTrue();
                assertThat(reader.isLockedElsewhere()).isTrue();
            }
        }

        @Test
        @DisplayName("I12: is free once its process was killed")
        void isFreedByKill() throws Exception {
            try (OpenFile file = OpenFile.create(path, 0600);
                    ChildProcess child = ChildProcess.start("lock", path.toString())) {
                assertThat(child.says()).isEqualTo("true");
                assertThat(file.isLockedElsewhere()).isTrue();
                assertThat(file.tryLock()).isFalse();

                child.kill();

                await().pollInterval(Duration.ofMillis(1))
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> !file.isLockedElsewhere());
                assertThat(file.tryLock()).isTrue();
            }
        }
    }

    @Nested
    @DisplayName("when mapped")
    class Mapping {
        @Test
        @DisplayName("is one memory in all its mappings, beyond 2 GiB")
        void mapsBeyondTwoGib() throws IOException {
            try (OpenFile file = OpenFile.create(path, 0600);
                    OpenFile reader = OpenFile.openReadOnly(path);
                    Arena arena = Arena.ofShared()) {
                file.setSize(5 * GIB);
                Memory all = file.map(true, 5 * GIB, arena);
                Memory part = reader.map(false, 4 * GIB, MIB, arena);

                all.putLongRelease(4 * GIB + 8, 42);

                assertThat(part.getLongAcquire(8)).isEqualTo(42);
                assertThat(all.size()).isEqualTo(5 * GIB);
                assertThat(file.status().allocatedBytes()).isEqualTo(Pages.BYTES);
            }
        }

        @Test
        @DisplayName("stays mapped when it is closed, and is unmapped with the arena")
        void isUnmappedWithTheArena() throws IOException {
            try (Arena arena = Arena.ofShared()) {
                Memory memory;
                try (OpenFile file = OpenFile.create(path, 0600)) {
                    file.setSize(MIB);
                    memory = file.map(true, MIB, arena);
                }
                memory.putLong(0, 1);
                assertThat(Files.readString(Path.of("/proc/self/maps"))).contains(path.toString());
            }
            assertThat(Files.readString(Path.of("/proc/self/maps")))
                    .doesNotContain(path.toString());
        }

        @Test
        @DisplayName("is not left mapped by an arena that is closed already")
        void refusesClosedArena() throws IOException {
            Arena arena = closedArena();
            try (OpenFile file = OpenFile.create(path, 0600)) {
                file.setSize(MIB);

                assertThatThrownBy(() -> file.map(true, MIB, arena))
                        .isInstanceOf(IllegalStateException.class);
                assertThat(Files.readString(Path.of("/proc/self/maps")))
                        .doesNotContain(path.toString());
            }
        }

        private static Arena closedArena() {
            try (Arena arena = Arena.ofShared()) {
                return arena;
            }
        }

        @Test
        @DisplayName("is not writable through a file opened for reading")
        void readersCannotMapForWriting() throws IOException {
            OpenFile.create(path, 0600).close();
            try (OpenFile reader = OpenFile.openReadOnly(path)) {
                assertThatThrownBy(() -> reader.map(true, MIB))
                        .isInstanceOfSatisfying(
                                NativeFailure.class, e -> assertThat(e.isPermission()).isTrue());
            }
        }
    }

    @Nested
    @DisplayName("when it needs space")
    class Space {
        @Test
        @DisplayName("has memory behind what was allocated, and its bytes stay")
        void allocates() throws IOException {
            try (OpenFile file = OpenFile.create(path, 0600)) {
                file.write(0, new byte[] {1, 2, 3});

                file.allocate(1, 5 * MIB);

                assertThat(file.size()).isEqualTo(5 * MIB + 1);
                assertThat(file.status().allocatedBytes()).isGreaterThanOrEqualTo(5 * MIB);
                assertThat(file.read(0, 4)).containsExactly(1, 2, 3, 0);
            }
        }

        @Test
        @DisplayName("is refused more than there is, with numbers, and takes nothing")
        void refusesTooMuch() throws IOException {
            try (OpenFile file = OpenFile.create(path, 0600)) {
                long tooMuch = FileSystem.of(folder).totalBytes() + GIB;

                assertThatThrownBy(() -> file.allocate(0, tooMuch))
                        .isInstanceOfSatisfying(
                                NoSpace.class,
                                e -> {
                                    assertThat(e.requestedBytes()).isEqualTo(tooMuch);
                                    assertThat(e.availableBytes()).isLessThan(tooMuch);
                                    assertThat(e.errnoName()).isEqualTo("ENOSPC");
                                })
                        .hasMessageContaining(path.toString())
                        .hasMessageContaining(Long.toString(tooMuch));
                assertThat(file.status().allocatedBytes()).isZero();
            }
        }

        @Test
        @DisplayName("is told by a file system that is full")
        void fullFileSystem() throws Exception {
            assumeTrue(Processes.effectiveUid() == 0, "mounting is for root");
            Path mount = Files.createDirectory(folder.resolve("mount"));
            assumeTrue(
                    run("mount", "-t", "tmpfs", "-o", "size=1m", "none", mount.toString()) == 0,
                    "mounting is not allowed here");
            try (OpenFile file = OpenFile.create(mount.resolve("file"), 0600)) {
                file.allocate(0, MIB / 2);

                assertThatThrownBy(() -> file.allocate(MIB / 2, MIB - MIB / 4))
                        .isInstanceOf(NoSpace.class);
                assertThatThrownBy(() -> file.write(MIB / 2, new byte[(int) MIB]))
                        .isInstanceOf(NoSpace.class);
            } finally {
                assertThat(run("umount", mount.toString())).isZero();
            }
        }

        private static int run(String... command) throws Exception {
            Process process = new ProcessBuilder(command).start();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        }
    }

    @Test
    @DisplayName("gives back what was written, and less at its end")
    void readsWhatWasWritten() throws IOException {
        byte[] nonce = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        try (OpenFile file = OpenFile.create(path, 0600)) {
            file.write(0, nonce);
            file.write(4, new byte[0]);
            file.sync();

            assertThat(file.read(0, 16)).isEqualTo(nonce);
            assertThat(file.read(10, 100)).hasSize(6);
            assertThat(file.read(100, 1)).isEmpty();
            assertThat(file.read(0, 0)).isEmpty();
        }
    }

    @Test
    @DisplayName("is given to a group")
    void isGivenToGroup() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0, "any group is for root");
        try (OpenFile file = OpenFile.create(path, 0640)) {
            file.giveToGroup(4711);

            assertThat(file.ownerGid()).isEqualTo(4711);
            assertThat(file.ownerUid()).isZero();
        }
    }
}
