package io.tokamak.memory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Another JVM that does one thing with a file, says what came of it, and is gone when closed. */
final class ChildProcess implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 60;
    private static final int WAIT_NO_HANG = 1;

    private final Process process;
    private final BufferedReader output;

    private ChildProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static ChildProcess start(String... what) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ChildProcess.class.getName()));
        command.addAll(List.of(what));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("LC_ALL", "C.UTF-8");
        return new ChildProcess(builder.start());
    }

    int pid() {
        return (int) process.pid();
    }

    /** The next line that it says, by the deadline. */
    String says() throws Exception {
        return CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return String.valueOf(output.readLine());
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        command -> Thread.ofVirtual().start(command))
                .get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    void kill() throws IOException {
        Processes.signal(pid(), 9);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws Throwable {
        switch (arguments[0]) {
            case "lock" -> lock(Path.of(arguments[1]));
            case "sleep" -> sleep(Path.of(arguments[1]), Boolean.parseBoolean(arguments[2]));
            case "fork" -> fork();
            case "execute" ->
                    execute(Path.of(arguments[1]), List.of(arguments).subList(2, arguments.length));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void lock(Path path) throws IOException {
        OpenFile file = OpenFile.openReadWrite(path);
        System.out.println(file.tryLock());
        System.in.read();
    }

    private static void execute(Path path, List<String> command) throws IOException {
        OpenFile file = OpenFile.openReadWrite(path);
        System.out.println(file.tryLock());
        OpenFile.openReadOnly(path);
        try {
            Processes.execute(command, Map.of("EXECUTED_BY", "tést"), file);
        } catch (NativeFailure failure) {
            System.out.println(failure.getMessage());
        }
    }

    private static void sleep(Path path, boolean isWritable) throws IOException {
        try (OpenFile file =
                isWritable ? OpenFile.openReadWrite(path) : OpenFile.openReadOnly(path)) {
            Memory memory = file.map(isWritable, file.size());
            System.out.println("ready");
            System.out.println(
                    Futex.await(memory, 64, 7, TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS)));
        }
    }

    private static final int FORKS_MAX = 20;

    /**
     * Forks for real. The copy has one thread and no collector: it loads a byte and exits. One that
     * was copied while another thread held a lock of the JVM hangs; it is killed, and the next
     * tried.
     */
    private static void fork() throws Throwable {
        MethodHandle fork = handle("fork", FunctionDescriptor.of(ValueLayout.JAVA_INT));
        MethodHandle exit = handle("_exit", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        MethodHandle waitpid =
                handle(
                        "waitpid",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_INT));
        ForkMarker marker = new ForkMarker();
        boolean before = marker.isForkedChild();
        MemorySegment status = java.lang.foreign.Arena.global().allocate(ValueLayout.JAVA_INT);
        for (int i = 0; i < FORKS_MAX; i++) {
            int pid = (int) fork.invokeExact();
            if (pid == 0) {
                exit.invokeExact(marker.isForkedChild() ? 1 : 0);
            }
            long deadline =
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS) / FORKS_MAX / 2;
            int ended = 0;
            while (ended == 0 && System.nanoTime() < deadline) {
                ended = (int) waitpid.invokeExact(pid, status, WAIT_NO_HANG);
                Thread.onSpinWait();
            }
            if (ended == pid) {
                int exitCode = status.get(ValueLayout.JAVA_INT, 0) >> 8;
                System.out.printf("%s %s %s%n", before, exitCode == 1, marker.isForkedChild());
                return;
            }
            Processes.signal(pid, 9);
            ended = (int) waitpid.invokeExact(pid, status, 0);
        }
        throw new IllegalStateException("%d forked children hung".formatted(FORKS_MAX));
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
