package io.tokamak.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of the C library that Java has no word for. Each answers the call's result, or {@code
 * -errno}.
 */
final class Libc {
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EOPNOTSUPP = 95;
    static final int ETIMEDOUT = 110;

    private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");
    private static final long SYS_FUTEX = X86_64 ? 202 : 98;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_HANDLE =
            CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), -1);
    private static final MethodHandle FCHMOD =
            handle("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), -1);
    private static final MethodHandle FTRUNCATE =
            handle("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), -1);
    private static final MethodHandle FALLOCATE =
            handle(
                    "fallocate",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                    -1);
    private static final MethodHandle FCNTL =
            handle("fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS), 2);
    private static final MethodHandle MMAP =
            handle(
                    "mmap",
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG),
                    -1);
    private static final MethodHandle MUNMAP =
            handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), -1);
    private static final MethodHandle MADVISE =
            handle("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT), -1);
    private static final MethodHandle PWRITE =
            handle(
                    "pwrite",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG),
                    -1);
    private static final MethodHandle PREAD =
            handle(
                    "pread",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG),
                    -1);
    private static final MethodHandle STATX =
            handle(
                    "statx",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS),
                    -1);
    private static final MethodHandle STATFS =
            handle("statfs", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), -1);
    private static final MethodHandle KILL =
            handle("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), -1);
    private static final MethodHandle SYSCALL =
            handle(
                    "syscall",
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS,
                            JAVA_LONG, JAVA_LONG),
                    1);

    private Libc() {}

    private static MethodHandle handle(
            String name, FunctionDescriptor descriptor, int firstVariadic) {
        MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
        return firstVariadic < 0
                ? LINKER.downcallHandle(symbol, descriptor, ERRNO)
                : LINKER.downcallHandle(
                        symbol, descriptor, ERRNO, Linker.Option.firstVariadicArg(firstVariadic));
    }

    @FunctionalInterface
    private interface Call {
        long invoke(MemorySegment state) throws Throwable;
    }

    private static long call(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CALL_STATE);
            long result = call.invoke(state);
            return result == -1 ? -(int) ERRNO_HANDLE.get(state, 0L) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static int open(String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(path);
            return (int) call(state -> (int) OPEN.invokeExact(state, text, flags, mode));
        }
    }

    static int close(int fd) {
        return (int) call(state -> (int) CLOSE.invokeExact(state, fd));
    }

    static int fchmod(int fd, int mode) {
        return (int) call(state -> (int) FCHMOD.invokeExact(state, fd, mode));
    }

    static int ftruncate(int fd, long length) {
        return (int) call(state -> (int) FTRUNCATE.invokeExact(state, fd, length));
    }

    static int fallocate(int fd, long offset, long length) {
        return (int) call(state -> (int) FALLOCATE.invokeExact(state, fd, 0, offset, length));
    }

    static int fcntl(int fd, int command, MemorySegment argument) {
        return (int) call(state -> (int) FCNTL.invokeExact(state, fd, command, argument));
    }

    static long mmap(long length, int protection, int flags, int fd, long offset) {
        return call(
                state -> (long) MMAP.invokeExact(state, 0L, length, protection, flags, fd, offset));
    }

    static int munmap(long address, long length) {
        return (int) call(state -> (int) MUNMAP.invokeExact(state, address, length));
    }

    static int madvise(long address, long length, int advice) {
        return (int) call(state -> (int) MADVISE.invokeExact(state, address, length, advice));
    }

    static long pwrite(int fd, MemorySegment bytes, long offset) {
        return call(state -> (long) PWRITE.invokeExact(state, fd, bytes, bytes.byteSize(), offset));
    }

    static long pread(int fd, MemorySegment bytes, long offset) {
        return call(state -> (long) PREAD.invokeExact(state, fd, bytes, bytes.byteSize(), offset));
    }

    static int statx(int fd, int flags, int mask, MemorySegment buffer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment empty = arena.allocateFrom("");
            return (int)
                    call(state -> (int) STATX.invokeExact(state, fd, empty, flags, mask, buffer));
        }
    }

    static int statfs(String path, MemorySegment buffer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(path);
            return (int) call(state -> (int) STATFS.invokeExact(state, text, buffer));
        }
    }

    static int kill(int pid, int signal) {
        return (int) call(state -> (int) KILL.invokeExact(state, pid, signal));
    }

    static int futex(long address, int operation, int value, MemorySegment timeout) {
        return (int)
                call(
                        state ->
                                (long)
                                        SYSCALL.invokeExact(
                                                state,
                                                SYS_FUTEX,
                                                address,
                                                (long) operation,
                                                (long) value,
                                                timeout,
                                                0L,
                                                0L));
    }

    /** {@code struct timespec}. */
    static MemorySegment timespec(Arena arena, long nanos) {
        MemorySegment timespec = arena.allocate(16, 8);
        timespec.set(ValueLayout.JAVA_LONG, 0, nanos / 1_000_000_000);
        timespec.set(ValueLayout.JAVA_LONG, 8, nanos % 1_000_000_000);
        return timespec;
    }

    static String nameOf(int errno) {
        return switch (errno) {
            case 1 -> "EPERM";
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case EAGAIN -> "EAGAIN";
            case 12 -> "ENOMEM";
            case EACCES -> "EACCES";
            case 17 -> "EEXIST";
            case 20 -> "ENOTDIR";
            case EINVAL -> "EINVAL";
            case 24 -> "EMFILE";
            case ENOSPC -> "ENOSPC";
            case 40 -> "ELOOP";
            default -> "errno " + errno;
        };
    }
}
