package io.tokamak.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Programs of the host that rows need, and that are there or not. */
final class Tools {
    private Tools() {}

    /** Where {@code benchmarks/run} found it, or has put it. */
    static Optional<Path> find(String name) {
        return Arrays.stream(System.getProperty("tokamak.tools", "").split(":", -1))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static String missing(String name) {
        return "skipped: there is no %s here; on Debian: apt-get install %s".formatted(name, name);
    }
}
