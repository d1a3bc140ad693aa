package io.tokamak.gateway.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call with one request, whose answers are made as fast as the caller takes them. gRPC calls one
 * of its methods at a time, in a thread that may block.
 */
abstract class Answering<Q extends Message, A> extends ServerCall.Listener<Received> {
    /** One is to come; another would be a mistake, which is to be noticed. */
    private static final int REQUESTS = 2;

    private final ServerCall<Received, A> call;
    private final Parser<Q> parser;
    private @Nullable Q request;
    private boolean begun;
    private boolean ended;

    Answering(ServerCall<Received, A> call, Parser<Q> parser) {
        this.call = call;
        this.parser = parser;
        call.request(REQUESTS);
    }

    /**
     * Does what comes before the first answer. May wait, as long as {@link #isCancelled} is not.
     */
    abstract void begin(Q request);

    /**
     * Sends answers while the caller {@link #isReady}.
     *
     * @return whether that was all
     */
    abstract boolean proceed();

    /** Lets go of what the call holds, however it ended. Idempotent. */
    abstract void release();

    @Override
    public final void onMessage(Received message) {
        if (ended) {
            return;
        }
        try {
            if (request != null) {
                throw Received.bad("it is the second, the call has one");
            }
            request = message.as(parser);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    @Override
    public final void onHalfClose() {
        if (ended) {
            return;
        }
        Q known = request;
        try {
            if (known == null) {
                throw Received.bad("there is none");
            }
            request = null; // may be large, and the answer long
            begin(known);
            begun = true;
            call.sendHeaders(new Metadata());
            advance();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    @Override
    public final void onReady() {
        if (begun && !ended) {
            try {
                advance();
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }
    }

    private void advance() {
        if (proceed()) {
            end();
            call.close(Status.OK, new Metadata());
        }
    }

    /** Ends the call with what the failure means. */
    final void fail(Throwable failure) {
        if (ended) {
            return;
        }
        end();
        Statuses.close(call, failure);
    }

    private void end() {
        ended = true;
        release();
    }

    @Override
    public final void onCancel() {
        end();
    }

    final boolean isReady() {
        return call.isReady();
    }

    final boolean isCancelled() {
        return call.isCancelled();
    }

    final void send(A answer) {
        call.sendMessage(answer);
    }
}
