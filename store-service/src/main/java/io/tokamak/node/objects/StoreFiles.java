package io.tokamak.node.objects;

import io.tokamak.layout.Folder;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.CgroupLimits;
import io.tokamak.memory.FileSystem;
import io.tokamak.memory.FolderNotTrusted;
import io.tokamak.memory.Membarrier;
import io.tokamak.memory.Memory;
import io.tokamak.memory.NoSpace;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.OpenFolder;
import io.tokamak.memory.Processes;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.IncompatibleStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a store's folder, held by this process. Opening takes the folder's lock, which
 * another node cannot hold at the same time (I32), and either takes over what is there or makes it
 * new.
 */
final class StoreFiles implements AutoCloseable {
    private static final int FOLDER_MODE = 0750;
    private static final int SESSIONS_MODE = 0711;
    private static final int NODE_ONLY_MODE = 0600;
    private static final int READERS_MODE = 0640;
    private static final int WRITERS_MODE = 0664;

    /** The index, session files and other users of the same memory need room beside the pool. */
    private static final long MARGIN_BYTES = 16L << 20;

    /** What part of the pool the index comes to, of all sizes of objects but the smallest. */
    private static final int POOL_TO_INDEX = 8;

    /** What this process takes beyond what it has at its start: heap, buffers, page tables. */
    private static final long PROCESS_BYTES = 128L << 20;

    final Folder folder;
    final Memory store;
    final Memory index;
    final Memory pool;

    /** Whether the files were there: objects may be, too. */
    final boolean found;

    final LeaseProofs proofs;

    private final OpenFile lock;
    private final OpenFile storeFile;
    private final OpenFile indexFile;
    private final OpenFile poolFile;

    private StoreFiles(
            Folder folder,
            OpenFile lock,
            OpenFile storeFile,
            OpenFile indexFile,
            OpenFile poolFile,
            boolean found)
            throws IOException {
        this.folder = folder;
        this.lock = lock;
        this.storeFile = storeFile;
        this.indexFile = indexFile;
        this.poolFile = poolFile;
        this.found = found;
        proofs = found ? LeaseProofs.of(lock) : LeaseProofs.ofNewStore(lock);
        store = storeFile.map(true, StoreFile.LENGTH);
        index = indexFile.map(true, indexFile.size());
        pool = poolFile.map(true, poolFile.size());
    }

    /**
     * @throws StoreUnusable when the folder cannot be used; the message says why, with numbers, and
     *     what helps
     * @throws IncompatibleStore when the folder holds a store that this version, host or size does
     *     not fit
     */
    static StoreFiles open(StoreSettings settings) throws IOException {
        Folder folder = new Folder(settings.folder());
        makeFolder(settings, folder);
        OpenFile lock = openLock(folder);
        if (!lock.tryLock()) {
            lock.close();
            throw new StoreUnusable(
                    "the folder %s is held by another node that is running"
                            .formatted(folder.path()),
                    "stop that node, or give this one a folder of its own (tokamak.folder)");
        }
        try {
            return openLocked(settings, folder, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static StoreFiles openLocked(StoreSettings settings, Folder folder, OpenFile lock)
            throws IOException {
        if (!settings.allowAnyFileSystem() && !FileSystem.of(folder.path()).isTmpfs()) {
            throw new StoreUnusable(
                    "the folder %s is not on tmpfs".formatted(folder.path()),
                    "use a folder below /dev/shm or a tmpfs of its own; for development only, set"
                            + " tokamak.allow-any-file-system=true");
        }
        if (Files.exists(folder.store()) && isFinished(folder)) {
            if (settings.discard() || isRetired(folder)) {
                retire(folder);
                settings.steps().reached("discard.retired");
            } else {
                return takeOver(settings, folder, lock);
            }
        }
        return create(settings, folder, lock);
    }

    private static OpenFile openLock(Folder folder) throws IOException {
        return Files.exists(folder.lock())
                ? OpenFile.openReadWrite(folder.lock())
                : OpenFile.create(folder.lock(), NODE_ONLY_MODE);
    }

    private static void makeFolder(StoreSettings settings, Folder folder) throws IOException {
        Path parent = folder.path().toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent, permissions("rwxr-xr-x")); // whatever the umask allows
            requireTrusted(parent);
        }
        makePrivateFolder(folder.path());
        giveTo(settings.readersGroup(), folder.path());
        setMode(folder.path(), FOLDER_MODE);
        requireTrusted(folder.path());
        makePrivateFolder(folder.sessions());
        setMode(folder.sessions(), SESSIONS_MODE);
    }

    /** Who can replace the folder, or a file in it, decides what clients map. */
    private static void requireTrusted(Path path) throws IOException {
        try (OpenFolder folder = OpenFolder.open(path.toRealPath())) {
            folder.requireTrusted();
        } catch (FolderNotTrusted e) {
            throw new StoreUnusable(
                    String.valueOf(e.getMessage()),
                    e.remedy() + ", or set tokamak.folder to another place");
        }
    }

    /** Nobody else looks in before it has its mode. */
    private static void makePrivateFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectory(path, permissions("rwx------"));
        }
    }

    private static FileAttribute<?> permissions(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }

    private static void setMode(Path path, int mode) throws IOException {
        StringBuilder text = new StringBuilder(9);
        for (int bit = 8; bit >= 0; bit--) {
            text.append((mode >> bit & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(text.toString()));
    }

    private static void giveTo(java.util.OptionalInt group, Path path) throws IOException {
        if (group.isPresent()) {
            Files.setAttribute(path, "unix:gid", group.getAsInt());
        }
    }

    private static boolean isFinished(Folder folder) throws IOException {
        try (OpenFile file = OpenFile.openReadOnly(folder.store())) {
            byte[] layout = file.read(StoreFile.LAYOUT_OFFSET, Long.BYTES);
            return file.size() == StoreFile.LENGTH && !Arrays.equals(layout, new byte[Long.BYTES]);
        }
    }

    /** A discard that was cut short: clients have left it already. */
    private static boolean isRetired(Folder folder) throws IOException {
        try (OpenFile file = OpenFile.openReadOnly(folder.store())) {
            return file.read(StoreFile.RETIRED_OFFSET, 1)[0] != 0;
        }
    }

    /** Tells the clients of the store that is there to leave it (I33). */
    private static void retire(Folder folder) throws IOException {
        try (OpenFile file = OpenFile.openReadWrite(folder.store())) {
            file.write(StoreFile.RETIRED_OFFSET, new byte[] {1, 0, 0, 0});
        }
    }

    private static StoreFiles takeOver(StoreSettings settings, Folder folder, OpenFile lock)
            throws IOException {
        OpenFile storeFile = OpenFile.openReadWrite(folder.store());
        Memory store = storeFile.map(true, StoreFile.LENGTH);
        long layout = store.getLongAcquire(StoreFile.LAYOUT_OFFSET);
        if (layout != StoreFile.LAYOUT) {
            storeFile.close();
            throw new IncompatibleStore(
                    folder.path().toString(),
                    "layout",
                    "%016x".formatted(StoreFile.LAYOUT),
                    "%016x".formatted(layout),
                    "start the version that wrote it, or begin anew with --discard");
        }
        if (store.getInt(StoreFile.RETIRED_OFFSET) != 0) {
            // A discard was cut short here; clients leave this store at every get.
            storeFile.close();
            return create(settings, folder, lock);
        }
        if (!bootIdOf(store).equals(Processes.hostBootId())) {
            // Of another life of the host: nothing that the files say can be relied on.
            storeFile.close();
            retire(folder);
            return create(settings, folder, lock);
        }
        long poolLength = store.getLong(StoreFile.POOL_LENGTH_OFFSET);
        if (poolLength != settings.poolBytes()) {
            storeFile.close();
            throw new IncompatibleStore(
                    folder.path().toString(),
                    "pool",
                    ByteSize.format(settings.poolBytes()),
                    ByteSize.format(poolLength),
                    "set tokamak.pool.size=%d to keep its objects, or begin anew with --discard"
                            .formatted(poolLength));
        }
        OpenFile indexFile = OpenFile.openReadWrite(folder.index());
        OpenFile poolFile = OpenFile.openReadWrite(folder.pool());
        long indexLength =
                IndexFile.length(
                        store.getLong(StoreFile.BUCKET_LIMIT_OFFSET),
                        store.getLong(StoreFile.OVERFLOW_LIMIT_OFFSET));
        if (poolFile.size() != poolLength || indexFile.size() != indexLength) {
            throw new IncompatibleStore(
                    folder.path().toString(),
                    "files' length",
                    "pool %d, index %d bytes".formatted(poolLength, indexLength),
                    "pool %d, index %d bytes".formatted(poolFile.size(), indexFile.size()),
                    "somebody changed the files; begin anew with --discard");
        }
        return new StoreFiles(folder, lock, storeFile, indexFile, poolFile, true);
    }

    private static StoreFiles create(StoreSettings settings, Folder folder, OpenFile lock)
            throws IOException {
        removeOldFiles(settings, folder);
        long poolLength = settings.poolBytes();
        checkRoom(settings, folder, poolLength);
        long bucketLimit = IndexFile.bucketLimit(poolLength);
        long overflowLimit = IndexFile.overflowLimit(bucketLimit);

        OpenFile poolFile = OpenFile.create(folder.pool(), WRITERS_MODE);
        poolFile.setSize(poolLength);
        try {
            poolFile.allocate(0, poolLength);
        } catch (NoSpace e) {
            poolFile.close();
            Files.delete(folder.pool());
            throw tooLittle(folder, poolLength, FileSystem.of(folder.path()).availableBytes(), e);
        }
        settings.steps().reached("create.allocated");
        OpenFile indexFile = OpenFile.create(folder.index(), READERS_MODE);
        indexFile.setSize(IndexFile.length(bucketLimit, overflowLimit));
        OpenFile storeFile = OpenFile.create(folder.store(), READERS_MODE);
        storeFile.setSize(StoreFile.LENGTH);
        storeFile.allocate(0, StoreFile.LENGTH);
        giveTo(settings.readersGroup(), folder.index());
        giveTo(settings.readersGroup(), folder.store());
        giveTo(settings.writersGroup(), folder.pool());

        StoreFiles files = new StoreFiles(folder, lock, storeFile, indexFile, poolFile, false);
        SecureRandom random = new SecureRandom();
        Memory store = files.store;
        store.putLong(StoreFile.STORE_ID_OFFSET, random.nextLong());
        store.putLong(StoreFile.STORE_ID_OFFSET + Long.BYTES, random.nextLong());
        store.copyFrom(StoreFile.BOOT_ID_OFFSET, bootIdBytes(Processes.hostBootId()), 0, 16);
        store.putLong(StoreFile.HASH_SEED_OFFSET, random.nextLong());
        store.putLong(StoreFile.POOL_LENGTH_OFFSET, poolLength);
        store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, bucketLimit);
        store.putLong(StoreFile.OVERFLOW_LIMIT_OFFSET, overflowLimit);
        store.putLong(StoreFile.CREATED_AT_OFFSET, settings.clock().millis());
        store.putInt(StoreFile.NEXT_SESSION_OFFSET, 1);
        files.pool.putLong(PoolFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
        settings.steps().reached("create.described");
        return files;
    }

    private static void removeOldFiles(StoreSettings settings, Folder folder) throws IOException {
        for (Path path :
                new Path[] {folder.store(), folder.index(), folder.pool(), folder.nonce()}) {
            Files.deleteIfExists(path);
            settings.steps().reached("discard.removed");
        }
        try (Stream<Path> sessions = Files.list(folder.sessions())) {
            for (Path session : sessions.toList()) {
                Files.delete(session);
            }
        }
    }

    /**
     * A fault on memory that is not there kills a process: what is not there is refused with
     * numbers, before anything is allocated. Files that are taken over have theirs.
     */
    private static void checkRoom(StoreSettings settings, Folder folder, long poolLength)
            throws IOException {
        long wanted = poolLength + MARGIN_BYTES;
        long available = FileSystem.of(folder.path()).availableBytes();
        if (available < wanted) {
            throw tooLittle(folder, poolLength, available, null);
        }
        Optional<CgroupLimits.Limit> tightest =
                CgroupLimits.all(settings.process()).stream()
                        .min(Comparator.comparingLong(CgroupLimits.Limit::freeBytes));
        long counted = poolLength + poolLength / POOL_TO_INDEX + PROCESS_BYTES;
        if (tightest.isPresent() && tightest.get().freeBytes() < counted) {
            CgroupLimits.Limit limit = tightest.get();
            throw new StoreUnusable(
                    "a pool of %s, its index and this process need %s, and the control group %s has %s of %s left"
                            .formatted(
                                    ByteSize.format(poolLength),
                                    ByteSize.format(counted),
                                    limit.group(),
                                    ByteSize.format(limit.freeBytes()),
                                    ByteSize.format(limit.limitBytes())),
                    "raise its limit to at least %s, or lower tokamak.pool.size"
                            .formatted(ByteSize.format(limit.usageBytes() + counted)));
        }
    }

    private static StoreUnusable tooLittle(
            Folder folder,
            long poolLength,
            long available,
            @org.jspecify.annotations.Nullable Throwable cause) {
        StoreUnusable unusable =
                new StoreUnusable(
                        "too little shared memory for a pool of %s in %s: %s are available, %s are needed"
                                .formatted(
                                        ByteSize.format(poolLength),
                                        folder.path(),
                                        ByteSize.format(available),
                                        ByteSize.format(poolLength + MARGIN_BYTES)),
                        "lower tokamak.pool.size, remove what else is there, or enlarge the tmpfs"
                                + " (mount -o remount,size=…; in a container --shm-size)");
        if (cause != null) {
            unusable.initCause(cause);
        }
        return unusable;
    }

    /**
     * The store is complete from here on; a folder without this word was never finished, and is
     * made anew.
     */
    void finish() {
        store.putLongRelease(StoreFile.LAYOUT_OFFSET, StoreFile.LAYOUT);
    }

    /** Who can read this file is co-located; new at each start. */
    String renewNonce(StoreSettings settings) throws IOException {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String nonce = HexFormat.of().formatHex(random);
        Path fresh = folder.path().resolve("nonce.new");
        Files.deleteIfExists(fresh);
        try (OpenFile file = OpenFile.create(fresh, READERS_MODE)) {
            file.write(0, nonce.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        giveTo(settings.readersGroup(), fresh);
        settings.steps().reached("start.nonce");
        Files.move(fresh, folder.nonce(), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        return nonce;
    }

    boolean allocateIndex(long offset, long length) {
        try {
            indexFile.allocate(offset, length);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Has clients leave the fence out of their pins, where this node can have them pass one (R2);
     * they have passed one when it returns.
     *
     * @return whether they must, before bytes are given away
     * @throws StoreUnusable when clients of the last node still rely on it, and this one cannot
     */
    boolean offerBarriers() {
        boolean isAvailable = Membarrier.isAvailable();
        if (!isAvailable && store.getInt(StoreFile.BARRIERS_OFFSET) != 0) {
            throw new StoreUnusable(
                    "readers of the store in "
                            + folder.path()
                            + " rely on membarrier(2), which this node may not call",
                    "allow the call (a seccomp profile forbids it), or begin anew with --discard");
        }
        if (isAvailable && found) {
            Membarrier.everywhere();
        }
        store.putInt(StoreFile.BARRIERS_OFFSET, isAvailable ? 1 : 0);
        return isAvailable;
    }

    /** Whether the files that clients would open are still the ones that this node holds. */
    boolean areLinked() throws IOException {
        return storeFile.linkCount() > 0 && indexFile.linkCount() > 0 && poolFile.linkCount() > 0;
    }

    long poolLength() {
        return pool.size();
    }

    private static String bootIdOf(Memory store) {
        byte[] bytes = new byte[16];
        store.copyTo(StoreFile.BOOT_ID_OFFSET, bytes, 0, bytes.length);
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] bootIdBytes(String bootId) {
        return HexFormat.of().parseHex(bootId);
    }

    @Override
    public void close() {
        storeFile.close();
        indexFile.close();
        poolFile.close();
        lock.close();
    }
}
