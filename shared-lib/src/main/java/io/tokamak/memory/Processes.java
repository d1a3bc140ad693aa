package io.tokamak.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;

/** This process, others, and the host. Thread-safe. */
public final class Processes {
    /**
     * The field of /proc/PID/stat, counted from the one after the name, which may hold anything.
     */
    private static final int START_TICKS_INDEX = 19;

    private Processes() {}

    public static int pid() {
        return (int) ProcessHandle.current().pid();
    }

    /** Who this process acts as. */
    public static int effectiveUid() {
        return Libc.geteuid();
    }

    /**
     * When a process was started, in clock ticks since the host's boot: with the pid it names a
     * process, where the pid alone may have been given to another. Empty: there is none, or it is
     * hidden.
     */
    public static OptionalLong startTicks(int pid) throws IOException {
        String stat;
        try {
            stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        } catch (
                IOException
                        e) { // it ended between open and read: ESRCH, which has no type of its own
            if (Files.exists(Path.of("/proc/" + pid))) {
                throw e;
            }
            return OptionalLong.empty();
        }
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return OptionalLong.of(Long.parseLong(fields[START_TICKS_INDEX]));
    }

    /** Changes with every boot of the host: 32 hex digits. */
    public static String hostBootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                .strip()
                .replace("-", "");
    }

    /**
     * Sends a signal to one process.
     *
     * @param pid more than 0: no group, and never all
     * @param signal 0 only looks whether there is such a process
     * @throws NativeFailure when there is none, or it is not ours
     */
    public static void signal(int pid, int signal) throws IOException {
        if (pid <= 0) {
            throw new IllegalArgumentException("not a process: " + pid);
        }
        int result = Libc.kill(pid, signal);
        if (result < 0) {
            throw new NativeFailure(
                    "cannot send signal %d to process %d".formatted(signal, pid), -result);
        }
    }
}
