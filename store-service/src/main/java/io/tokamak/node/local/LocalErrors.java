package io.tokamak.node.local;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tokamak.node.objects.CommandRefused;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.TooLarge;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what went wrong into the status that {@code local.proto} promises. */
final class LocalErrors {
    private static final Logger LOG = LoggerFactory.getLogger(LocalErrors.class);
    private static final String DOMAIN = "tokamak";

    private LocalErrors() {}

    static StatusRuntimeException statusOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
        return switch (cause) {
            case CommandRefused refused -> refused(refused);
            case InvalidRequest invalid ->
                    status(Code.INVALID_ARGUMENT, invalid.detail(), invalid.code(), Map.of());
            case StatusRuntimeException status -> status;
            default -> {
                LOG.error("a command failed", cause);
                yield status(Code.INTERNAL, "the node failed: " + cause, "internal", Map.of());
            }
        };
    }

    private static StatusRuntimeException refused(CommandRefused refused) {
        String message = String.valueOf(refused.getMessage());
        Map<String, String> numbers = refused.numbers();
        return switch (refused.kind()) {
            case INVALID ->
                    status(Code.INVALID_ARGUMENT, message, InvalidRequest.BAD_PARAMETER, numbers);
            case NO_SESSION -> status(Code.NOT_FOUND, message, "session", numbers);
            case FENCED -> status(Code.FAILED_PRECONDITION, message, SessionFenced.CODE, numbers);
            case UNAVAILABLE -> status(Code.UNAVAILABLE, message, NodeDown.CODE, numbers);
            case OUT_OF_MEMORY ->
                    status(Code.RESOURCE_EXHAUSTED, message, OutOfMemory.CODE, numbers);
            case TOO_LARGE -> status(Code.OUT_OF_RANGE, message, TooLarge.CODE, numbers);
            case EXISTS -> status(Code.ALREADY_EXISTS, message, ObjectExists.CODE, numbers);
            case NOT_FOUND -> status(Code.NOT_FOUND, message, ObjectNotFound.CODE, numbers);
            case USED_UP -> status(Code.RESOURCE_EXHAUSTED, message, "quota-exceeded", numbers);
        };
    }

    static StatusRuntimeException invalid(String message) {
        return status(Code.INVALID_ARGUMENT, message, InvalidRequest.BAD_PARAMETER, Map.of());
    }

    static StatusRuntimeException status(
            Code code, String message, String reason, Map<String, String> details) {
        return StatusProto.toStatusRuntimeException(
                Status.newBuilder()
                        .setCode(code.value())
                        .setMessage(message)
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setDomain(DOMAIN)
                                                .setReason(reason)
                                                .putAllMetadata(details)
                                                .build()))
                        .build());
    }
}
