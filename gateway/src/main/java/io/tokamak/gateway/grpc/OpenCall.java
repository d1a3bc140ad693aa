package io.tokamak.gateway.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A call under way. gRPC calls one of its methods at a time, where its {@link Steps} run; {@link
 * #breakOff} comes from elsewhere.
 */
abstract class OpenCall<A> extends ServerCall.Listener<Received> {
    private final ServerCall<Received, A> call;
    private final Steps steps = Steps.current();

    /** Of the steps, which follow each other, and those that come from elsewhere. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean ended;

    OpenCall(ServerCall<Received, A> call) {
        this.call = call;
    }

    /**
     * Lets go of what the call holds, however it ended. Once, and nothing comes after it. May wait,
     * unless the call is {@link #complete} while its steps do not.
     */
    abstract void release();

    /** Does a step, unless the call has ended; what fails ends it. */
    final void run(Runnable step) {
        try {
            lock.lock();
            try {
                if (!ended) {
                    step.run();
                }
            } finally {
                lock.unlock();
            }
        } catch (RuntimeException | Error e) {
            breakOff(e);
        }
    }

    /**
     * Says whether any step from now on, and whoever holds the lock, may wait. While none does,
     * they run in the thread of the connection, and others on it wait for them.
     */
    final void stepsMayWait(boolean mayWait) {
        steps.mayWait(mayWait);
    }

    /** Does that now, or, if steps may wait, where they may. */
    final void whereStepsMayWait(Runnable work) {
        steps.run(work);
    }

    /** Ends the call for a reason of ours, once it is between two steps. From any thread. */
    public final void breakOff(Throwable reason) {
        if (end()) {
            Steps.waitFor(
                    () -> {
                        try {
                            release();
                        } finally {
                            Statuses.close(call, reason);
                        }
                    });
        }
    }

    /** Whether the call ends with this: then what it holds is the caller's to release. */
    private boolean end() {
        lock.lock();
        try {
            boolean isFirst = !ended;
            ended = true;
            return isFirst;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onCancel() {
        Steps.waitFor(this::cancel); // who has the lock may be waiting already
    }

    final void cancel() {
        if (end()) {
            release();
        }
    }

    final boolean isCancelled() {
        return call.isCancelled();
    }

    /** Whether the caller has taken most of what was sent. */
    final boolean canSend() {
        return call.isReady();
    }

    final void request(int messages) {
        call.request(messages);
    }

    final void sendHeaders() {
        call.sendHeaders(new Metadata());
    }

    final void send(A answer) {
        call.sendMessage(answer);
    }

    /** Ends the call well. */
    final void complete() {
        if (end()) {
            try {
                release();
            } finally {
                call.close(Status.OK, new Metadata());
            }
        }
    }
}
