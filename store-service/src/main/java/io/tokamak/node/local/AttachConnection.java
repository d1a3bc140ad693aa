package io.tokamak.node.local;

import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.tokamak.layout.StoreFile;
import io.tokamak.node.objects.Peer;
import io.tokamak.node.objects.Store;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attached client's stream: hello, offer, ready, go; or resume, go. A message out of turn ends
 * the stream, and fences the session if there is one. The end of the stream is a hint to look at
 * the session's lock, nothing more. Messages of a stream come one after the other.
 */
final class AttachConnection implements StreamObserver<AttachRequest> {
    private enum Step {
        NEW,
        OFFERED,
        ATTACHED,
        ENDED
    }

    private final Store store;
    private final Peer peer;
    private final StreamObserver<AttachResponse> responses;
    private volatile Step step = Step.NEW;
    private volatile @Nullable String session;

    AttachConnection(Store store, Peer peer, StreamObserver<AttachResponse> responses) {
        this.store = store;
        this.peer = peer;
        this.responses = responses;
    }

    @Override
    public void onNext(AttachRequest request) {
        switch (request.getStepCase()) {
            case HELLO -> hello(request.getHello());
            case READY -> ready();
            case RESUME -> resume(request.getResume().getSession());
            case DETACH -> detach();
            case STEP_NOT_SET -> outOfTurn("an empty message");
        }
    }

    private void hello(AttachRequest.Hello hello) {
        if (step != Step.NEW) {
            outOfTurn("hello");
            return;
        }
        if (hello.getLayout() != StoreFile.LAYOUT) {
            fail(
                    LocalErrors.status(
                            Code.FAILED_PRECONDITION,
                            "this node speaks layout %016x, the client %016x"
                                    .formatted(StoreFile.LAYOUT, hello.getLayout()),
                            "layout",
                            Map.of("layout", "%016x".formatted(StoreFile.LAYOUT))));
            return;
        }
        step = Step.OFFERED;
        answer(
                store.offer(peer),
                offer -> {
                    session = offer.session();
                    if (step == Step.ENDED) {
                        store.suspect(offer.session());
                        return;
                    }
                    responses.onNext(
                            AttachResponse.newBuilder()
                                    .setOffer(
                                            AttachResponse.Offer.newBuilder()
                                                    .setSession(offer.session())
                                                    .setSessionNumber(offer.number()))
                                    .build());
                });
    }

    private void ready() {
        String offered = session;
        if (step != Step.OFFERED || offered == null) {
            outOfTurn("ready");
            return;
        }
        step = Step.ATTACHED;
        answer(
                store.ready(offered),
                locked -> {
                    if (locked) {
                        go();
                    } else {
                        fail(LocalErrors.invalid("the lock of the session's file is not held"));
                    }
                });
    }

    private void resume(String name) {
        if (step != Step.NEW) {
            outOfTurn("resume");
            return;
        }
        step = Step.ATTACHED;
        answer(
                store.resume(name, peer),
                known -> {
                    if (known) {
                        session = name;
                        go();
                    } else {
                        fail(
                                LocalErrors.status(
                                        Code.NOT_FOUND,
                                        "no such session: attach anew",
                                        "session",
                                        Map.of()));
                    }
                });
    }

    private void detach() {
        if (step != Step.ATTACHED) {
            outOfTurn("detach");
            return;
        }
        end();
        responses.onCompleted();
    }

    private void go() {
        responses.onNext(
                AttachResponse.newBuilder().setGo(AttachResponse.Go.getDefaultInstance()).build());
    }

    private void outOfTurn(String what) {
        String name = session;
        if (name != null) {
            var _ = store.fence(name, "its client said " + what + " out of turn");
        }
        fail(LocalErrors.invalid(what + " out of turn"));
    }

    private <T> void answer(CompletableFuture<T> future, java.util.function.Consumer<T> then) {
        var _ =
                future.whenComplete(
                        (result, failure) -> {
                            if (failure != null) {
                                fail(LocalErrors.statusOf(failure));
                            } else {
                                then.accept(result);
                            }
                        });
    }

    private void fail(io.grpc.StatusRuntimeException status) {
        if (step != Step.ENDED) {
            end();
            responses.onError(status);
        }
    }

    private void end() {
        step = Step.ENDED;
        String name = session;
        if (name != null) {
            store.suspect(name);
        }
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    @Override
    public void onCompleted() {
        if (step != Step.ENDED) {
            end();
            responses.onCompleted();
        }
    }
}
