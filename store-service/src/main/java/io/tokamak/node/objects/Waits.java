package io.tokamak.node.objects;

import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Who waits for which object. Sessions register interest and sleep on their futex; others hand in a
 * wait and get a future. While anybody waits, committers ring (R5). The owner thread's.
 */
final class Waits {
    /** Of one session; each costs the node some 150 bytes of heap. */
    static final int INTERESTS_MAX = 100_000;

    /** Objects in all waits that are open, one for each time that it is waited for. */
    static final int PENDING_MAX = 1_000_000;

    private final Map<ObjectId, Set<AttachedSession>> interests = new HashMap<>();
    private final Map<ObjectId, List<Wait>> waits = new HashMap<>();
    private final Set<Wait> open = new LinkedHashSet<>();
    private final Set<AttachedSession> toNotify = new HashSet<>();
    private final List<Wait> toAnswer = new ArrayList<>();
    private int pendingCount;

    /** A wait for {@code count} of some objects, answered with true, or false at its deadline. */
    static final class Wait {
        private final Set<ObjectId> pending;
        private int missing;
        final long deadlineNanos;
        final CompletableFuture<Boolean> answer = new CompletableFuture<>();

        Wait(Set<ObjectId> pending, int missing, long deadlineNanos) {
            this.pending = pending;
            this.missing = missing;
            this.deadlineNanos = deadlineNanos;
        }
    }

    boolean isAwaited() {
        return !interests.isEmpty() || !open.isEmpty();
    }

    /**
     * All or none.
     *
     * @throws CommandRefused when the session would have too many
     */
    void addInterests(AttachedSession session, List<ObjectId> ids) {
        if (session.interestCount + ids.size() > INTERESTS_MAX) {
            throw CommandRefused.usedUp(
                    "objects that session %d is notified of".formatted(session.number),
                    session.interestCount,
                    INTERESTS_MAX,
                    "wait for %d more in several calls, one after the other".formatted(ids.size()));
        }
        for (ObjectId id : ids) {
            if (interests.computeIfAbsent(id, _ -> new HashSet<>()).add(session)) {
                session.interestCount++;
            }
        }
    }

    void removeInterests(AttachedSession session, List<ObjectId> ids) {
        for (ObjectId id : ids) {
            Set<AttachedSession> sessions = interests.get(id);
            if (sessions != null && sessions.remove(session)) {
                session.interestCount--;
                if (sessions.isEmpty()) {
                    interests.remove(id);
                }
            }
        }
    }

    void removeSession(AttachedSession session) {
        interests.values().removeIf(sessions -> sessions.remove(session) && sessions.isEmpty());
        toNotify.remove(session);
    }

    /**
     * @throws CommandRefused when too much is waited for
     */
    Wait await(Set<ObjectId> pending, int missing, long deadlineNanos) {
        if (pendingCount + pending.size() > PENDING_MAX) {
            throw CommandRefused.usedUp(
                    "objects that calls wait for",
                    pendingCount,
                    PENDING_MAX,
                    "wait for fewer at once");
        }
        pendingCount += pending.size();
        Wait wait = new Wait(pending, missing, deadlineNanos);
        open.add(wait);
        for (ObjectId id : pending) {
            waits.computeIfAbsent(id, _ -> new ArrayList<>()).add(wait);
        }
        return wait;
    }

    /** An object was published; {@link #flush} tells those who wait. */
    void sealed(ObjectId id) {
        Set<AttachedSession> sessions = interests.get(id);
        if (sessions != null) {
            toNotify.addAll(sessions);
        }
        List<Wait> waiting = waits.remove(id);
        if (waiting != null) {
            for (Wait wait : waiting) {
                if (wait.pending.remove(id)) {
                    pendingCount--;
                    if (--wait.missing == 0) {
                        toAnswer.add(wait);
                    }
                }
            }
        }
    }

    /** Call after a full fence that follows the publications (R6). */
    void flush() {
        for (AttachedSession session : toNotify) {
            session.notifyWaiters();
        }
        toNotify.clear();
        for (Wait wait : toAnswer) {
            close(wait);
            wait.answer.complete(true);
        }
        toAnswer.clear();
    }

    boolean hasNews() {
        return !toNotify.isEmpty() || !toAnswer.isEmpty();
    }

    /**
     * Answers waits whose deadline has passed or whose caller is gone.
     *
     * @return nanoseconds until the next deadline
     */
    long expire(long nowNanos) {
        long next = Long.MAX_VALUE;
        for (Wait wait : List.copyOf(open)) {
            long left = wait.deadlineNanos - nowNanos;
            if (left <= 0 || wait.answer.isDone()) {
                close(wait);
                wait.answer.complete(false);
            } else {
                next = Math.min(next, left);
            }
        }
        return next;
    }

    private void close(Wait wait) {
        if (open.remove(wait)) {
            pendingCount -= wait.pending.size();
        }
        for (ObjectId id : wait.pending) {
            List<Wait> waiting = waits.get(id);
            if (waiting != null && waiting.remove(wait) && waiting.isEmpty()) {
                waits.remove(id);
            }
        }
    }
}
