package io.tokamak.layout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A store's folder on tmpfs: the names in it are fixed, and no file names another. */
public record Folder(Path path) {
    public Path lock() {
        return path.resolve("lock");
    }

    public Path nonce() {
        return path.resolve("nonce");
    }

    public Path store() {
        return path.resolve(StoreFile.NAME);
    }

    public Path index() {
        return path.resolve(IndexFile.NAME);
    }

    public Path pool() {
        return path.resolve(PoolFile.NAME);
    }

    public Path sessions() {
        return path.resolve(SessionFile.FOLDER);
    }

    public Path session(String name) {
        return sessions().resolve(name);
    }

    public Path control() {
        return path.resolve("control");
    }

    /** The user whose files are a node's; those of others are not believed. */
    public int ownerUid() throws IOException {
        return (int) Files.getAttribute(path, "unix:uid");
    }
}
