package io.tokamak.gateway.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.Context;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/**
 * A call with one request, whose answers are made as fast as the caller takes them. What does not
 * have to wait is done in the thread of the connection ({@link Steps}).
 */
abstract class Answering<Q extends Message, A> extends OpenCall<A> {
    /** One is to come; another would be a mistake, which is to be noticed. */
    private static final int REQUESTS = 2;

    /** To read a longer request would keep the others of the connection waiting. */
    private static final int AT_ONCE_BYTES_MAX = 4 << 10;

    private final Parser<Q> parser;
    private byte @Nullable [] request;
    private volatile boolean begun;

    Answering(ServerCall<Received, A> call, Parser<Q> parser) {
        super(call);
        this.parser = parser;
        request(REQUESTS);
    }

    /**
     * Does what comes before the first answer, if that takes no waiting. A call that ever does it
     * so never waits after its beginning.
     *
     * @return false: nothing was done
     */
    boolean beginAtOnce(Q request) {
        return false;
    }

    /**
     * Does what comes before the first answer. May wait, as long as {@link #isCancelled} is not.
     */
    abstract void begin(Q request);

    /** Whether steps may wait after the beginning. */
    boolean mayWaitLater() {
        return true;
    }

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
                    request = message.copy();
                });
    }

    @Override
    public final void onHalfClose() {
        run(
                () -> {
                    byte[] encoded = request;
                    if (encoded == null) {
                        throw Received.bad("there is none");
                    }
                    request = null; // may be large, and the answer long
                    Q known = null;
                    if (encoded.length <= AT_ONCE_BYTES_MAX) {
                        known = Received.parse(encoded, parser);
                        if (beginAtOnce(known)) {
                            begun();
                            return;
                        }
                    }
                    stepsMayWait(true);
                    Q read = known;
                    Steps.waitFor(Context.current().wrap(() -> beginWaiting(encoded, read)));
                });
    }

    /**
     * @param read the request, if it was read
     */
    private void beginWaiting(byte[] encoded, @Nullable Q read) {
        run(
                () -> {
                    begin(read == null ? Received.parse(encoded, parser) : read);
                    begun();
                });
        stepsMayWait(mayWaitLater()); // not before: who has the lock is not held up any more
    }

    private void begun() {
        begun = true;
        sendHeaders();
        advance();
    }

    @Override
    public final void onReady() {
        if (begun) { // else the beginning will see it
            whereStepsMayWait(() -> run(this::advance));
        }
    }

    /** Nothing that is released while no step waits takes any waiting. */
    @Override
    public void onCancel() {
        whereStepsMayWait(this::cancel);
    }

    private void advance() {
        if (proceed()) {
            complete();
        }
    }
}
