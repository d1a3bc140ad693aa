package io.tokamak.checker;

import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files of a store, looked at from outside and then mapped read-only. */
final class StoreFiles {
    private static final int MODE_MASK = 0777;
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_FOLDER = 0040000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_SOCKET = 0140000;
    private static final int WRITE_BY_OTHERS = 0022;
    private static final int STICKY = 01000;

    private final Folder folder;
    private final int owner;
    private final Memory store;
    private final Memory index;
    private final Memory pool;

    /** What the kernel says of a file. */
    record Attributes(int mode, int owner, long length) {
        boolean isOf(int type) {
            return (mode & TYPE_MASK) == type;
        }
    }

    private StoreFiles(Folder folder, int owner, Memory store, Memory index, Memory pool) {
        this.folder = folder;
        this.owner = owner;
        this.store = store;
        this.index = index;
        this.pool = pool;
    }

    /**
     * Maps the files, until the arena closes; null when that would be of no use, and the findings
     * say why.
     */
    static @Nullable StoreFiles open(Folder folder, Arena arena, Findings findings)
            throws IOException {
        Attributes root = attributes(folder.path());
        if (root == null || !root.isOf(TYPE_FOLDER)) {
            findings.error(Check.FILE_MISSING, "the folder", folder.path() + " is no folder");
            return null;
        }
        checkMode(findings, "the folder", root.mode, 0750);
        checkParent(folder.path(), root.owner, findings);
        check(findings, folder.lock(), "lock", TYPE_REGULAR, 0600, root.owner);
        check(findings, folder.nonce(), "nonce", TYPE_REGULAR, 0640, root.owner);
        check(findings, folder.sessions(), "sessions", TYPE_FOLDER, 0711, root.owner);
        checkControl(findings, folder.control(), root.owner);
        Attributes store = check(findings, folder.store(), "store", TYPE_REGULAR, 0640, root.owner);
        Attributes index = check(findings, folder.index(), "index", TYPE_REGULAR, 0640, root.owner);
        Attributes pool = check(findings, folder.pool(), "pool", TYPE_REGULAR, 0664, root.owner);
        if (store == null || index == null || pool == null) {
            return null;
        }
        if (store.length != StoreFile.LENGTH) {
            findings.error(
                    Check.FILE_LENGTH,
                    "store",
                    store.length + " bytes, must be " + StoreFile.LENGTH);
            return null;
        }
        Memory mapped = map(folder.store(), StoreFile.LENGTH, arena);
        if (!checkStore(mapped, index.length, pool.length, findings)) {
            return null;
        }
        return new StoreFiles(
                folder,
                root.owner,
                mapped,
                map(folder.index(), index.length, arena),
                map(folder.pool(), pool.length, arena));
    }

    private static Memory map(Path path, long length, Arena arena) throws IOException {
        try (OpenFile file = OpenFile.openReadOnly(path)) {
            return file.map(false, length, arena);
        }
    }

    private static boolean checkStore(
            Memory store, long indexLength, long poolLength, Findings findings) throws IOException {
        long layout = store.getLongAcquire(StoreFile.LAYOUT_OFFSET);
        if (layout != StoreFile.LAYOUT) {
            findings.error(
                    Check.LAYOUT,
                    "store",
                    "layout word "
                            + Long.toHexString(layout)
                            + ", must be "
                            + Long.toHexString(StoreFile.LAYOUT)
                            + (layout == 0
                                    ? "; it is written last, so this store was never finished"
                                    : ""));
            return false;
        }
        checkBootId(store, findings);
        if (store.getInt(StoreFile.RETIRED_OFFSET) != 0) {
            findings.warning(
                    Check.STORE_RETIRED,
                    "store",
                    "it is retired, and no other store is in the folder yet");
        }
        long poolWanted = store.getLong(StoreFile.POOL_LENGTH_OFFSET);
        long bucketLimit = store.getLong(StoreFile.BUCKET_LIMIT_OFFSET);
        long overflowLimit = store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET);
        boolean sizesPossible =
                poolWanted > 0
                        && poolWanted <= Ranges.POSITION_MAX
                        && bucketLimit > 0
                        && bucketLimit <= Integer.MAX_VALUE * 16L
                        && overflowLimit >= 0
                        && overflowLimit < Integer.MAX_VALUE;
        if (!sizesPossible) {
            findings.error(
                    Check.STORE_WORDS,
                    "store",
                    "pool of "
                            + poolWanted
                            + " bytes, "
                            + bucketLimit
                            + " buckets, "
                            + overflowLimit
                            + " overflow buckets: no store has these sizes");
            return false;
        }
        boolean same = true;
        if (poolLength != poolWanted) {
            findings.error(
                    Check.FILE_LENGTH, "pool", poolLength + " bytes, the store says " + poolWanted);
            same = false;
        }
        long indexWanted = IndexFile.length(bucketLimit, overflowLimit);
        if (indexLength != indexWanted) {
            findings.error(
                    Check.FILE_LENGTH,
                    "index",
                    indexLength
                            + " bytes, the store says "
                            + bucketLimit
                            + " buckets and "
                            + overflowLimit
                            + " overflow buckets, which are "
                            + indexWanted);
            same = false;
        }
        return same;
    }

    private static void checkBootId(Memory store, Findings findings) throws IOException {
        byte[] bytes = new byte[16];
        store.copyTo(StoreFile.BOOT_ID_OFFSET, bytes, 0, bytes.length);
        String written = HexFormat.of().formatHex(bytes);
        String host = Processes.hostBootId();
        if (!written.equals(host)) {
            findings.error(
                    Check.BOOT_ID,
                    "store",
                    "written under boot " + written + ", this is boot " + host);
        }
    }

    private static void checkParent(Path folder, int owner, Findings findings) throws IOException {
        Path parent = folder.toAbsolutePath().normalize().getParent();
        Attributes attributes = parent == null ? null : attributes(parent);
        if (attributes == null) {
            return;
        }
        if (attributes.owner != 0 && attributes.owner != owner) {
            findings.warning(
                    Check.FILE_OWNER,
                    "the folder's parent",
                    parent + " belongs to user " + attributes.owner + ", must be root or " + owner);
        }
        if ((attributes.mode & WRITE_BY_OTHERS) != 0 && (attributes.mode & STICKY) == 0) {
            findings.warning(
                    Check.FILE_MODE,
                    "the folder's parent",
                    parent
                            + " has mode "
                            + octal(attributes.mode)
                            + ": others can put another folder in this one's place");
        }
    }

    /** The socket is there while a node lives. */
    private static void checkControl(Findings findings, Path path, int owner) throws IOException {
        Attributes control = attributes(path);
        if (control != null && !control.isOf(TYPE_SOCKET)) {
            findings.error(Check.FILE_KIND, "control", "it is no socket");
        } else if (control != null && control.owner != owner) {
            findings.error(
                    Check.FILE_OWNER,
                    "control",
                    "it belongs to user " + control.owner + ", the folder to " + owner);
        }
    }

    private static @Nullable Attributes check(
            Findings findings, Path path, String name, int type, int mode, int owner)
            throws IOException {
        Attributes attributes = attributes(path);
        if (attributes == null) {
            findings.error(Check.FILE_MISSING, name, path + " is not there");
            return null;
        }
        if (!attributes.isOf(type)) {
            findings.error(
                    Check.FILE_KIND,
                    name,
                    path + " is no " + (type == TYPE_FOLDER ? "folder" : "regular file"));
            return null;
        }
        if (attributes.owner != owner) {
            findings.error(
                    Check.FILE_OWNER,
                    name,
                    "it belongs to user " + attributes.owner + ", the folder to " + owner);
        }
        checkMode(findings, name, attributes.mode, mode);
        return attributes;
    }

    /**
     * Another mode that allows less may be an operator's choice; one that allows more is an open
     * door.
     */
    static void checkMode(Findings findings, String place, int mode, int wanted) {
        int actual = mode & MODE_MASK;
        if (actual != wanted) {
            boolean open = (actual & ~wanted & ~0700) != 0;
            findings.add(
                    open ? Severity.ERROR : Severity.WARNING,
                    Check.FILE_MODE,
                    place,
                    "mode "
                            + octal(actual)
                            + ", must be "
                            + octal(wanted)
                            + (open ? ": others may do too much" : ""));
        }
    }

    private static String octal(int mode) {
        return String.format("%04o", mode & 07777);
    }

    /** Without following a link; null when there is no such file. */
    static @Nullable Attributes attributes(Path path) throws IOException {
        try {
            Map<String, Object> read =
                    Files.readAttributes(path, "unix:mode,uid,size", LinkOption.NOFOLLOW_LINKS);
            return new Attributes(
                    (int) number(read, "mode"), (int) number(read, "uid"), number(read, "size"));
        } catch (NoSuchFileException absent) {
            return null;
        }
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : 0;
    }

    Folder folder() {
        return folder;
    }

    /** User id. */
    int owner() {
        return owner;
    }

    Memory store() {
        return store;
    }

    Memory index() {
        return index;
    }

    Memory pool() {
        return pool;
    }

    /** For reading what must not be touched through a mapping. */
    static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    static int readInt(Path path, long offset) throws IOException {
        try (OpenFile file = OpenFile.openReadOnly(path)) {
            byte[] bytes = file.read(offset, Integer.BYTES);
            return bytes.length < Integer.BYTES
                    ? 0
                    : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
        }
    }

    /**
     * Whether a node serves the folder: it holds the lock, which only its user can look at; anybody
     * else sees whether the store's clock goes.
     */
    boolean isNodeAlive(long clockStoppedMillis) throws IOException {
        Attributes attributes = attributes(folder.lock());
        if (attributes != null
                && attributes.isOf(TYPE_REGULAR)
                && Files.isReadable(folder.lock())) {
            try (OpenFile lock = OpenFile.openReadOnly(folder.lock())) {
                return lock.isLockedElsewhere();
            }
        }
        long age = System.currentTimeMillis() - store.getLongAcquire(StoreFile.NOW_OFFSET);
        return age < clockStoppedMillis;
    }
}
