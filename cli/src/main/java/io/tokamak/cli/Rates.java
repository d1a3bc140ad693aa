package io.tokamak.cli;

import io.tokamak.client.NodeActivity;
import org.jspecify.annotations.Nullable;

/** What happened at a node between two looks, each for a second. */
record Rates(
        double puts,
        double putBytes,
        double gets,
        double deletes,
        double deletedBytes,
        double misses) {

    /** Null: nothing can be said, because the node was started anew, or does not count for us. */
    static @Nullable Rates between(
            NodeActivity.@Nullable Counters before,
            NodeActivity.@Nullable Counters after,
            long nanos) {
        if (before == null
                || after == null
                || nanos <= 0
                || after.published() < before.published()) {
            return null;
        }
        double seconds = nanos / 1e9;
        return new Rates(
                (after.published() - before.published()) / seconds,
                (after.sealedBytes() - before.sealedBytes()) / seconds,
                (after.gets() - before.gets()) / seconds,
                (after.deleted() - before.deleted()) / seconds,
                (after.deletedBytes() - before.deletedBytes()) / seconds,
                (after.misses() - before.misses()) / seconds);
    }
}
