package io.tokamak.client;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.session.Control;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The client's attachment that stands, and the next one when that has ended: the store was retired
 * (I33), the session is gone. Thread-safe.
 */
final class Attachments {
    private final ConnectOptions options;
    private final Control control;
    private final Keeper keeper;
    private final ReentrantLock attaching = new ReentrantLock();
    private volatile Attachment current;
    private volatile boolean closed;

    private Attachments(
            ConnectOptions options, Control control, Keeper keeper, Attachment attachment) {
        this.options = options;
        this.control = control;
        this.keeper = keeper;
        this.current = attachment;
    }

    /** Attaches for the first time, and keeps what is attached until {@link #close}. */
    static Attachments open(ConnectOptions options, Control control) {
        Keeper keeper = new Keeper(control);
        Attachment attachment =
                Attachment.open(
                        control, options.name(), keeper::wake, Deadline.after(options.timeout()));
        keeper.keep(attachment);
        keeper.start();
        return new Attachments(options, control, keeper, attachment);
    }

    /** The one that stands; null when it would have to be attached anew. */
    @Nullable Attachment currentOrNull() {
        Attachment known = current;
        return known.isCurrent() && !known.isForkedChild() ? known : null;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * The one that stands, attached anew if need be.
     *
     * @throws InvalidState when the client is closed, or this process is a fork of its own
     */
    Attachment current() {
        Attachment known = current;
        return known.isCurrent() && !known.isForkedChild() ? known : attachAgain(known);
    }

    private Attachment attachAgain(Attachment previous) {
        if (previous.isForkedChild()) {
            throw new InvalidState(
                    "this process was forked from the one that connected",
                    "connect again in the child");
        }
        attaching.lock();
        try {
            if (closed) {
                throw InvalidState.used("client", "closed");
            }
            if (current != previous) {
                return current;
            }
            Attachment next =
                    Attachment.open(
                            control,
                            options.name(),
                            keeper::wake,
                            Deadline.after(options.timeout()));
            keeper.keep(next);
            current = next;
            keeper.wake(); // it ends the previous one
            return next;
        } finally {
            attaching.unlock();
        }
    }

    /** Whether to begin a call again that ran into the end of its attachment. */
    boolean isOver(Attachment attachment) {
        if (!attachment.isEnding()) {
            return false;
        }
        if (closed) {
            throw InvalidState.used("client", "closed");
        }
        return true;
    }

    void checkOpen() {
        if (closed) {
            throw InvalidState.used("client", "closed");
        }
    }

    void close() {
        attaching.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            attaching.unlock();
        }
        current.outdate();
        keeper.close(options.timeout());
    }
}
