package io.tokamak.gateway.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.ServerCall;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A call with one request and one answer. */
class Unary<Q extends Message, A extends Message> extends Answering<Q, A> {
    private final Work<Q, A> work;
    private @Nullable A answer;

    /** What is done for it. */
    interface Work<Q, A> {
        /**
         * Answers; may wait.
         *
         * @param isCancelled whether nobody waits for the answer any more
         */
        A answer(Q request, BooleanSupplier isCancelled);
    }

    Unary(ServerCall<Received, A> call, Parser<Q> parser, Work<Q, A> work) {
        super(call, parser);
        this.work = work;
    }

    @Override
    void begin(Q request) {
        answer = work.answer(request, this::isCancelled);
    }

    @Override
    boolean proceed() {
        A known = answer;
        if (known != null) { // always is, after begin
            send(known);
        }
        return true;
    }

    @Override
    void release() {
        answer = null;
    }
}
