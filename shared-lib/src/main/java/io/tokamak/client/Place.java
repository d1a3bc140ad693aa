package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where the payload of a pinned object lies in a file, for another process of this host that maps
 * that file by itself. It is true for as long as the view that it came from, or a {@code dup} of
 * that, is open.
 *
 * <p>Thread-safe.
 */
public final class Place {
    private final Attachment attachment;
    private final long offset;
    private final long length;

    Place(Attachment attachment, long offset, long length) {
        this.attachment = attachment;
        this.offset = offset;
        this.length = length;
    }

    /** The node's folder, as this process names it. */
    public Path folder() {
        return attachment.folder().path().toAbsolutePath();
    }

    /** Name of the file in the folder. */
    public String file() {
        return PoolFile.NAME;
    }

    /** Bytes from the start of the file. */
    public long offset() {
        return offset;
    }

    /** Bytes of the payload. */
    public long length() {
        return length;
    }

    /**
     * Whether the pin has protected the bytes from the moment when the view was got until now;
     * asked while the view is open. False for good: the store was discarded or the node has
     * forgotten the session, and what was read at this place may have been of another object. A
     * node that is away is believed to know its sessions when it is back.
     */
    public boolean isHeld() {
        return attachment.isPinning();
    }

    /**
     * Replaces this program by another, which reads at this place: the pin stands until that one
     * ends, and whatever it leaves running, even by a kill. Views that were open here are gone.
     *
     * @param command the program, looked for in PATH when it has no slash, and its arguments
     * @param environment variables in addition to those of this process
     * @throws IOException when it cannot be executed; this program goes on
     */
    public void execute(List<String> command, Map<String, String> environment) throws IOException {
        attachment.session().execute(command, environment);
    }
}
