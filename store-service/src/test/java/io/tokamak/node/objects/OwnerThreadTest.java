package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("The owner thread")
@Timeout(60)
class OwnerThreadTest {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final CompletableFuture<Void> mayBegin = new CompletableFuture<>();
    private final Path path;
    private final OpenFile file;
    private final OwnerThread owner;

    OwnerThreadTest() throws IOException {
        path = Files.createTempFile(Path.of("/dev/shm"), "tokamak-test-", "");
        file = OpenFile.openReadWrite(path);
        file.setSize(PoolFile.DATA_OFFSET);
        owner =
                new OwnerThread(
                        file.map(true, PoolFile.DATA_OFFSET),
                        new SessionTable(),
                        new OwnerThread.Turn() {
                            @Override
                            public long take() {
                                mayBegin.join();
                                return owner.runCommands() ? 0 : LONG_NANOS;
                            }

                            @Override
                            public void end() {}
                        });
    }

    @AfterEach
    void close() throws IOException {
        mayBegin.complete(null);
        owner.close();
        file.close();
        Files.delete(path);
    }

    private static void fails(CompletableFuture<?> answer) {
        assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .rootCause()
                .hasMessage("of the test");
    }

    @Test
    @DisplayName("runs nothing more when a command has broken it, and says so to who asked")
    void broken() {
        CompletableFuture<Boolean> isRun = new CompletableFuture<>();
        CompletableFuture<?> breaking =
                owner.command(
                        () -> {
                            throw new AssertionError("of the test");
                        });
        CompletableFuture<?> next = owner.command(() -> isRun.complete(true));
        owner.execute(() -> isRun.complete(true));
        owner.start();
        mayBegin.complete(null);

        fails(breaking);
        fails(next);
        fails(owner.command(() -> isRun.complete(true)));
        assertThat(owner.failure()).hasMessage("of the test");
        assertThat(isRun).isNotDone();
    }

    @Test
    @DisplayName("I17: has a command repeated that ran into the end of somebody's file")
    void truncated() {
        owner.start();
        mayBegin.complete(null);
        CompletableFuture<?> answer =
                owner.command(
                        () -> {
                            throw new InternalError("a fault");
                        });
        assertThatThrownBy(() -> StoreFixture.get(answer))
                .isInstanceOfSatisfying(
                        CommandRefused.class,
                        refused ->
                                assertThat(refused.kind())
                                        .isEqualTo(CommandRefused.Kind.UNAVAILABLE));
        assertThat(owner.command(() -> 5).join()).isEqualTo(5);
    }
}
