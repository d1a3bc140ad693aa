package io.tokamak.gateway.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An example of {@code docs/mapping.md}, as it stands there. */
enum Example {
    C {
        @Override
        List<String> prepare(Path home) throws IOException, InterruptedException {
            Path source = Files.writeString(home.resolve("mapped.c"), code("c"));
            Path program = home.resolve("mapped");
            List<String> compiler =
                    List.of(
                            "cc",
                            "-std=c11",
                            "-O2",
                            "-Wall",
                            "-Wextra",
                            "-Werror",
                            "-o",
                            program.toString(),
                            source.toString());
            assumeTrue(isThere("cc"), "no C compiler here: the example in C was not tried");
            Run compiled = Run.of(compiler, Map.of());
            if (compiled.status() != 0) {
                throw new IOException(compiled.errors());
            }
            return List.of(program.toString());
        }

        @Override
        List<String> arguments(URI gateway, String object) {
            return List.of(gateway.getHost(), Integer.toString(gateway.getPort()), object);
        }
    },
    PYTHON {
        @Override
        List<String> prepare(Path home) throws IOException {
            Path program = Files.writeString(home.resolve("mapped.py"), code("python"));
            // The system's, if there is one: another user may be unable to run somebody's own.
            String system = "/usr/bin/python3";
            String python = Files.isExecutable(Path.of(system)) ? system : "python3";
            assumeTrue(isThere(python), "no Python here: the example in Python was not tried");
            return List.of(python, "-W", "error", program.toString());
        }

        @Override
        List<String> arguments(URI gateway, String object) {
            return List.of(gateway.toString(), object);
        }
    };

    private static final Path DOCUMENT = Path.of("..", "docs", "mapping.md");

    /** What a finished process has said. */
    record Run(int status, String output, String errors) {
        static Run of(List<String> command, Map<String, String> environment)
                throws IOException, InterruptedException {
            return end(start(command, environment));
        }

        static Process start(List<String> command, Map<String, String> environment)
                throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            return builder.start();
        }

        /** What it says fits into the pipes. */
        static Run end(Process process) throws IOException, InterruptedException {
            if (!process.waitFor(90, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            int status = process.waitFor();
            return new Run(
                    status,
                    new String(process.getInputStream().readAllBytes(), UTF_8).strip(),
                    new String(process.getErrorStream().readAllBytes(), UTF_8).strip());
        }
    }

    /**
     * Takes the program out of the document.
     *
     * @param home a folder for it that other users can read
     * @return how to start it
     */
    abstract List<String> prepare(Path home) throws IOException, InterruptedException;

    abstract List<String> arguments(URI gateway, String object);

    static Path newHome() throws IOException {
        Path home = Files.createTempDirectory("tokamak-example");
        return Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /**
     * @param prefix a command that runs another
     */
    List<String> command(List<String> prefix, Path home, URI gateway, String object)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(prepare(home));
        command.addAll(arguments(gateway, object));
        return command;
    }

    private static boolean isThere(String program) {
        try {
            return Run.of(List.of("sh", "-c", "command -v " + program), Map.of()).status() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String code(String language) throws IOException {
        Matcher block =
                Pattern.compile(
                                "^```" + language + "\n(.*?)^```$",
                                Pattern.DOTALL | Pattern.MULTILINE)
                        .matcher(Files.readString(DOCUMENT));
        if (!block.find()) {
            throw new IOException(DOCUMENT + " has no example in " + language);
        }
        String code = block.group(1);
        if (block.find()) {
            throw new IOException(DOCUMENT + " has several examples in " + language);
        }
        return code;
    }
}
