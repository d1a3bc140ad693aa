package io.tokamak.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** This process, others, and the host. Thread-safe. */
public final class Processes {
    /**
     * The field of /proc/PID/stat, counted from the one after the name, which may hold anything.
     */
    private static final int START_TICKS_INDEX = 19;

    private static final int STANDARD_ERROR = 2;
    private static final int SIG_SETMASK = 2;
    private static final long SIGNAL_SET_BYTES = 128;

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

    /**
     * Replaces this program by another: the process, its standard streams and its environment stay;
     * its memory, threads and open files are gone, and no shutdown hook runs. One file stays open
     * with its locks, for as long as the other program lives, or one that it started.
     *
     * @param command the program, looked for in PATH when it has no slash, and its arguments
     * @param environment variables in addition
     * @throws NativeFailure when the other program cannot be executed; this one goes on
     */
    public static void execute(
            List<String> command, Map<String, String> environment, OpenFile inherited)
            throws IOException {
        closeAtExecution();
        inherited.setInherited(true);
        try (Arena arena = Arena.ofConfined()) {
            environment.forEach(
                    (name, value) ->
                            Libc.setenv(nativeText(arena, name), nativeText(arena, value), 1));
            MemorySegment arguments = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                arguments.setAtIndex(ValueLayout.ADDRESS, i, nativeText(arena, command.get(i)));
            }
            // A mask outlives the program that set it: the JVM's threads block SIGQUIT.
            Libc.sigprocmask(SIG_SETMASK, arena.allocate(SIGNAL_SET_BYTES), MemorySegment.NULL);
            int result = Libc.execvp(nativeText(arena, command.getFirst()), arguments);
            throw new NativeFailure("cannot execute " + command.getFirst(), -result);
        } finally {
            inherited.setInherited(false);
        }
    }

    /** The JDK leaves some of its files open to whoever comes next. */
    private static void closeAtExecution() throws IOException {
        MemorySegment flags = MemorySegment.ofAddress(OpenFile.FD_CLOEXEC);
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            open.mapToInt(path -> Integer.parseInt(path.getFileName().toString()))
                    .filter(fd -> fd > STANDARD_ERROR)
                    .forEach(fd -> Libc.fcntl(fd, OpenFile.F_SETFD, flags));
        }
    }

    /** As the arguments of this program were decoded, so that they come out the same. */
    private static MemorySegment nativeText(Arena arena, String text) {
        byte[] bytes =
                (text + '\0').getBytes(Charset.forName(System.getProperty("sun.jnu.encoding")));
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    }
}
