package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tokamak.gateway.node.Sha256;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("The digests that are kept")
@Timeout(60)
class KeptDigestsTest {
    private static final int MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(50);

    private final KeptDigests digests = new KeptDigests();

    /** Of the same tag others are never looked at, once it is known. */
    private static byte[] bytes(int fill) {
        byte[] bytes = new byte[5 * MIB + 1];
        java.util.Arrays.fill(bytes, (byte) fill);
        return bytes;
    }

    private byte[] digest(byte[] bytes, BooleanSupplier isCancelled) {
        return digests.sha256("tag", MemorySegment.ofArray(bytes), isCancelled);
    }

    @Test
    @DisplayName("are computed once")
    void once() {
        byte[] first = digest(bytes(1), () -> false);
        assertThat(first).isEqualTo(Sha256.begin().digest(bytes(1)));
        assertThat(digest(bytes(2), () -> false)).isEqualTo(first);
    }

    @Test
    @DisplayName("end within a MiB when nobody waits for them")
    void cancelled() {
        AtomicInteger looks = new AtomicInteger();
        assertThatThrownBy(() -> digest(bytes(1), () -> looks.incrementAndGet() == 3))
                .isInstanceOf(CancellationException.class);
        assertThat(digest(bytes(2), () -> false)).isEqualTo(Sha256.begin().digest(bytes(2)));
    }

    @Test
    @DisplayName("are computed by one of those who ask, and by another when that one goes away")
    void together() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        AtomicBoolean isCancelled = new AtomicBoolean();
        AtomicInteger looks = new AtomicInteger();
        CompletableFuture<byte[]> first =
                CompletableFuture.supplyAsync(
                        () ->
                                digest(
                                        bytes(1),
                                        () -> {
                                            looks.incrementAndGet();
                                            awaitUninterruptibly(goesOn);
                                            return isCancelled.get();
                                        }),
                        Thread::startVirtualThread);
        await().atMost(PATIENCE).until(() -> looks.get() == 1);
        AtomicInteger glances = new AtomicInteger();
        CompletableFuture<byte[]> second =
                CompletableFuture.supplyAsync(
                        () ->
                                digest(
                                        bytes(2),
                                        () -> {
                                            glances.incrementAndGet();
                                            return false;
                                        }),
                        Thread::startVirtualThread);
        await().atMost(PATIENCE).until(() -> glances.get() >= 7); // more than it has MiB
        assertThat(second).isNotDone();
        AtomicBoolean isThirdCancelled = new AtomicBoolean();
        CompletableFuture<byte[]> third =
                CompletableFuture.supplyAsync(
                        () -> digest(bytes(3), isThirdCancelled::get), Thread::startVirtualThread);
        isThirdCancelled.set(true);
        assertThatThrownBy(third::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(CancellationException.class);
        isCancelled.set(true);
        goesOn.countDown();
        assertThatThrownBy(first::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(CancellationException.class);
        assertThat(second.get(50, TimeUnit.SECONDS)).isEqualTo(Sha256.begin().digest(bytes(2)));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
