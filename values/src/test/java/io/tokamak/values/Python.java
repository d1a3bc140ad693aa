package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Python process with numpy, pyarrow and the Python client, which is connected to the store as
 * {@code client}. A test is skipped, and says why, where it cannot be had.
 */
final class Python implements AutoCloseable {
    private static final Path SOURCES = Path.of("src", "test", "python");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private Python(Process process) {
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    static Python connectedTo(Path folder) throws IOException {
        Environment environment = Environment.made();
        String last = environment.lastLine();
        if (!environment.isThere()) {
            System.out.println("not tried with Python: " + last);
        }
        Assumptions.assumeTrue(environment.isThere(), () -> "not tried with Python: " + last);
        Python python =
                new Python(
                        new ProcessBuilder(last, SOURCES.resolve("worker.py").toString())
                                .redirectError(ProcessBuilder.Redirect.INHERIT)
                                .start());
        python.run("client = tokamak.connect('%s')".formatted(folder));
        return python;
    }

    /**
     * What the script said.
     *
     * @param lastLine the path of the Python, or what is missing
     */
    private record Environment(boolean isThere, String lastLine) {
        private static @Nullable Environment made;

        /** Made, or looked at, once for all tests: an import of its libraries takes a second. */
        static synchronized Environment made() throws IOException {
            Environment known = made;
            if (known == null) {
                Process making =
                        new ProcessBuilder(SOURCES.resolve("environment").toString()).start();
                List<String> said =
                        new String(making.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                                .lines()
                                .toList();
                known =
                        new Environment(
                                making.onExit().join().exitValue() == 0,
                                said.isEmpty() ? "nothing was said" : said.getLast());
                made = known;
            }
            return known;
        }
    }

    /**
     * Runs a program.
     *
     * @return its last expression as text
     */
    String run(String program) throws IOException {
        JsonNode answer = answer(program);
        assertThat(answer.has("failure"))
                .as(() -> program + "\n" + answer.path("failure").asString())
                .isFalse();
        return answer.path("value").asString();
    }

    /** Runs a program that fails, and returns the traceback. */
    String failure(String program) throws IOException {
        JsonNode answer = answer(program);
        assertThat(answer.has("failure")).as(program + " fails").isTrue();
        return answer.path("failure").asString();
    }

    private JsonNode answer(String program) throws IOException {
        commands.write(JSON.writeValueAsString(program) + "\n");
        commands.flush();
        String line = answers.readLine();
        assertThat(line).as("Python answers").isNotNull();
        return JSON.readTree(line);
    }

    @Override
    public void close() throws IOException {
        commands.close();
        process.destroy();
        process.onExit().join();
    }
}
