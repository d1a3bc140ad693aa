package io.tokamak.session;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tokamak.layout.StoreFile;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.TokamakException;
import io.tokamak.wire.WireFailure;

/** What an error of the control socket means where it means more than elsewhere. */
final class ControlErrors {
    private ControlErrors() {}

    static TokamakException translate(StatusRuntimeException thrown, String node) {
        WireFailure failure = WireFailure.of(thrown);
        if (failure.status() == Status.Code.NOT_FOUND
                && !failure.reason().equals(ObjectNotFound.CODE)) {
            return new SessionFenced(
                    failure.numbers().getOrDefault("session", node), failure.detail());
        }
        if (failure.status() == Status.Code.FAILED_PRECONDITION
                && !failure.reason().equals(SessionFenced.CODE)) {
            return new IncompatibleStore(
                    node,
                    "layout",
                    Long.toHexString(StoreFile.LAYOUT),
                    failure.numbers().getOrDefault("layout", "unknown"),
                    "run the client and the node from the same release");
        }
        return failure.toException(node);
    }

    /** Whether the node no longer knows the session. */
    static boolean isSessionGone(StatusRuntimeException failure) {
        return failure.getStatus().getCode() == Status.Code.NOT_FOUND;
    }
}
