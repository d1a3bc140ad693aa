package io.tokamak.session;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.NodeDown;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One connection of a session, from hello or resume to its end. The steps are for one thread. */
final class AttachStream implements ClientResponseObserver<AttachRequest, AttachResponse> {
    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    /** What came: a response, or the end. */
    private sealed interface Arrival {
        record Response(AttachResponse response) implements Arrival {}

        record End(StatusRuntimeException failure) implements Arrival {}
    }

    private final Control control;
    private final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable ClientCallStreamObserver<AttachRequest> requests;
    private @Nullable Consumer<AttachStream> listener;

    private AttachStream(Control control) {
        this.control = control;
    }

    static AttachStream open(Control control) {
        AttachStream stream = new AttachStream(control);
        control.events().attach(stream);
        return stream;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AttachRequest> requestStream) {
        requests = requestStream;
    }

    /** Says hello and returns the name of the session that is offered. */
    String hello(int pid, String processName, Deadline deadline) {
        send(
                AttachRequest.newBuilder()
                        .setHello(
                                AttachRequest.Hello.newBuilder()
                                        .setLayout(StoreFile.LAYOUT)
                                        .setPid(pid)
                                        .setLanguage(SessionFile.LANGUAGE_JAVA)
                                        .setName(processName))
                        .build());
        AttachResponse response = next(deadline);
        if (!response.hasOffer()) {
            throw unexpected(response);
        }
        return response.getOffer().getSession();
    }

    /** Says that the lock is held, and waits for go. */
    void ready(Deadline deadline) {
        send(AttachRequest.newBuilder().setReady(AttachRequest.Ready.getDefaultInstance()).build());
        AttachResponse response = next(deadline);
        if (!response.hasGo()) {
            throw unexpected(response);
        }
    }

    /**
     * Goes on with a session.
     *
     * @return false when the node does not know it
     */
    boolean resume(String session, Deadline deadline) {
        send(
                AttachRequest.newBuilder()
                        .setResume(AttachRequest.Resume.newBuilder().setSession(session))
                        .build());
        Arrival arrival = take(deadline);
        return switch (arrival) {
            case Arrival.Response(AttachResponse response) when response.hasGo() -> true;
            case Arrival.Response(AttachResponse response) -> throw unexpected(response);
            case Arrival.End(StatusRuntimeException failure)
                    when failure.getStatus().getCode() == Status.Code.NOT_FOUND ->
                    false;
            case Arrival.End(StatusRuntimeException failure) -> throw control.translate(failure);
        };
    }

    /** Ends the session in good order, and waits a little for the node to say so. */
    void detach(Duration timeout) {
        try {
            send(
                    AttachRequest.newBuilder()
                            .setDetach(AttachRequest.Detach.getDefaultInstance())
                            .build());
            requests().onCompleted();
            if (!ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                cancel();
            }
        } catch (
                IllegalStateException closed) { // the connection has ended: the lock tells the node
            return;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            cancel();
        }
    }

    void cancel() {
        requests().cancel("given up", null);
    }

    /** Calls this when the stream has ended, at once if it has already. */
    void whenEnded(Consumer<AttachStream> action) {
        synchronized (this) {
            listener = action;
        }
        if (ended.getCount() == 0) {
            action.accept(this);
        }
    }

    @Override
    public void onNext(AttachResponse response) {
        arrivals.add(new Arrival.Response(response));
    }

    @Override
    public void onError(Throwable failure) {
        // With its trailers, where the details are.
        end(
                failure instanceof StatusRuntimeException status
                        ? status
                        : Status.fromThrowable(failure).asRuntimeException());
    }

    @Override
    public void onCompleted() {
        end(
                Status.UNAVAILABLE
                        .withDescription("the node ended the connection")
                        .asRuntimeException());
    }

    private void end(StatusRuntimeException failure) {
        arrivals.add(new Arrival.End(failure));
        ended.countDown();
        Consumer<AttachStream> action;
        synchronized (this) {
            action = listener;
        }
        if (action != null) {
            action.accept(this);
        }
    }

    private AttachResponse next(Deadline deadline) {
        return switch (take(deadline)) {
            case Arrival.Response(AttachResponse response) -> response;
            case Arrival.End(StatusRuntimeException failure) -> throw control.translate(failure);
        };
    }

    private Arrival take(Deadline deadline) {
        try {
            Arrival arrival =
                    arrivals.poll(Math.max(deadline.remainingNanos(), 1), TimeUnit.NANOSECONDS);
            if (arrival != null) {
                return arrival;
            }
            cancel();
            throw away("no answer to the attachment by the deadline");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            cancel();
            throw away("interrupted while attaching");
        }
    }

    private NodeDown away(String why) {
        return new NodeDown(control.folder().path().toString(), why, RETRY_AFTER);
    }

    private InvalidState unexpected(AttachResponse response) {
        cancel();
        return new InvalidState(
                "the node answered " + response.getStepCase() + " out of turn",
                "run both from the same release");
    }

    private void send(AttachRequest request) {
        requests().onNext(request);
    }

    private ClientCallStreamObserver<AttachRequest> requests() {
        if (requests == null) {
            throw new IllegalStateException("not started");
        }
        return requests;
    }
}
