package io.tokamak.node.objects;

import java.util.List;

/**
 * What a lane holds that was published already, when a node starts in a folder that was in use
 * before. The owner thread's.
 */
final class Recovered {
    /** A record that the index has, where a lane says to have committed records. */
    record Found(long location, long end) {}

    private final List<Found> found;

    /** Records that the lane's own headers led to. */
    int skipped;

    Recovered(List<Found> found) {
        this.found = found;
    }

    boolean overlaps(long location, long end) {
        for (Found record : found) {
            if (location < record.end() && record.location() < end) {
                return true;
            }
        }
        return false;
    }
}
