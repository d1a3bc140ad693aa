package io.tokamak.client;

import io.tokamak.memory.Futex;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.SessionFenced;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Waits for objects: registers interest, sleeps until a seal, and looks (R6). Thread-safe. */
final class Waits {
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    /** An interrupt is seen as late. */
    private static final long SLEEP_NANOS_MAX = Futex.patience(TimeUnit.SECONDS.toNanos(1));

    private final Attachments attachments;
    private final NodeCalls node;

    Waits(Attachments attachments, NodeCalls node) {
        this.attachments = attachments;
        this.node = node;
    }

    WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline) {
        List<ObjectId> all = List.copyOf(ids);
        int wanted = Math.min(count, all.size());
        Progress progress = new Progress(all, wanted);
        // Who does not wait at all still waits for the node's word, by the client's deadline.
        Deadline patience = deadline.isExpired() ? node.deadline() : deadline;
        while (!progress.look(attachments.current()) && !awaitSeals(progress, deadline)) {
            if (deadline.isExpired()) {
                progress.add(node.resolve(progress.pending(), patience));
                break;
            }
        }
        return progress.result();
    }

    /**
     * Whether enough are there; false also when the node has to be told again, or the deadline has
     * passed.
     */
    private boolean awaitSeals(Progress progress, Deadline deadline) {
        if (deadline.isExpired()) {
            return false;
        }
        Attachment attachment = attachments.current();
        Interests interests = attachment.interests();
        List<ObjectId> pending = progress.pending();
        int resumptions = attachment.session().resumptions();
        interests.add(pending);
        try {
            progress.add(interests.tell(pending, deadline));
            long spinUntil = System.nanoTime() + SPIN_NANOS;
            while (attachment.isCurrent()
                    && !interests.isForgotten(resumptions)
                    && !attachments.isClosed()) {
                int seen = interests.notified();
                if (progress.look(attachment)) {
                    return true;
                }
                long remaining = deadline.remainingNanos();
                if (remaining == 0) {
                    return false;
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw new DeadlineExceeded("a wait of an interrupted thread", Duration.ZERO);
                }
                if (System.nanoTime() - spinUntil < 0) {
                    Thread.onSpinWait();
                } else {
                    interests.sleep(seen, Math.min(remaining, SLEEP_NANOS_MAX));
                }
            }
            return false;
        } catch (NodeDown away) {
            return false; // the deadline has passed, or the next attempt says so
        } catch (SessionFenced fenced) {
            attachment.outdate();
            return false;
        } finally {
            interests.remove(pending);
        }
    }

    /** Which of the objects that a wait is for were seen. For one thread. */
    private static final class Progress {
        private final List<ObjectId> ids;
        private final boolean[] ready;
        private final int wanted;
        private int readyCount;

        Progress(List<ObjectId> ids, int wanted) {
            this.ids = ids;
            this.ready = new boolean[ids.size()];
            this.wanted = wanted;
        }

        /** Looks at the index and returns whether enough are there. */
        boolean look(Attachment attachment) {
            for (int i = 0; i < ready.length; i++) {
                if (!ready[i] && attachment.shows(ids.get(i))) {
                    mark(i);
                }
            }
            return readyCount >= wanted;
        }

        void add(Set<ObjectId> present) {
            for (int i = 0; i < ready.length && !present.isEmpty(); i++) {
                if (!ready[i] && present.contains(ids.get(i))) {
                    mark(i);
                }
            }
        }

        private void mark(int i) {
            ready[i] = true;
            readyCount++;
        }

        List<ObjectId> pending() {
            return result().pending();
        }

        WaitResult result() {
            List<ObjectId> seen = new ArrayList<>();
            List<ObjectId> pending = new ArrayList<>();
            for (int i = 0; i < ready.length; i++) {
                (ready[i] ? seen : pending).add(ids.get(i));
            }
            return new WaitResult(List.copyOf(seen), List.copyOf(pending));
        }
    }
}
