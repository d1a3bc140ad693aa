package io.tokamak.cli;

import io.tokamak.layout.Folder;
import io.tokamak.memory.CgroupLimits;
import io.tokamak.memory.FileSystem;
import io.tokamak.objects.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the host gives: memory and its limits, huge pages, open files, a clock. */
final class HostChecks {
    private static final Path SHMEM_HUGE_PAGES =
            Path.of("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
    private static final Path CLOCK_SOURCE =
            Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    private static final Path SWAPS = Path.of("/proc/swaps");

    /** Page tables for four-kibibyte pages, per byte that a process touches. */
    private static final int BYTES_PER_PAGE_TABLE_BYTE = 512;

    /** The index grows beside the pool. */
    private static final int POOL_BYTES_PER_INDEX_BYTE = 32;

    /** A program with its libraries has a few dozen. */
    private static final long OPEN_FILES_MIN = 256;

    private final Diagnosis diagnosis;
    private final Folder folder;
    private final long poolBytes;

    HostChecks(Diagnosis diagnosis, Folder folder) throws IOException {
        this.diagnosis = diagnosis;
        this.folder = folder;
        this.poolBytes = Files.exists(folder.pool()) ? Files.size(folder.pool()) : 0;
    }

    void run() throws IOException {
        checkMemory();
        checkControlGroups();
        checkSwap();
        checkHugePages();
        checkLimits();
        checkClockSource();
    }

    private void checkMemory() throws IOException {
        FileSystem system = FileSystem.of(folder.path());
        if (!system.isTmpfs()) {
            diagnosis.warn(
                    "memory",
                    folder.path()
                            + " is not on tmpfs: objects are on a disk, and writes wait for it",
                    "use a folder below /dev/shm or on a tmpfs of its own");
        }
        String detail =
                "pool of %s; the file system has %s of %s left"
                        .formatted(
                                ByteSize.format(poolBytes),
                                ByteSize.format(system.availableBytes()),
                                system.totalBytes() == 0
                                        ? "no limit"
                                        : ByteSize.format(system.totalBytes()));
        boolean isLimited = system.totalBytes() > 0;
        if (isLimited && system.availableBytes() < poolBytes / POOL_BYTES_PER_INDEX_BYTE) {
            diagnosis.warn(
                    "memory",
                    detail,
                    "leave room for the index, which grows with the number of objects: mount -o"
                            + " remount,size=… the file system");
        } else {
            diagnosis.ok("memory", detail);
        }
    }

    /** Shared memory counts against the group of whoever touches it first. */
    private void checkControlGroups() throws IOException {
        List<CgroupLimits.Limit> limits = CgroupLimits.all();
        if (limits.isEmpty()) {
            diagnosis.ok("control groups", "none above this process limits memory");
        }
        for (CgroupLimits.Limit limit : limits) {
            String detail =
                    "%s allows %s, %s of it used"
                            .formatted(
                                    limit.group(),
                                    ByteSize.format(limit.limitBytes()),
                                    ByteSize.format(limit.usageBytes()));
            if (limit.limitBytes() < poolBytes) {
                diagnosis.broken(
                        "control groups",
                        detail + "; the pool has " + ByteSize.format(poolBytes),
                        "raise the limit above the pool's size, or lower tokamak.pool.size: whoever"
                                + " touches a full pool is killed");
            } else {
                diagnosis.ok("control groups", detail);
            }
        }
    }

    private void checkSwap() throws IOException {
        boolean isOn = Files.isReadable(SWAPS) && Files.readAllLines(SWAPS).size() > 1;
        boolean isExempt = mountOptions(folder.path().toRealPath()).contains("noswap");
        if (isOn && !isExempt) {
            diagnosis.note(
                    "swap",
                    "on: objects that nobody reads may be moved to disk, and reading them waits",
                    "mount the folder's file system with noswap (Linux 6.4), or swapoff -a");
        } else {
            diagnosis.ok("swap", isOn ? "on, but not for this file system" : "off");
        }
    }

    private void checkHugePages() throws IOException {
        String mount = mountOptions(folder.path().toRealPath());
        boolean isMounted =
                mount.contains("huge=always")
                        || mount.contains("huge=within_size")
                        || mount.contains("huge=advise");
        String setting =
                Files.isReadable(SHMEM_HUGE_PAGES)
                        ? Files.readString(SHMEM_HUGE_PAGES).strip()
                        : "[unknown]";
        String chosen = setting.replaceAll(".*\\[(.*)].*", "$1");
        if (chosen.equals("force") || (isMounted && !chosen.equals("deny"))) {
            diagnosis.ok("huge pages", "on for this file system; shmem_enabled is " + chosen);
        } else {
            diagnosis.note(
                    "huge pages",
                    "off (%s, shmem_enabled is %s): a process that touches the whole pool needs %s of page tables"
                            .formatted(
                                    isMounted ? "mounted with huge=" : "mounted without huge=",
                                    chosen,
                                    ByteSize.format(poolBytes / BYTES_PER_PAGE_TABLE_BYTE)),
                    "mount -t tmpfs -o huge=always,size=… tmpfs FOLDER's parent; not worth it for a"
                            + " small pool");
        }
    }

    /** Of the mount point that is the longest prefix of the path. */
    private static String mountOptions(Path path) throws IOException {
        String options = "";
        int longest = -1;
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ", 5);
            if (fields.length > 3 && path.startsWith(fields[1]) && fields[1].length() > longest) {
                longest = fields[1].length();
                options = fields[3];
            }
        }
        return options;
    }

    private void checkLimits() throws IOException {
        ProcessLimits limits = ProcessLimits.ofThisProcess();
        String detail =
                "%s open files; %s of locked memory, of which none is needed"
                        .formatted(
                                ProcessLimits.text(limits.openFiles()),
                                limits.lockedBytes() == ProcessLimits.UNLIMITED
                                        ? "any amount"
                                        : ByteSize.format(limits.lockedBytes()));
        if (limits.openFiles() < OPEN_FILES_MIN) {
            diagnosis.warn("limits", detail, "ulimit -n " + OPEN_FILES_MIN + " or more");
        } else {
            diagnosis.ok("limits", detail);
        }
    }

    private void checkClockSource() throws IOException {
        if (!Files.isReadable(CLOCK_SOURCE)) {
            return;
        }
        String source = Files.readString(CLOCK_SOURCE).strip();
        switch (source) {
            case "hpet", "acpi_pm", "jiffies" ->
                    diagnosis.note(
                            "clock",
                            "the time comes from " + source + ": reading it costs a microsecond",
                            "see why the kernel does not trust the processor's own: dmesg | grep -i"
                                    + " clocksource");
            default -> diagnosis.ok("clock", "the time comes from " + source);
        }
    }
}
