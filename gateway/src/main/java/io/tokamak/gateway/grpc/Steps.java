package io.tokamak.gateway.grpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;

/**
 * Where the steps of one call run: in virtual threads, in which they may wait for the node, or,
 * while none of them does, in the thread of the connection that brings them. Where processors are
 * few, handing a message over costs as much as copying it, and the wake of another thread as much
 * as all else of a small call.
 *
 * <p>gRPC gives it one task at a time. Thread-safe.
 */
final class Steps implements Executor {
    /** Gives each call its own. */
    static final ServerCallExecutorSupplier OF_EACH_CALL =
            new ServerCallExecutorSupplier() {
                @Override
                public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
                    return new Steps(!beginsWithoutWaiting(call.getMethodDescriptor()));
                }
            };

    private static final ScopedValue<Steps> CURRENT = ScopedValue.newInstance();

    private volatile boolean mayWait;

    private Steps(boolean mayWait) {
        this.mayWait = mayWait;
    }

    /** Calls of ours with one request do no more at first than to take it: {@link Answering}. */
    private static boolean beginsWithoutWaiting(MethodDescriptor<?, ?> method) {
        return method.getRequestMarshaller().equals(Received.MARSHALLER)
                && method.getType().clientSendsOneMessage();
    }

    /** Of the call that is being begun by this thread. */
    static Steps current() {
        return CURRENT.get();
    }

    /** Whether any of the steps from now on may wait. */
    void mayWait(boolean mayWait) {
        this.mayWait = mayWait;
    }

    @Override
    public void execute(Runnable steps) {
        if (mayWait || Thread.currentThread().isVirtual()) {
            Thread.startVirtualThread(() -> ScopedValue.where(CURRENT, this).run(steps));
        } else {
            ScopedValue.where(CURRENT, this).run(steps);
        }
    }

    /** Does what waits only if steps may: then elsewhere, if this is a connection's thread. */
    void run(Runnable work) {
        if (mayWait) {
            waitFor(work);
        } else {
            work.run();
        }
    }

    /** Does what may wait: elsewhere, if this is the thread of a connection. */
    static void waitFor(Runnable work) {
        if (Thread.currentThread().isVirtual()) {
            work.run();
        } else {
            Thread.startVirtualThread(work);
        }
    }
}
