package io.tokamak.node.objects;

import io.tokamak.memory.Processes;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A {@link ClientProgram} in a process of its own, which ends with the handle. */
final class ClientProcess implements AutoCloseable {
    private static final long ANSWER_SECONDS = 60;
    private static final int SIGKILL = 9;

    /** Stands for the end of what the process says. */
    private static final String END = "(ended)";

    private final Process process;
    private final PrintStream input;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;

    private ClientProcess(Process process) {
        this.process = process;
        input = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        reader = Thread.ofPlatform().name("client process").daemon().start(this::read);
    }

    /**
     * @param options of the JVM, beside those that make it start quickly
     * @param arguments what to do, and with what
     */
    static ClientProcess start(Path folder, List<String> options, String... arguments) {
        List<String> all = new ArrayList<>(ClientClasses.options());
        all.addAll(options);
        return new ClientProcess(
                started(
                        command(
                                List.of(),
                                ClientClasses.path(),
                                ClientProgram.class,
                                folder,
                                all,
                                arguments)));
    }

    /** The command line of a client, behind a prefix that runs it as somebody else, say. */
    static List<String> command(
            List<String> prefix,
            String classPath,
            Class<?> program,
            Path folder,
            List<String> options,
            String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Dslf4j.internal.verbosity=ERROR",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED"));
        for (String opened : List.of("java.lang", "java.lang.reflect", "java.nio", "sun.nio.ch")) {
            command.add("--add-opens=java.base/%s=ALL-UNNAMED".formatted(opened));
        }
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, program.getName()));
        command.add(folder.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** What the client needs of this JVM's class path: no log, which would speak in between. */
    static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.contains("logback"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    static ClientProcess run(List<String> command) {
        return new ClientProcess(started(command));
    }

    private static Process started(List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .directory(new File("/")) // every user may be there
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lines.add(END);
        }
    }

    void say(String line) {
        input.println(line);
    }

    /** The next line, by the deadline. */
    String answer() {
        try {
            String line = lines.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (line == null) {
                throw new AssertionError("the client says nothing for a minute");
            }
            return line;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    void awaitEnd() {
        try {
            if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the client runs on; it said " + lines);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for the end, and returns what it said since the last answer. */
    List<String> rest() {
        awaitEnd();
        try {
            reader.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        List<String> said = new ArrayList<>();
        lines.drainTo(said);
        said.remove(END);
        return said;
    }

    int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Whether it was ended by kill -9. */
    boolean wasKilled() {
        return !process.isAlive() && process.exitValue() == 128 + SIGKILL;
    }

    void kill() {
        try {
            Processes.signal(pid(), SIGKILL);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.toHandle().destroyForcibly(); // its reader comes to an end, not to a closed pipe
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
