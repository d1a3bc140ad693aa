package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.objects.Lifetime;
import java.util.PriorityQueue;

/**
 * Finds objects whose time is over. A hand goes round the whole index once a minute; what will end
 * before it comes round again waits in a queue. So the heap holds only what ends soon, and an
 * object is at most as late as the owner's sleep. The owner thread's.
 */
final class Lifetimes {
    private static final long ROUND_MILLIS = 60_000;
    private static final long NEAR_MILLIS = 2 * ROUND_MILLIS;
    private static final long BUCKETS_AT_ONCE_MAX = 20_000;

    private record End(long expiryMillis, long first, long second) implements Comparable<End> {
        @Override
        public int compareTo(End other) {
            return Long.compare(expiryMillis, other.expiryMillis);
        }
    }

    interface Condemner {
        void condemn(long slot);
    }

    private final IndexWriter index;
    private final PriorityQueue<End> near = new PriorityQueue<>();
    private long hand;
    private double bucketsDue;
    private long lastMillis;

    Lifetimes(IndexWriter index) {
        this.index = index;
    }

    /**
     * When an object ends: the earlier of a fixed time and an idle time counted from now, 0 for
     * never. Clients may keep an access to themselves for a moment, which is added to the idle
     * time: no object ends early.
     */
    static long expiry(long untilMillis, long idleMillis, long nowMillis) {
        if (idleMillis == 0) {
            return untilMillis;
        }
        long idleEnd = nowMillis + idleMillis + Lifetime.accessGranularityMillis(idleMillis);
        return untilMillis == 0 ? idleEnd : Math.min(untilMillis, idleEnd);
    }

    void scheduleIfNear(long first, long second, long expiryMillis, long nowMillis) {
        if (expiryMillis != 0 && expiryMillis - nowMillis < NEAR_MILLIS) {
            near.add(new End(expiryMillis, first, second));
        }
    }

    /**
     * Ends what is over.
     *
     * @return how long until the next end, at most {@link #ROUND_MILLIS}
     */
    long expire(long nowMillis, Condemner condemner) {
        turnHand(nowMillis);
        while (!near.isEmpty() && near.peek().expiryMillis() <= nowMillis) {
            End end = near.remove();
            long slot = index.findCurrent(end.first(), end.second());
            if (slot != IndexWriter.NONE) {
                long expiry = index.expiry(slot);
                if (expiry != 0 && expiry <= nowMillis) {
                    condemner.condemn(slot);
                }
            }
        }
        return near.isEmpty()
                ? ROUND_MILLIS
                : Math.clamp(near.peek().expiryMillis() - nowMillis, 0, ROUND_MILLIS);
    }

    private void turnHand(long nowMillis) {
        if (lastMillis == 0) {
            lastMillis = nowMillis;
        }
        bucketsDue +=
                (double) index.bucketCount() * Math.max(0, nowMillis - lastMillis) / ROUND_MILLIS;
        lastMillis = nowMillis;
        // A clock that jumped makes more than a round due: one round sees everything.
        bucketsDue = Math.min(bucketsDue, (double) index.bucketCount());
        long left = Math.min((long) bucketsDue, BUCKETS_AT_ONCE_MAX);
        bucketsDue -= left;
        while (left > 0) {
            hand = hand >= index.bucketCount() ? 0 : hand;
            long step = Math.min(left, index.bucketCount() - hand);
            hand = index.visit(hand, step, slot -> scheduleIfNear(slot, nowMillis));
            left -= step;
        }
    }

    private void scheduleIfNear(long slot, long nowMillis) {
        int state = index.state(slot);
        if (state == IndexFile.SEALED || state == IndexFile.SPILLED) {
            scheduleIfNear(
                    index.idFirst(slot), index.idSecond(slot), index.expiry(slot), nowMillis);
        }
    }
}
