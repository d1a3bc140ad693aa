package io.tokamak.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This process and its host. */
public final class Processes {
    private Processes() {}

    public static int pid() {
        return (int) ProcessHandle.current().pid();
    }

    /** Changes with every boot of the host: 32 hex digits. */
    public static String hostBootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                .strip()
                .replace("-", "");
    }

    /** Sends a signal to a process that was started here. */
    public static void signal(int pid, int signal) throws IOException {
        int result = Libc.kill(pid, signal);
        if (result < 0) {
            throw new NativeFailure(
                    "cannot send signal %d to process %d".formatted(signal, pid), -result);
        }
    }
}
