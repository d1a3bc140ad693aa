package io.tokamak.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls of the C library that Java has no word for, 64-bit Linux. Each answers the call's
 * result, or {@code -errno}, and may block: threads in it do not hold up the garbage collector.
 *
 * <p>Each handle has a class of its own, which makes it at the first call: a handle costs 5 ms.
 */
final class Libc {
    // The same numbers on x86-64 and aarch64.
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EEXIST = 17;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ELOOP = 40;
    static final int ETIMEDOUT = 110;
    static final int EDQUOT = 122;

    /** Whether this is x86-64; the other one is aarch64, where some numbers differ. */
    static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

    private static final long SYS_FUTEX = X86_64 ? 202 : 98;
    private static final long SYS_MEMBARRIER = X86_64 ? 324 : 283;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

    private Libc() {}

    private static MethodHandle handle(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    /** For what a handle says that it may throw, and does not. */
    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            default -> throw new AssertionError(e);
        };
    }

    private static final class Openat {
        static final MethodHandle HANDLE =
                handle(
                        "openat",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
                        ERRNO,
                        Linker.Option.firstVariadicArg(3));
    }

    static int openat(int folder, String path, int flags, int mode) {
        try (Scratch call = Scratch.take();
                Arena arena = Arena.ofConfined()) {
            return call.result(
                    (int)
                            Openat.HANDLE.invokeExact(
                                    call.state, folder, arena.allocateFrom(path), flags, mode));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Mkdir {
        static final MethodHandle HANDLE =
                handle("mkdir", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), ERRNO);
    }

    static int mkdir(String path, int mode) {
        try (Scratch call = Scratch.take();
                Arena arena = Arena.ofConfined()) {
            return call.result(
                    (int) Mkdir.HANDLE.invokeExact(call.state, arena.allocateFrom(path), mode));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Close {
        static final MethodHandle HANDLE =
                handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), ERRNO);
    }

    static int close(int fd) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Close.HANDLE.invokeExact(call.state, fd));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fchmod {
        static final MethodHandle HANDLE =
                handle("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), ERRNO);
    }

    static int fchmod(int fd, int mode) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Fchmod.HANDLE.invokeExact(call.state, fd, mode));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fchown {
        static final MethodHandle HANDLE =
                handle(
                        "fchown",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                        ERRNO);
    }

    static int fchown(int fd, int uid, int gid) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Fchown.HANDLE.invokeExact(call.state, fd, uid, gid));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Ftruncate {
        static final MethodHandle HANDLE =
                handle("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), ERRNO);
    }

    static int ftruncate(int fd, long length) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Ftruncate.HANDLE.invokeExact(call.state, fd, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fallocate {
        static final MethodHandle HANDLE =
                handle(
                        "fallocate",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                        ERRNO);
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (int) Fallocate.HANDLE.invokeExact(call.state, fd, mode, offset, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fsync {
        static final MethodHandle HANDLE =
                handle("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT), ERRNO);
    }

    static int fsync(int fd) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Fsync.HANDLE.invokeExact(call.state, fd));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fcntl {
        static final MethodHandle HANDLE =
                handle(
                        "fcntl",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
                        ERRNO,
                        Linker.Option.firstVariadicArg(2));
    }

    static int fcntl(int fd, int command, MemorySegment argument) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Fcntl.HANDLE.invokeExact(call.state, fd, command, argument));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Mmap {
        static final MethodHandle HANDLE =
                handle(
                        "mmap",
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                                JAVA_LONG),
                        ERRNO);
    }

    static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (long)
                            Mmap.HANDLE.invokeExact(
                                    call.state, address, length, protection, flags, fd, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Munmap {
        static final MethodHandle HANDLE =
                handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), ERRNO);
    }

    static int munmap(long address, long length) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Munmap.HANDLE.invokeExact(call.state, address, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Madvise {
        static final MethodHandle HANDLE =
                handle(
                        "madvise",
                        FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
                        ERRNO);
    }

    static int madvise(long address, long length, int advice) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (int) Madvise.HANDLE.invokeExact(call.state, address, length, advice));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class AlignedAlloc {
        static final MethodHandle HANDLE =
                handle("aligned_alloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    /** Answers 0 when there is no memory. */
    static long alignedAlloc(long alignment, long length) {
        try {
            return (long) AlignedAlloc.HANDLE.invokeExact(alignment, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Free {
        static final MethodHandle HANDLE = handle("free", FunctionDescriptor.ofVoid(JAVA_LONG));
    }

    static void free(long address) {
        try {
            Free.HANDLE.invokeExact(address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Pwrite {
        static final MethodHandle HANDLE =
                handle(
                        "pwrite",
                        FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG),
                        ERRNO);
    }

    static long pwrite(int fd, MemorySegment bytes, long length, long offset) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (long) Pwrite.HANDLE.invokeExact(call.state, fd, bytes, length, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Pread {
        static final MethodHandle HANDLE =
                handle(
                        "pread",
                        FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG),
                        ERRNO);
    }

    static long pread(int fd, MemorySegment bytes, long length, long offset) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (long) Pread.HANDLE.invokeExact(call.state, fd, bytes, length, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Statx {
        static final MethodHandle HANDLE =
                handle(
                        "statx",
                        FunctionDescriptor.of(
                                JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS),
                        ERRNO);
    }

    static int statx(int fd, String path, int flags, int mask, MemorySegment buffer) {
        try (Scratch call = Scratch.take();
                Arena arena = Arena.ofConfined()) {
            return call.result(
                    (int)
                            Statx.HANDLE.invokeExact(
                                    call.state, fd, arena.allocateFrom(path), flags, mask, buffer));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Statfs {
        static final MethodHandle HANDLE =
                handle("statfs", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), ERRNO);
    }

    static int statfs(String path, MemorySegment buffer) {
        try (Scratch call = Scratch.take();
                Arena arena = Arena.ofConfined()) {
            return call.result(
                    (int) Statfs.HANDLE.invokeExact(call.state, arena.allocateFrom(path), buffer));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Fstatfs {
        static final MethodHandle HANDLE =
                handle("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS), ERRNO);
    }

    static int fstatfs(int fd, MemorySegment buffer) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Fstatfs.HANDLE.invokeExact(call.state, fd, buffer));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Kill {
        static final MethodHandle HANDLE =
                handle("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), ERRNO);
    }

    static int kill(int pid, int signal) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Kill.HANDLE.invokeExact(call.state, pid, signal));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Setenv {
        static final MethodHandle HANDLE =
                handle(
                        "setenv",
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT),
                        ERRNO);
    }

    static int setenv(MemorySegment name, MemorySegment value, int overwrite) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Setenv.HANDLE.invokeExact(call.state, name, value, overwrite));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Sigprocmask {
        static final MethodHandle HANDLE =
                handle(
                        "sigprocmask",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS),
                        ERRNO);
    }

    static int sigprocmask(int how, MemorySegment set, MemorySegment previous) {
        try (Scratch call = Scratch.take()) {
            return call.result(
                    (int) Sigprocmask.HANDLE.invokeExact(call.state, how, set, previous));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Execvp {
        static final MethodHandle HANDLE =
                handle("execvp", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), ERRNO);
    }

    /** Answers only when it failed. */
    static int execvp(MemorySegment file, MemorySegment arguments) {
        try (Scratch call = Scratch.take()) {
            return call.result((int) Execvp.HANDLE.invokeExact(call.state, file, arguments));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Getpagesize {
        static final MethodHandle HANDLE = handle("getpagesize", FunctionDescriptor.of(JAVA_INT));
    }

    static int getpagesize() {
        try {
            return (int) Getpagesize.HANDLE.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Geteuid {
        static final MethodHandle HANDLE = handle("geteuid", FunctionDescriptor.of(JAVA_INT));
    }

    static int geteuid() {
        try {
            return (int) Geteuid.HANDLE.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class FutexWait {
        static final MethodHandle HANDLE =
                handle(
                        "syscall",
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS),
                        ERRNO,
                        Linker.Option.firstVariadicArg(1));
    }

    /**
     * @param word stays mapped during the call: closing a shared arena under a sleeper throws
     */
    static int futexWait(MemorySegment word, int operation, int expected, long timeoutNanos) {
        try (Scratch call = Scratch.take()) {
            MemorySegment timespec = call.struct;
            timespec.set(JAVA_LONG, 0, timeoutNanos / 1_000_000_000);
            timespec.set(JAVA_LONG, 8, timeoutNanos % 1_000_000_000);
            return (int)
                    call.result(
                            (long)
                                    FutexWait.HANDLE.invokeExact(
                                            call.state,
                                            SYS_FUTEX,
                                            word,
                                            (long) operation,
                                            (long) expected,
                                            timespec));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class FutexWake {
        static final MethodHandle HANDLE =
                handle(
                        "syscall",
                        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
                        Linker.Option.firstVariadicArg(1));
    }

    /** Answers -1 for any error: the caller has excluded what could be one. */
    static int futexWake(MemorySegment word, int operation, int count) {
        try {
            return (int)
                    (long)
                            FutexWake.HANDLE.invokeExact(
                                    SYS_FUTEX, word, (long) operation, (long) count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static final class Membarrier {
        static final MethodHandle HANDLE =
                handle(
                        "syscall",
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                        ERRNO,
                        Linker.Option.firstVariadicArg(1));
    }

    static int membarrier(int command) {
        try (Scratch call = Scratch.take()) {
            return (int)
                    call.result(
                            (long)
                                    Membarrier.HANDLE.invokeExact(
                                            call.state, SYS_MEMBARRIER, (long) command, 0L, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static String nameOf(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case 3 -> "ESRCH";
            case EINTR -> "EINTR";
            case 5 -> "EIO";
            case 6 -> "ENXIO";
            case 9 -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case 14 -> "EFAULT";
            case 16 -> "EBUSY";
            case EEXIST -> "EEXIST";
            case 19 -> "ENODEV";
            case 20 -> "ENOTDIR";
            case 21 -> "EISDIR";
            case EINVAL -> "EINVAL";
            case 23 -> "ENFILE";
            case 24 -> "EMFILE";
            case 27 -> "EFBIG";
            case ENOSPC -> "ENOSPC";
            case 30 -> "EROFS";
            case 36 -> "ENAMETOOLONG";
            case 37 -> "ENOLCK";
            case 38 -> "ENOSYS";
            case ELOOP -> "ELOOP";
            case 75 -> "EOVERFLOW";
            case 95 -> "EOPNOTSUPP";
            case ETIMEDOUT -> "ETIMEDOUT";
            case EDQUOT -> "EDQUOT";
            default -> "errno " + errno;
        };
    }
}
