package io.tokamak.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder, held open: what is opened inside is inside of this very folder, whatever becomes of its
 * path. A symbolic link in the last place of the path is not followed. Thread-safe; after {@link
 * #close} every call throws {@link IllegalStateException}.
 */
public final class OpenFolder implements AutoCloseable {
    /** Write permission of the group and of others. */
    private static final int WRITE_BY_OTHERS = 0022;

    private static final int STICKY = 01000;

    private final Descriptor descriptor;

    private OpenFolder(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * @throws NativeFailure when it cannot be opened, is a symbolic link, or no folder
     */
    public static OpenFolder open(Path path) throws IOException {
        return new OpenFolder(
                Descriptor.open(path, Descriptor.O_RDONLY | Descriptor.O_DIRECTORY, 0));
    }

    /**
     * Makes a new folder with exactly this mode whatever the umask. Until it has it, nobody else
     * may enter.
     *
     * @throws NativeFailure when something is there already
     */
    public static OpenFolder create(Path path, int mode) throws IOException {
        int result = Libc.mkdir(path.toString(), 0700);
        if (result < 0) {
            throw new NativeFailure("cannot create folder " + path, -result);
        }
        OpenFolder folder = null;
        try {
            folder = open(path);
            folder.setMode(mode);
            return folder;
        } catch (IOException e) {
            if (folder != null) {
                folder.close();
            }
            Files.deleteIfExists(path);
            throw e;
        }
    }

    public Path path() {
        return descriptor.path();
    }

    public FileStatus status() throws IOException {
        return FileStatus.of(descriptor);
    }

    /** Sets the permission bits, whatever the umask. */
    public void setMode(int mode) throws IOException {
        descriptor.setMode(mode);
    }

    /** Makes a group the folder's group; this user has to be in it, or root. */
    public void giveToGroup(int gid) throws IOException {
        descriptor.giveToGroup(gid);
    }

    /**
     * Checks that nobody but this user and root removes or replaces what is in the folder. With the
     * sticky bit, as /dev/shm has it, others may put their own beside it.
     *
     * @throws FolderNotTrusted when it has another owner, or its group or others may
     */
    public void requireTrusted() throws IOException {
        FileStatus status = status();
        int uid = Processes.effectiveUid();
        if (status.ownerUid() != 0 && status.ownerUid() != uid) {
            throw new FolderNotTrusted(
                    "%s belongs to user %d, not to root or user %d"
                            .formatted(path(), status.ownerUid(), uid),
                    "give it to user %d (chown)".formatted(uid));
        }
        if ((status.mode() & WRITE_BY_OTHERS) != 0 && (status.mode() & STICKY) == 0) {
            throw new FolderNotTrusted(
                    "%s has mode %04o: others than its owner may write there"
                            .formatted(path(), status.mode()),
                    "take that right from them (chmod go-w)");
        }
    }

    /**
     * @param name of a file in this folder; no path
     * @throws NativeFailure when it cannot be opened, or is a symbolic link
     */
    public OpenFile openReadOnly(String name) throws IOException {
        return new OpenFile(descriptor.openInside(name, Descriptor.O_RDONLY, 0));
    }

    /** As {@link #openReadOnly}, for reading and writing. */
    public OpenFile openReadWrite(String name) throws IOException {
        return new OpenFile(descriptor.openInside(name, Descriptor.O_RDWR, 0));
    }

    /** As {@link OpenFile#create}, in this folder. */
    public OpenFile create(String name, int mode) throws IOException {
        return OpenFile.created(
                descriptor.openInside(
                        name, Descriptor.O_RDWR | Descriptor.O_CREAT | Descriptor.O_EXCL, mode),
                mode);
    }

    /** Returns when the names in the folder are on its device; at once on tmpfs. */
    public void sync() throws IOException {
        descriptor.sync();
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
