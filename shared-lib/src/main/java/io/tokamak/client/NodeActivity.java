package io.tokamak.client;

import io.tokamak.objects.ObjectInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes on at a node: whose processes are attached, what they hold, and how much was done.
 *
 * @param counters null: a gateway was asked, which does not say
 * @param pinned those that have been pinned longest, in that order; a gateway says nothing of them
 * @param pinnedCount how many there are, in {@code pinned} or not
 */
public record NodeActivity(
        NodeInfo node, @Nullable Counters counters, List<Pinned> pinned, int pinnedCount) {
    public NodeActivity {
        pinned = List.copyOf(pinned);
    }

    /**
     * Since the node's start.
     *
     * @param published objects
     * @param sealedBytes payload of the objects that became visible
     * @param gets objects got in place, or copied, as their clients say some times a second
     * @param misses ids that were asked for and not there
     * @param deleted objects deleted or expired
     * @param allocationFailures puts that found no room in time
     */
    public record Counters(
            long published,
            long sealedBytes,
            long gets,
            long misses,
            long deleted,
            long deletedBytes,
            long allocationFailures,
            long fencedSessions) {}

    /**
     * An object that somebody reads.
     *
     * @param deleted nobody finds it any more; its bytes go with the last pin
     */
    public record Pinned(ObjectInfo object, boolean deleted) {}
}
