package io.tokamak.values.graph;

import java.io.Closeable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.channels.Channel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Timer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;

/**
 * Kinds of values that belong to this process alone.
 *
 * @param what they are, as the end of a sentence
 * @param remedy what would help
 */
record Unstorable(Class<?> kind, String what, String remedy) {
    private static final String MAKE_ANEW =
            "make the field transient, and a new one where the value is used";

    private static final List<Unstorable> ALL =
            List.of(
                    of(Lock.class, "belongs to the threads of this process"),
                    of(ReadWriteLock.class, "belongs to the threads of this process"),
                    of(Condition.class, "belongs to the threads of this process"),
                    of(StampedLock.class, "belongs to the threads of this process"),
                    of(Semaphore.class, "belongs to the threads of this process"),
                    of(CountDownLatch.class, "belongs to the threads of this process"),
                    of(CyclicBarrier.class, "belongs to the threads of this process"),
                    of(Phaser.class, "belongs to the threads of this process"),
                    of(Exchanger.class, "belongs to the threads of this process"),
                    new Unstorable(
                            ArrayBlockingQueue.class,
                            "has room for threads of this process",
                            "put what it holds, as a list"),
                    of(Thread.class, "runs in this process"),
                    of(ThreadGroup.class, "is of this process"),
                    of(ThreadLocal.class, "belongs to the threads of this process"),
                    of(Timer.class, "has a thread of this process"),
                    of(Executor.class, "has threads of this process"),
                    of(Future.class, "is completed by this process"),
                    of(Process.class, "is a child of this process"),
                    of(ClassLoader.class, "has the classes of this process"),
                    of(Module.class, "has the classes of this process"),
                    of(Channel.class, "is open in this process"),
                    of(Pipe.class, "is open in this process"),
                    of(Selector.class, "is open in this process"),
                    of(Reference.class, "belongs to this process's garbage collector"),
                    new Unstorable(
                            BaseStream.class,
                            "can be read once, by this process",
                            "collect it into a list first"),
                    new Unstorable(
                            MemorySegment.class,
                            "may end at any time",
                            "make it a Tensor or a ByteBuffer"),
                    of(Arena.class, "holds memory of this process"),
                    // Streams, readers, sockets, files, connections.
                    of(Closeable.class, "is open in this process"));

    private static Unstorable of(Class<?> kind, String what) {
        return new Unstorable(kind, what, MAKE_ANEW);
    }

    /** Which kind a class is of; null: none. */
    static @Nullable Unstorable of(Class<?> type) {
        for (Unstorable each : ALL) {
            if (each.kind.isAssignableFrom(type)) {
                return each;
            }
        }
        return null;
    }
}
