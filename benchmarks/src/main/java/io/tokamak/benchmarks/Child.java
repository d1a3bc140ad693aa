package io.tokamak.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that runs one task. */
final class Child implements AutoCloseable {
    /** Of this driver, alive or not yet noticed to be dead; killed when the driver ends. */
    private static final Set<Process> PROCESSES = ConcurrentHashMap.newKeySet();

    /** Enough for every task but one, and little enough for four at once on a machine in use. */
    private static final String HEAP = "-Xmx512m";

    private final String what;
    private final Process process;
    private final BufferedReader output;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final Map<String, Double> figures = new HashMap<>();

    private Child(String what, Process process) {
        this.what = what;
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static void killAll() {
        PROCESSES.forEach(Process::destroyForcibly);
    }

    /** Has it killed when the driver ends. */
    static Process register(Process process) {
        PROCESSES.add(process);
        var _ = process.onExit().thenAccept(PROCESSES::remove);
        return process;
    }

    /**
     * Starts a task.
     *
     * @param folder of the node that it uses; null: none
     */
    static Child start(
            @Nullable Path folder, List<String> jvmOptions, String task, Object... namesAndValues)
            throws IOException {
        List<String> command = new ArrayList<>(Jvm.command());
        command.add(HEAP);
        command.addAll(jvmOptions);
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path", ""),
                        Worker.class.getName(),
                        task));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            command.add(namesAndValues[i] + "=" + namesAndValues[i + 1]);
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (folder != null) {
            builder.environment().put("TOKAMAK_FOLDER", folder.toString());
        }
        return new Child(task, register(builder.start()));
    }

    long pid() {
        return process.pid();
    }

    Child awaitReady() {
        while (true) {
            String line = readLine();
            if (line == null) {
                throw failed();
            }
            if (line.equals("ready")) {
                return this;
            }
        }
    }

    Child go() {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Waits for the end and returns what was found. */
    Map<String, Double> figures() {
        while (readLine() != null) {}
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw failed();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed();
        }
        return figures;
    }

    private @Nullable String readLine() {
        try {
            String line = output.readLine();
            if (line != null) {
                note(line);
            }
            return line;
        } catch (IOException e) {
            return null; // killed
        }
    }

    private void note(String line) {
        if (line.startsWith("figure ")) {
            String[] words = line.split(" ", -1);
            figures.put(words[1], Double.valueOf(words[2]));
            return;
        }
        lastLines.add(line);
        if (lastLines.size() > 30) {
            lastLines.remove();
        }
    }

    private IllegalStateException failed() {
        String status = process.isAlive() ? "does not end" : "status " + process.exitValue();
        process.destroyForcibly();
        return new IllegalStateException(
                "the process '%s' failed (%s; 137 is a kill, as for lack of memory):%n    %s"
                        .formatted(what, status, String.join("\n    ", lastLines)));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** User and system time that a process has used. */
    static double cpuSeconds(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }
}
