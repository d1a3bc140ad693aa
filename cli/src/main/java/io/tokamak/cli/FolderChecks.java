package io.tokamak.cli;

import io.tokamak.layout.Folder;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Incarnation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;

/** Whose a node's folder is, who may do what with it, and whether it is of this host's boot. */
final class FolderChecks {
    private static final int WRITE_BY_OTHERS = 0022;
    private static final int ANY_BY_OTHERS = 0007;
    private static final int STICKY = 01000;
    private static final int PERMISSION_BITS = 07777;
    private static final int BOOT_ID_BYTES = 16;

    /** A node says the time every 50 ms. */
    private static final Duration CLOCK_SLACK = Duration.ofSeconds(2);

    /** Incarnations are promised that far ahead, and a little more. */
    private static final Duration INCARNATION_SLACK = Duration.ofMinutes(10);

    /** From the start of a node's process to that of its store. */
    private static final Duration START_MAX = Duration.ofMinutes(5);

    /** A process with a session costs the node a file and a connection. */
    private static final long OPEN_FILES_PER_SESSION = 2;

    private static final long OPEN_FILES_MIN = 4096;

    private final Diagnosis diagnosis;
    private final Folder folder;

    FolderChecks(Diagnosis diagnosis, Folder folder) {
        this.diagnosis = diagnosis;
        this.folder = folder;
    }

    /** Owner, group and permission bits. */
    private record Access(int uid, String owner, String group, int mode) {
        static Access of(Path path) throws IOException {
            return new Access(
                    (int) attribute(path, "uid"),
                    attribute(path, "owner").toString(),
                    attribute(path, "group").toString(),
                    (int) attribute(path, "mode") & PERMISSION_BITS);
        }

        private static Object attribute(Path path, String name) throws IOException {
            return Files.getAttribute(path, "unix:" + name, LinkOption.NOFOLLOW_LINKS);
        }

        String text() {
            return "%s:%s %04o".formatted(owner, group, mode);
        }
    }

    void run() throws IOException {
        checkParent();
        checkModes();
        checkRights();
        if (Files.isReadable(folder.store())) {
            checkStore();
        }
    }

    private void checkParent() throws IOException {
        Path parent = folder.path().toRealPath().getParent();
        int owner = Access.of(folder.path()).uid();
        Access access = parent == null ? Access.of(folder.path()) : Access.of(parent);
        boolean isOwned = access.uid() == 0 || access.uid() == owner;
        boolean isShared = (access.mode() & WRITE_BY_OTHERS) != 0 && (access.mode() & STICKY) == 0;
        if (!isOwned || isShared) {
            diagnosis.broken(
                    "parent folder",
                    parent
                            + " is "
                            + access.text()
                            + ": others can put a folder in the node's place",
                    "chown root " + parent + "; chmod 0755 " + parent);
        } else {
            diagnosis.ok("parent folder", parent + " is " + access.text());
        }
    }

    private void checkModes() throws IOException {
        Access own = Access.of(folder.path());
        if ((own.mode() & (WRITE_BY_OTHERS | ANY_BY_OTHERS)) != 0) {
            diagnosis.broken(
                    "folder",
                    folder.path() + " is " + own.text() + ": not only its readers pass it",
                    "chmod 0750 " + folder.path());
        } else {
            diagnosis.ok("folder", folder.path() + " is " + own.text());
        }
        boolean allRight = true;
        for (Map.Entry<Path, Integer> file :
                Map.of(
                                folder.lock(), 0600,
                                folder.nonce(), 0640,
                                folder.store(), 0640,
                                folder.index(), 0640,
                                folder.pool(), 0664,
                                folder.sessions(), 0711)
                        .entrySet()) {
            allRight &= checkMode(file.getKey(), file.getValue(), own.uid());
        }
        if (allRight) {
            diagnosis.ok("files", "owners and permissions are as a node sets them");
        }
    }

    private boolean checkMode(Path path, int mode, int owner) throws IOException {
        Access access;
        try {
            access = Access.of(path);
        } catch (NoSuchFileException missing) {
            diagnosis.broken(
                    "files", path + " is missing", "start the node: ./tokamak up; or --discard");
            return false;
        } catch (AccessDeniedException denied) {
            return true; // said by the checks of rights
        }
        if (access.uid() != owner) {
            diagnosis.broken(
                    "files",
                    path + " is " + access.text() + ", its folder another user's",
                    "chown it to the folder's owner, or begin anew with --discard");
            return false;
        }
        if (access.mode() != mode) {
            diagnosis.warn(
                    "files",
                    path + " is %s, and should have %04o".formatted(access.text(), mode),
                    "chmod %04o %s".formatted(mode, path));
            return false;
        }
        return true;
    }

    private void checkRights() throws IOException {
        Access access = Access.of(folder.path());
        String user = System.getProperty("user.name");
        boolean reads =
                Files.isReadable(folder.store())
                        && Files.isReadable(folder.index())
                        && Files.isReadable(folder.pool());
        if (!reads) {
            diagnosis.broken(
                    "permissions",
                    user + " may not read the store's files, which are for group " + access.group(),
                    "usermod -aG %s %s, and log in anew".formatted(access.group(), user));
        } else if (!Files.isWritable(folder.pool())) {
            diagnosis.note(
                    "permissions",
                    user + " may read in place, and may not put",
                    "usermod -aG %s %s, if it is to put"
                            .formatted(Access.of(folder.pool()).group(), user));
        } else {
            diagnosis.ok("permissions", user + " may read in place and put");
        }
        if (Files.isReadable(folder.nonce())
                && Files.isRegularFile(folder.nonce(), LinkOption.NOFOLLOW_LINKS)) {
            diagnosis.ok(
                    "co-location",
                    "the folder's nonce can be read: a gateway grants mappings to this user");
        } else {
            diagnosis.warn(
                    "co-location",
                    "the folder's nonce cannot be read",
                    "usermod -aG %s %s; until then a gateway streams to it"
                            .formatted(access.group(), user));
        }
    }

    private void checkStore() throws IOException {
        try (Arena arena = Arena.ofConfined();
                OpenFile file = OpenFile.openReadOnly(folder.store())) {
            if (file.size() != StoreFile.LENGTH) {
                diagnosis.broken(
                        "store",
                        folder.store()
                                + " has "
                                + file.size()
                                + " bytes, and should have "
                                + StoreFile.LENGTH,
                        "begin anew with --discard");
                return;
            }
            Memory store = file.map(false, StoreFile.LENGTH, arena);
            checkBoot(store);
            checkClock(store);
            checkNodeProcess(store);
        }
    }

    private void checkBoot(Memory store) throws IOException {
        byte[] bytes = new byte[BOOT_ID_BYTES];
        store.copyTo(StoreFile.BOOT_ID_OFFSET, bytes, 0, bytes.length);
        String boot = HexFormat.of().formatHex(bytes);
        Instant created = Instant.ofEpochMilli(store.getLong(StoreFile.CREATED_AT_OFFSET));
        if (boot.equals(Processes.hostBootId())) {
            diagnosis.ok("boot", "the store is of this boot of the host, made at " + created);
        } else {
            diagnosis.broken(
                    "boot",
                    "the store is of another boot or host: " + boot,
                    "restart the node, which begins anew");
        }
    }

    private void checkClock(Memory store) {
        Instant now = Instant.now();
        Instant nodes = Instant.ofEpochMilli(store.getLongOpaque(StoreFile.NOW_OFFSET));
        Duration behind = Duration.between(nodes, now);
        Duration ahead =
                Duration.between(
                        now,
                        Incarnation.createdAt(
                                store.getLongOpaque(StoreFile.INCARNATION_CEILING_OFFSET)));
        if (behind.abs().compareTo(CLOCK_SLACK) > 0) {
            diagnosis.warn(
                    "clock",
                    "the node's is at %s, this one at %s".formatted(nodes, now),
                    "if the node is not down: see whether it is stopped, or in a time namespace of"
                            + " its own; times of expiry are by its clock");
        } else if (ahead.compareTo(INCARNATION_SLACK) > 0) {
            diagnosis.warn(
                    "clock",
                    "the host's has gone back by " + ahead.toMinutes() + " min since the last put",
                    "let it be set in small steps (chrony, timesyncd); until it has caught up,"
                            + " times of creation are ahead");
        } else {
            diagnosis.ok("clock", "the node's and this one agree");
        }
    }

    private void checkNodeProcess(Memory store) throws IOException {
        int pid = store.getInt(StoreFile.NODE_PID_OFFSET);
        Instant started = Instant.ofEpochMilli(store.getLong(StoreFile.NODE_STARTED_AT_OFFSET));
        if (!isNode(pid, started)) {
            return;
        }
        ProcessLimits limits;
        try {
            limits = ProcessLimits.ofProcess(pid);
        } catch (IOException hidden) {
            return; // another user's
        }
        if (limits.openFiles() < OPEN_FILES_MIN) {
            diagnosis.warn(
                    "node's limits",
                    "process %d may open %d files: enough for about %d attached processes"
                            .formatted(
                                    pid,
                                    limits.openFiles(),
                                    limits.openFiles() / OPEN_FILES_PER_SESSION),
                    "ulimit -n " + OPEN_FILES_MIN + " or more before it is started");
        } else {
            diagnosis.ok(
                    "node's limits",
                    "process %d may open %s files"
                            .formatted(pid, ProcessLimits.text(limits.openFiles())));
        }
    }

    /** In a container the number is another process's here, and a node that is down has none. */
    private static boolean isNode(int pid, Instant started) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .map(began -> Duration.between(began, started).abs())
                .filter(apart -> apart.compareTo(START_MAX) < 0)
                .isPresent();
    }
}
