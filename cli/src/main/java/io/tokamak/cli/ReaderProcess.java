package io.tokamak.cli;

import io.tokamak.objects.ObjectId;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the demo's readers, seen from its parent: it is told what to do in lines, and answers in
 * lines.
 */
final class ReaderProcess implements AutoCloseable {
    /** As the product's jars open it, for a class path that is not one jar. */
    static final List<String> ACCESS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                    "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                    "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                    "--add-opens=java.management/sun.management=ALL-UNNAMED",
                    "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED");

    private final Process process;
    private final BufferedReader answers;
    private final Writer commands;

    /** A sum and how long it took. */
    record Sum(double value, long nanos) {}

    /**
     * Memory of the process, bytes.
     *
     * @param sharedBytes pages of shared memory that it has mapped, each counted whole
     * @param shareBytes the same, each divided by the number of processes that have it mapped
     */
    record Memory(long sharedBytes, long shareBytes) {}

    private ReaderProcess(Process process) {
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
    }

    static ReaderProcess start(String folder, ObjectId array, ObjectId list) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("-XX:+UseSerialGC", "-Xmx256m", "--sun-misc-unsafe-memory-access=allow"));
        String classPath = System.getProperty("java.class.path");
        if (classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)) {
            command.addAll(List.of("-jar", classPath));
        } else {
            command.addAll(ACCESS);
            command.addAll(List.of("-cp", classPath, Tokamak.class.getName()));
        }
        command.addAll(
                List.of("--folder", folder, "demo-reader", array.toString(), list.toString()));
        return new ReaderProcess(
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    void send(String command) throws IOException {
        commands.write(command + '\n');
        commands.flush();
    }

    /** Waits for an answer that begins with this word, and answers the rest. */
    String await(String word) throws IOException {
        String line = answers.readLine();
        if (line == null || !line.startsWith(word)) {
            throw new IOException(
                    "reader process "
                            + process.pid()
                            + " failed"
                            + (line == null ? "; what it said stands above" : ": " + line));
        }
        return line.substring(word.length()).strip();
    }

    Sum sum(String what) throws IOException {
        String[] fields = await(what).split(" ", 2);
        return new Sum(Double.parseDouble(fields[0]), Long.parseLong(fields[1]));
    }

    Memory memory() throws IOException {
        Path files = Path.of("/proc", Long.toString(process.pid()));
        long shared = kibibytes(files.resolve("status"), "RssShmem:");
        long share = kibibytes(files.resolve("smaps_rollup"), "Pss_Shmem:");
        return new Memory(shared << 10, share << 10);
    }

    private static long kibibytes(Path file, String field) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
