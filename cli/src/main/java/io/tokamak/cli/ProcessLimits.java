package io.tokamak.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process may use at most, as the kernel says in {@code /proc/PID/limits}.
 *
 * @param lockedBytes memory that it may keep from being swapped
 */
record ProcessLimits(long openFiles, long lockedBytes) {
    static final long UNLIMITED = Long.MAX_VALUE;

    private static final int SOFT_COLUMN = 26;

    static ProcessLimits ofThisProcess() throws IOException {
        return of(Path.of("/proc/self/limits"));
    }

    /**
     * @throws IOException when it is another user's process, or there is none
     */
    static ProcessLimits ofProcess(long pid) throws IOException {
        return of(Path.of("/proc", Long.toString(pid), "limits"));
    }

    private static ProcessLimits of(Path file) throws IOException {
        long openFiles = UNLIMITED;
        long lockedBytes = UNLIMITED;
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("Max open files")) {
                openFiles = soft(line);
            } else if (line.startsWith("Max locked memory")) {
                lockedBytes = soft(line);
            }
        }
        return new ProcessLimits(openFiles, lockedBytes);
    }

    private static long soft(String line) {
        String word = line.substring(SOFT_COLUMN).strip().split(" ", 2)[0];
        return word.equals("unlimited") ? UNLIMITED : Long.parseLong(word);
    }

    static String text(long limit) {
        return limit == UNLIMITED ? "any number of" : Long.toString(limit);
    }
}
