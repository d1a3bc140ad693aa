package io.tokamak.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command on a terminal of its own, made by script(1). */
final class Terminal implements AutoCloseable {
    private static final Path SCRIPT = Path.of("/usr/bin/script");

    private final Process process;
    private final Thread drawing;

    /** Written by that thread alone. */
    private volatile String screen = "";

    private Terminal(Process process) {
        this.process = process;
        drawing = Thread.ofVirtual().start(this::draw);
    }

    /**
     * @param redirections behind the command, as a shell reads them
     */
    static Terminal start(List<String> command, String redirections) throws IOException {
        assumeTrue(Files.isExecutable(SCRIPT), "no script(1) of util-linux to make a terminal");
        String line =
                "stty rows 40 columns 120; exec " + String.join(" ", command) + " " + redirections;
        ProcessBuilder script =
                new ProcessBuilder(
                        SCRIPT.toString(), "--quiet", "--return", "-c", line, "/dev/null");
        script.environment().put("TERM", "xterm");
        return new Terminal(script.redirectErrorStream(true).start());
    }

    private void draw() {
        char[] drawn = new char[4096];
        try (Reader reader = process.inputReader(UTF_8)) {
            for (int count = reader.read(drawn); count >= 0; count = reader.read(drawn)) {
                screen = screen.concat(new String(drawn, 0, count));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void type(char key) throws IOException {
        process.getOutputStream().write(key);
        process.getOutputStream().flush();
    }

    /** All that was drawn so far. */
    String screen() {
        return screen;
    }

    /** Waits for the command's end, and returns its exit code. */
    int end() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("it goes on; the screen: " + screen);
        }
        drawing.join();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
