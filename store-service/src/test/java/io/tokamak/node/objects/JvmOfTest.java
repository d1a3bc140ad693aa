package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs what could end a JVM in one of its own. */
final class JvmOfTest {
    private static final int TAIL_LINES = 60;

    private JvmOfTest() {}

    /**
     * Fails, with the end of what it said, unless it exits with 0.
     *
     * @return the lines that it said
     */
    static List<String> run(Path output, Class<?> mainClass, String... arguments)
            throws IOException, InterruptedException {
        return run(output, 0, List.of(), mainClass, arguments);
    }

    /** As above, with the status with which it exits, and further options of the JVM. */
    static List<String> run(
            Path output, int status, List<String> options, Class<?> mainClass, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass.getName()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS)).isTrue();
            List<String> lines = Files.readAllLines(output);
            assertThat(process.exitValue()).as("%s", tail(lines)).isEqualTo(status);
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    private static String tail(List<String> lines) {
        return String.join(
                "\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    }
}
