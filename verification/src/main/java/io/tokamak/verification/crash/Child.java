package io.tokamak.verification.crash;

import io.tokamak.memory.Processes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A forked JVM that is talked to in lines. */
final class Child implements AutoCloseable {
    static final int SIGKILL = 9;
    static final int SIGCONT = 18;
    static final int SIGSTOP = 19;

    /** Exit status of a process that SIGKILL ended. */
    static final int KILLED_STATUS = 128 + SIGKILL;

    private static final long ANSWER_SECONDS = 60;

    /** Said when the process has ended. */
    static final String END = "end";

    final String name;
    private final Process process;
    private final PrintStream input;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Thread reader;

    private Child(String name, Process process, Consumer<String> lines) {
        this.name = name;
        this.process = process;
        input = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        reader = Thread.ofPlatform().name(name).daemon().start(() -> read(lines));
    }

    /**
     * @param lines gets every line that is no answer: those of the words given
     */
    static Child start(String name, Consumer<String> lines, String mainClass, String... arguments)
            throws IOException {
        return start(name, lines, List.of(), mainClass, arguments);
    }

    /** As above, with further options of its JVM. */
    static Child start(
            String name,
            Consumer<String> lines,
            List<String> jvmOptions,
            String mainClass,
            String... arguments)
            throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        command.addAll(List.of(System.getProperty("tokamak.jvm", "-Dtokamak").split(" ", -1)));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        return new Child(name, process, lines);
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                switch (line.split(" ", -1)[0]) {
                    case "put", "named", "deleting", "deleted", "unsure", "wrong" -> {
                        lines.accept(line);
                        if (line.startsWith("wrong")) {
                            answers.add(line);
                        }
                    }
                    case "ready", "paused", "pinned", "right", "malformed" -> answers.add(line);
                    default -> {} // a log's line
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            answers.add(END);
        }
    }

    void say(String line) {
        input.println(line);
    }

    /** The next answer. */
    String answer() {
        try {
            String answer = answers.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (answer == null) {
                throw new IllegalStateException(name + " says nothing for a minute");
            }
            return answer;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void expect(String expected) {
        String answer = answer();
        if (!answer.equals(expected)) {
            throw new IllegalStateException(
                    "%s says %s instead of %s".formatted(name, answer, expected));
        }
    }

    int pid() {
        return Math.toIntExact(process.pid());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void signal(int signal) throws IOException {
        Processes.signal(pid(), signal);
    }

    /**
     * Kills with SIGKILL; all that it said has been heard when this returns.
     *
     * @return its exit status: {@link #KILLED_STATUS}, or another when it had ended by itself
     */
    int kill() {
        // The process's own method would close the pipe, with lines in it that nobody has read.
        process.toHandle().destroyForcibly();
        ended();
        return process.exitValue();
    }

    private void ended() {
        try {
            process.waitFor();
            reader.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean endsWithin(long millis) {
        try {
            return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
