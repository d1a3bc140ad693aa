package io.tokamak.client;

import io.tokamak.session.Control;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The client's one thread in the background: warms pages, gives lanes back, resumes sessions, and
 * ends attachments when their last view is closed. It lives as long as an attachment does.
 */
final class Keeper {
    private static final System.Logger LOG = System.getLogger(Keeper.class.getName());
    private static final long ENDING_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Control control;
    private final List<Attachment> kept = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private final CountDownLatch settled = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile boolean woken;

    Keeper(Control control) {
        this.control = control;
        this.thread = Thread.ofPlatform().name("tokamak-keeper").daemon().unstarted(this::run);
    }

    /** Has to be called before the first attachment can need it. */
    void start() {
        thread.start();
    }

    void keep(Attachment attachment) {
        kept.add(attachment);
    }

    /** Lets it look around soon: something is to be warmed or repaired. */
    void wake() {
        if (!woken) {
            woken = true;
            LockSupport.unpark(thread);
        }
    }

    /**
     * Ends what is kept. Waits until nothing new can begin and all is given back but what open
     * views need; the rest follows when they are closed.
     */
    void close(Duration timeout) {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!settled.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.log(System.Logger.Level.DEBUG, "a put keeps the client from closing");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (true) {
            woken = false;
            boolean lastRound = closing;
            long next = IDLE_NANOS;
            for (Attachment attachment : kept) {
                next = Math.min(next, look(attachment, lastRound));
            }
            if (lastRound) {
                settled.countDown();
                if (kept.isEmpty()) {
                    control.close();
                    return;
                }
            }
            if (!woken && lastRound == closing) {
                LockSupport.parkNanos(this, next);
            }
        }
    }

    private long look(Attachment attachment, boolean end) {
        try {
            long next = attachment.keep(System.nanoTime());
            if (!end && attachment.isCurrent()) {
                return next;
            }
            attachment.beginEnd();
            if (attachment.tryEnd()) {
                kept.remove(attachment);
            }
            return ENDING_NANOS;
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "keeping the session failed; it goes on", e);
            return IDLE_NANOS;
        }
    }
}
