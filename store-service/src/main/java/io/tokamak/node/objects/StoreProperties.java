package io.tokamak.node.objects;

import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * A node's store.
 *
 * @param folder on tmpfs; its parent belongs to root or to the node
 * @param readersGroup numeric id of the group that may map the store for reading; absent: the
 *     node's own
 * @param writersGroup numeric id of the group that may also write; absent: the node's own
 * @param discard begin anew, whatever the folder holds; clients notice at their next get
 * @param allowAnyFileSystem for development: accept a folder that is not on tmpfs
 */
@Validated
@ConfigurationProperties("tokamak")
record StoreProperties(
        @DefaultValue("/dev/shm/tokamak/node-1") Path folder,
        @DefaultValue Pool pool,
        @Nullable @Min(0) Integer readersGroup,
        @Nullable @Min(0) Integer writersGroup,
        @DefaultValue("false") boolean discard,
        @DefaultValue("false") boolean allowAnyFileSystem) {

    /**
     * Memory for objects.
     *
     * @param size bytes of the pool, at least 16 MiB; must fit the tmpfs and every memory limit
     *     above the node
     */
    record Pool(@DefaultValue("1GB") DataSize size) {}

    StoreSettings toSettings(InstantSource clock) {
        return new StoreSettings(
                folder.toAbsolutePath(),
                pool.size().toBytes(),
                optional(readersGroup),
                optional(writersGroup),
                discard,
                allowAnyFileSystem,
                clock,
                _ -> {},
                StoreSettings.PROBE_NANOS,
                StoreSettings.PROCESS);
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
