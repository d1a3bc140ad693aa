package io.tokamak.gateway.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/** A call with one request, whose answers are made as fast as the caller takes them. */
abstract class Answering<Q extends Message, A> extends OpenCall<A> {
    /** One is to come; another would be a mistake, which is to be noticed. */
    private static final int REQUESTS = 2;

    private final Parser<Q> parser;
    private @Nullable Q request;
    private boolean begun;

    Answering(ServerCall<Received, A> call, Parser<Q> parser) {
        super(call);
        this.parser = parser;
        request(REQUESTS);
    }

    /**
     * Does what comes before the first answer. May wait, as long as {@link #isCancelled} is not.
     */
    abstract void begin(Q request);

    /**
     * Sends answers while the caller {@link #canSend}.
     *
     * @return whether that was all
     */
    abstract boolean proceed();

    @Override
    public final void onMessage(Received message) {
        run(
                () -> {
                    if (request != null) {
                        throw Received.bad("it is the second, the call has one");
                    }
                    request = message.as(parser);
                });
    }

    @Override
    public final void onHalfClose() {
        run(
                () -> {
                    Q known = request;
                    if (known == null) {
                        throw Received.bad("there is none");
                    }
                    request = null; // may be large, and the answer long
                    begin(known);
                    begun = true;
                    sendHeaders();
                    advance();
                });
    }

    @Override
    public final void onReady() {
        run(
                () -> {
                    if (begun) {
                        advance();
                    }
                });
    }

    private void advance() {
        if (proceed()) {
            complete();
        }
    }
}
