package io.tokamak.node.objects;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Forks a process that holds views, for real. The copy has one thread, no collector and no
 * compiler: with {@link #OPTIONS} the JVM needs none. A copy that was made while another thread
 * held a lock of the JVM hangs; it is killed, and the next one tried.
 *
 * <p>The copy is talked to through a file: a word for the test's orders, one for its answers.
 */
final class Fork {
    static final List<String> OPTIONS = List.of("-Xint", "-Xmn128m");

    static final long FILE_BYTES = 4096;
    private static final long ORDER_OFFSET = 0;
    private static final long ANSWER_OFFSET = 64;
    private static final long PID_OFFSET = 128;

    private static final int VERIFY = 1;
    private static final int USE = 2;
    private static final int END = 3;

    /** Answers are an order and what came of it. */
    private static final int RIGHT = 100;

    private static final int WRONG = 200;

    private static final int FORKS_MAX = 20;
    private static final long HUNG_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int SIGKILL = 9;

    private final Memory file;

    /**
     * @param path of {@link #FILE_BYTES} bytes
     */
    Fork(Path path) throws IOException {
        try (OpenFile opened = OpenFile.openReadWrite(path)) {
            file = opened.map(true, FILE_BYTES);
        }
    }

    // The test's side.

    int pid() {
        return file.getIntAcquire(PID_OFFSET);
    }

    /** Whether the copy sees the bytes that its parent saw. */
    boolean seesRightBytes() {
        return order(VERIFY);
    }

    /** Whether the copy is refused whatever it asks the inherited client for. */
    boolean isRefused() {
        return order(USE);
    }

    private boolean order(int order) {
        file.putIntRelease(ORDER_OFFSET, order);
        Futex.wake(file, ORDER_OFFSET, 1);
        Eventually.holds(
                "the fork answers order " + order,
                () -> file.getIntAcquire(ANSWER_OFFSET) % RIGHT == order);
        file.putIntRelease(ORDER_OFFSET, 0);
        return file.getIntAcquire(ANSWER_OFFSET) == RIGHT + order;
    }

    void end() {
        file.putIntRelease(ORDER_OFFSET, END);
        Futex.wake(file, ORDER_OFFSET, 1);
    }

    void kill() throws IOException {
        if (pid() > 0 && Processes.startTicks(pid()).isPresent()) {
            Processes.signal(pid(), SIGKILL);
        }
    }

    // The parent's and the copy's side.

    /** Pins the objects, forks, and returns in the parent. */
    @SuppressWarnings("MustBeClosedChecker") // they end with the process
    static void holding(TokamakClient client, List<ObjectId> ids, Path path) throws Throwable {
        Fork fork = new Fork(path);
        List<ObjectView> views = new ArrayList<>();
        for (ObjectId id : ids) {
            views.add(client.get(id, Deadline.NONE));
        }
        // Whatever the copy will need is loaded and linked before.
        fork.answer(VERIFY, verify(views));
        fork.answer(
                USE,
                isInvalid(
                        () -> {
                            throw InvalidState.used("nothing", "closed");
                        }));
        fork.file.putInt(ANSWER_OFFSET, 0);
        var _ = fork.await(-1);
        System.gc();
        fork.fork(client, ids, views);
    }

    private void fork(TokamakClient client, List<ObjectId> ids, List<ObjectView> views)
            throws Throwable {
        MethodHandle fork = handle("fork", FunctionDescriptor.of(JAVA_INT));
        MethodHandle exit = handle("_exit", FunctionDescriptor.ofVoid(JAVA_INT));
        MethodHandle waitpid =
                handle(
                        "waitpid",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, ValueLayout.ADDRESS, JAVA_INT));
        MemorySegment status = Arena.global().allocate(JAVA_INT);
        for (int i = 0; i < FORKS_MAX; i++) {
            int pid = (int) fork.invokeExact();
            if (pid == 0) {
                obey(client, ids, views);
                exit.invokeExact(0);
            }
            long begun = System.nanoTime();
            while (file.getIntAcquire(ANSWER_OFFSET) == 0
                    && System.nanoTime() - begun < HUNG_NANOS) {
                Thread.onSpinWait();
            }
            if (file.getIntAcquire(ANSWER_OFFSET) != 0) {
                file.putIntRelease(PID_OFFSET, pid);
                return;
            }
            Processes.signal(pid, SIGKILL);
            int _ = (int) waitpid.invokeExact(pid, status, 0);
        }
        throw new IllegalStateException("%d forks hung".formatted(FORKS_MAX));
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    private void obey(TokamakClient client, List<ObjectId> ids, List<ObjectView> views) {
        answer(VERIFY, verify(views));
        while (true) {
            int order = await(0);
            switch (order) {
                case VERIFY -> answer(VERIFY, verify(views));
                case USE -> answer(USE, isRefused(client, ids.getFirst()));
                case END -> {
                    return;
                }
                default -> throw new IllegalStateException("order " + order);
            }
            while (file.getIntAcquire(ORDER_OFFSET) == order) {
                Thread.onSpinWait();
            }
        }
    }

    /** The order that stands in the file once it is another than this one. */
    private int await(int seen) {
        int order = file.getIntAcquire(ORDER_OFFSET);
        while (order == seen) {
            Futex.await(file, ORDER_OFFSET, seen, TimeUnit.SECONDS.toNanos(1));
            order = file.getIntAcquire(ORDER_OFFSET);
        }
        return order;
    }

    private void answer(int order, boolean right) {
        file.putIntRelease(ANSWER_OFFSET, (right ? RIGHT : WRONG) + order);
    }

    private static boolean verify(List<ObjectView> views) {
        boolean right = true;
        for (ObjectView view : views) {
            right &= TestBytes.verify(view.segment()) == null;
        }
        return right;
    }

    private static boolean isRefused(TokamakClient client, ObjectId id) {
        return isInvalid(() -> client.get(id, Deadline.NONE))
                && isInvalid(() -> client.put(new byte[10], PutOptions.DEFAULTS))
                && isInvalid(() -> client.create(100, PutOptions.DEFAULTS));
    }

    private static boolean isInvalid(Runnable call) {
        try {
            call.run();
            return false;
        } catch (InvalidState e) {
            return true;
        }
    }
}
