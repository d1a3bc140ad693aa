package io.tokamak.node.objects;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.OptionalInt;

/**
 * How a store is opened.
 *
 * @param folder on tmpfs, made if it is not there
 * @param poolBytes of the pool file, at least 16 MiB; rounded up to whole blocks
 * @param readersGroup group id that may map the store for reading
 * @param writersGroup group id that may also write
 * @param discard leave what is in the folder and begin anew
 * @param allowAnyFileSystem for development: accept a folder that is not on tmpfs
 * @param clock of lifetimes and incarnations
 * @param steps where tests kill the node
 * @param probeNanos between two looks for sessions whose processes have ended
 * @param process where the kernel describes this process: /proc/self
 */
public record StoreSettings(
        Path folder,
        long poolBytes,
        OptionalInt readersGroup,
        OptionalInt writersGroup,
        boolean discard,
        boolean allowAnyFileSystem,
        InstantSource clock,
        io.tokamak.index.IndexWriter.Steps steps,
        long probeNanos,
        Path process) {
    static final Path PROCESS = Path.of("/proc/self");
    static final long PROBE_NANOS = 250_000_000;
    private static final long POOL_BYTES_MIN = 16 << 20;

    /**
     * @throws StoreUnusable when the pool is too small
     */
    public StoreSettings {
        if (poolBytes < POOL_BYTES_MIN) {
            throw new StoreUnusable(
                    "a pool of %d bytes is too small".formatted(poolBytes),
                    "set tokamak.pool.size to at least %d".formatted(POOL_BYTES_MIN));
        }
        poolBytes = PoolSpace.toBlocks(poolBytes);
    }

    public static StoreSettings of(Path folder, long poolBytes) {
        return new StoreSettings(
                folder,
                poolBytes,
                OptionalInt.empty(),
                OptionalInt.empty(),
                false,
                false,
                InstantSource.system(),
                step -> {},
                PROBE_NANOS,
                PROCESS);
    }

    public StoreSettings withSteps(io.tokamak.index.IndexWriter.Steps other) {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                discard,
                allowAnyFileSystem,
                clock,
                other,
                probeNanos,
                process);
    }

    public StoreSettings withClock(InstantSource other) {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                discard,
                allowAnyFileSystem,
                other,
                steps,
                probeNanos,
                process);
    }

    public StoreSettings withGroups(OptionalInt readers, OptionalInt writers) {
        return new StoreSettings(
                folder,
                poolBytes,
                readers,
                writers,
                discard,
                allowAnyFileSystem,
                clock,
                steps,
                probeNanos,
                process);
    }

    public StoreSettings withDiscard(boolean other) {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                other,
                allowAnyFileSystem,
                clock,
                steps,
                probeNanos,
                process);
    }

    StoreSettings withProbeNanos(long other) {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                discard,
                allowAnyFileSystem,
                clock,
                steps,
                other,
                process);
    }

    StoreSettings withProcess(Path other) {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                discard,
                allowAnyFileSystem,
                clock,
                steps,
                probeNanos,
                other);
    }

    StoreSettings withAnyFileSystem() {
        return new StoreSettings(
                folder,
                poolBytes,
                readersGroup,
                writersGroup,
                discard,
                true,
                clock,
                steps,
                probeNanos,
                process);
    }
}
