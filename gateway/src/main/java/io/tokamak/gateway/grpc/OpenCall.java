package io.tokamak.gateway.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A call under way. gRPC calls one of its methods at a time, in a thread that may block; {@link
 * #breakOff} comes from elsewhere.
 */
abstract class OpenCall<A> extends ServerCall.Listener<Received> {
    private final ServerCall<Received, A> call;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean ended;

    OpenCall(ServerCall<Received, A> call) {
        this.call = call;
    }

    /** Lets go of what the call holds, however it ended. Once, and nothing comes after it. */
    abstract void release();

    /** Does a step, unless the call has ended; what fails ends it. */
    final void run(Runnable step) {
        lock.lock();
        try {
            if (!ended) {
                step.run();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable failure) {
        if (!ended) {
            end();
            Statuses.close(call, failure);
        }
    }

    private void end() {
        if (!ended) {
            ended = true;
            release();
        }
    }

    /** Ends the call for a reason of ours, once it is between two steps. From any thread. */
    public final void breakOff(Throwable reason) {
        lock.lock();
        try {
            fail(reason);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final void onCancel() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
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
        end();
        call.close(Status.OK, new Metadata());
    }
}
