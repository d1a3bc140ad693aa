package io.tokamak.node.objects;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that a store's state belongs to. It takes turns, runs the commands of other
 * threads in them, and sleeps at the pool's doorbell in between.
 */
final class OwnerThread {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerThread.class);

    private final Memory pool;
    private final Turn turn;
    private final SessionTable sessions;
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();

    /** Commands of this turn; what a fault in it leaves is for the next one. */
    private final Queue<Runnable> batch = new ArrayDeque<>();

    private final Thread thread;
    private volatile boolean sleeping;
    private volatile boolean stopping;
    private volatile boolean ended;
    private volatile @Nullable Throwable failure;

    /** What is done in one turn. */
    interface Turn {
        /**
         * Takes one, and {@link #runCommands runs the commands} when their time has come.
         *
         * @return how long nothing is to be done if nobody rings, nanoseconds; 0 or less: not at
         *     all
         */
        long take();

        /**
         * There will be no more turns; commands may still come, and are run, unless one has failed.
         */
        void end();
    }

    /**
     * @param sessions of which one is fenced when a turn runs into the end of its truncated file
     */
    OwnerThread(Memory pool, SessionTable sessions, Turn turn) {
        this.pool = pool;
        this.sessions = sessions;
        this.turn = turn;
        this.thread = Thread.ofPlatform().name("owner").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!stopping) {
                int bell = pool.getIntAcquire(PoolFile.DOORBELL_OFFSET); // before the drain: R5
                takeCommands();
                try {
                    sleep(bell, turn.take());
                } catch (InternalError e) {
                    LOG.warn("a session's file was truncated under the node: {}", e.toString());
                    var _ = sessions.fenceTruncated();
                }
            }
        } catch (Throwable e) {
            failure = e;
            LOG.error("the owner thread ended", e);
        } finally {
            turn.end();
            ended = true; // who does not see it is among the last commands
            takeCommands();
            var _ = runCommands();
        }
    }

    private void takeCommands() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            batch.add(command);
        }
    }

    /** Runs what was asked for before this turn began, and returns whether there was anything. */
    boolean runCommands() {
        boolean any = !batch.isEmpty();
        for (Runnable command = batch.poll(); command != null; command = batch.poll()) {
            command.run();
        }
        return any;
    }

    private void sleep(int bell, long nanos) {
        if (nanos <= 0) {
            return;
        }
        sleeping = true;
        if (commands.isEmpty() && !stopping) {
            Futex.await(pool, PoolFile.DOORBELL_OFFSET, bell, nanos);
        }
        sleeping = false;
    }

    private void ring() {
        if (sleeping) {
            pool.getAndAddInt(PoolFile.DOORBELL_OFFSET, 1);
            Futex.wake(pool, PoolFile.DOORBELL_OFFSET, 1);
        }
    }

    /** Has it run in the next turn, after all lanes were drained. From any thread. */
    void execute(Runnable command) {
        commands.add(
                () -> {
                    if (failure == null) {
                        command.run();
                    }
                });
        ring();
    }

    /** As {@link #execute}, with an answer. */
    <T> CompletableFuture<T> command(Supplier<T> action) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        command(answer, () -> answer.complete(action.get()));
        return answer;
    }

    /** As {@link #execute}, of what may answer later. */
    <T> void command(CompletableFuture<T> answer, Runnable action) {
        commands.add(
                () -> {
                    if (failure != null) {
                        answer.completeExceptionally(hasEnded());
                        return;
                    }
                    try {
                        action.run();
                    } catch (RuntimeException e) {
                        answer.completeExceptionally(e);
                    } catch (InternalError e) {
                        var _ = sessions.fenceTruncated();
                        answer.completeExceptionally(CommandRefused.truncated());
                    } catch (Error e) {
                        answer.completeExceptionally(e);
                        throw e;
                    }
                });
        ring();
        if (ended) {
            answer.completeExceptionally(hasEnded());
        }
    }

    private IllegalStateException hasEnded() {
        return new IllegalStateException(
                failure == null ? "the store is closed" : "the owner thread ended", failure);
    }

    /** Why it ended, null while it lives. */
    @Nullable Throwable failure() {
        return failure;
    }

    /** Ends it after its turn. */
    void close() {
        stopping = true;
        sleeping = true;
        ring();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
