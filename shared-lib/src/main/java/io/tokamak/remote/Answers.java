package io.tokamak.remote;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.tokamak.objects.DeadlineExceeded;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream of answers, taken one by one: no more come than are taken. For one thread; closing it
 * ends the call, if that goes on, and frees what it holds on both sides.
 */
final class Answers<A> implements AutoCloseable {
    private final BlockingClientCall<?, A> call;
    private final Consumer<A> discard;

    /**
     * @param discard frees an answer that nobody takes
     */
    <Q> Answers(Gateway gateway, MethodDescriptor<Q, A> method, Q request, Consumer<A> discard) {
        this.call =
                ClientCalls.blockingV2ServerStreamingCall(
                        gateway.channel(), method, CallOptions.DEFAULT, request);
        this.discard = discard;
    }

    /**
     * The next answer, or null after the last.
     *
     * @param silenceMax how long to wait for it
     * @param what is going on, for people
     * @throws io.grpc.StatusRuntimeException when the stream ended with an error
     * @throws DeadlineExceeded when nothing came, or the thread was interrupted
     */
    @Nullable A next(Duration silenceMax, Supplier<String> what) {
        try {
            return call.read(silenceMax.toNanos(), TimeUnit.NANOSECONDS);
        } catch (StatusException e) {
            throw e.getStatus().asRuntimeException(e.getTrailers());
        } catch (TimeoutException e) {
            throw new DeadlineExceeded(what.get(), silenceMax);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceeded(what.get() + " for an interrupted thread", Duration.ZERO);
        }
    }

    /** What came too late is in buffers of the network, which nobody but us gives back. */
    @Override
    public void close() {
        boolean wasInterrupted = Thread.interrupted();
        call.cancel("the caller has what it wanted", null);
        try {
            for (A late = call.read(1, TimeUnit.SECONDS);
                    late != null;
                    late = call.read(1, TimeUnit.SECONDS)) {
                discard.accept(late);
            }
        } catch (StatusException | TimeoutException ended) {
            // As it should.
        } catch (InterruptedException e) {
            wasInterrupted = true;
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
