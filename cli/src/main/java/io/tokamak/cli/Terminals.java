package io.tokamak.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which of the standard streams a person sits at. */
final class Terminals {
    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int ERRORS = 2;

    private Terminals() {}

    static boolean is(int descriptor) {
        try {
            Path target =
                    Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)));
            return target.startsWith("/dev/pts")
                    || target.startsWith("/dev/tty")
                    || target.startsWith("/dev/console");
        } catch (IOException unknown) {
            return false;
        }
    }
}
