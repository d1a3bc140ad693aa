package io.tokamak.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A command that ran in this process. */
record CommandRun(int exitCode, String output, String errors) {
    static CommandRun of(String... args) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int exitCode = Tokamak.run(Output.to(output, errors), args);
        return new CommandRun(
                exitCode,
                output.toString(StandardCharsets.UTF_8),
                errors.toString(StandardCharsets.UTF_8));
    }
}
