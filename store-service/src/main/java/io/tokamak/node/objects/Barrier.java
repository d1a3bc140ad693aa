package io.tokamak.node.objects;

import io.tokamak.memory.Membarrier;
import io.tokamak.memory.Memory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The node's fence of R2. Where readers leave theirs out it takes effect in them too, and takes
 * milliseconds: a thread of its own waits for that. Thread-safe.
 */
final class Barrier implements AutoCloseable {
    private final boolean isEverywhere;
    private final ExecutorService waiting =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("barrier").factory());

    /**
     * @param isEverywhere whether readers rely on it
     */
    Barrier(boolean isEverywhere) {
        this.isEverywhere = isEverywhere;
    }

    /**
     * Done when every pin that was set by who saw the state from before this call can be seen; at
     * once where readers have fences of their own.
     */
    CompletableFuture<Void> begin() {
        if (isEverywhere) {
            return CompletableFuture.runAsync(Membarrier::everywhere, waiting);
        }
        Memory.fullFence();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        waiting.shutdown();
    }
}
