package io.tokamak.gateway.grpc;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.NotCoLocated;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectLost;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.PartialReplication;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.StoreRetired;
import io.tokamak.objects.TokamakException;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.TooManyPins;
import io.tokamak.objects.Unauthenticated;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** The one place where failures become statuses, with the details that the proto promises. */
public final class Statuses {
    private static final Logger LOG = LoggerFactory.getLogger(Statuses.class);
    private static final String DOMAIN = "tokamak";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** Details travel in a header, of which clients accept 8 KiB. */
    private static final int LIST_LENGTH_MAX = 5;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Statuses() {}

    /** What a call that failed so ends with. */
    static StatusRuntimeException of(Throwable failure) {
        return switch (failure) {
            case TokamakException known ->
                    status(
                            code(known),
                            known.code(),
                            known.detail(),
                            known.remedy(),
                            known.numbers(),
                            retryAfter(known));
            case Refusal refusal ->
                    status(
                            refusal.status(),
                            refusal.reason(),
                            refusal.detail(),
                            refusal.remedy(),
                            refusal.numbers(),
                            refusal.retryAfter());
            case StatusRuntimeException status -> status;
            default -> {
                LOG.error("a call failed", failure);
                yield status(
                        Code.INTERNAL,
                        "internal-error",
                        "the gateway failed",
                        "look into its log",
                        new LinkedHashMap<>(),
                        null);
            }
        };
    }

    /** Ends a call that failed so, if anybody still waits for it. */
    public static void close(ServerCall<?, ?> call, Throwable failure) {
        if (!call.isCancelled()) {
            StatusRuntimeException status = of(failure);
            Metadata trailers = status.getTrailers();
            call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
        }
    }

    private static Code code(TokamakException failure) {
        return switch (failure) {
            case InvalidRequest _ -> Code.INVALID_ARGUMENT;
            case Unauthenticated _ -> Code.UNAUTHENTICATED;
            case PermissionDenied _ -> Code.PERMISSION_DENIED;
            case ObjectNotFound _ -> Code.NOT_FOUND;
            case ObjectExists _ -> Code.ALREADY_EXISTS;
            case NotCoLocated _ -> Code.FAILED_PRECONDITION;
            case TooLarge _ -> Code.OUT_OF_RANGE;
            case ObjectLost _, CorruptObject _, DigestMismatch _ -> Code.DATA_LOSS;
            case OutOfMemory _, QuotaExceeded _, TooManyPins _ -> Code.RESOURCE_EXHAUSTED;
            case DeadlineExceeded _ -> Code.DEADLINE_EXCEEDED;
            // InvalidState: the client in the gateway is closed, as it stops.
            case NodeDown _,
                    StoreRetired _,
                    SessionFenced _,
                    IncompatibleStore _,
                    InvalidState _,
                    PartialReplication _ ->
                    Code.UNAVAILABLE;
        };
    }

    /** Null: to repeat the very same call at some later time does not help. */
    private static @Nullable Duration retryAfter(TokamakException failure) {
        return switch (failure) {
            case NodeDown down -> down.retryAfter();
            case OutOfMemory _,
                    QuotaExceeded _,
                    TooManyPins _,
                    StoreRetired _,
                    SessionFenced _,
                    InvalidState _ ->
                    RETRY_AFTER;
            default -> null;
        };
    }

    private static StatusRuntimeException status(
            Code code,
            String reason,
            String detail,
            String remedy,
            SequencedMap<String, Object> numbers,
            @Nullable Duration retryAfter) {
        ErrorInfo.Builder info =
                ErrorInfo.newBuilder()
                        .setDomain(DOMAIN)
                        .setReason(reason)
                        .putMetadata("remedy", remedy);
        numbers.forEach((name, value) -> info.putMetadata(name, text(value)));
        Status.Builder status =
                Status.newBuilder()
                        .setCode(code.value())
                        .setMessage(detail)
                        .addDetails(Any.pack(info.build()));
        if (retryAfter != null) {
            status.addDetails(
                    Any.pack(
                            RetryInfo.newBuilder()
                                    .setRetryDelay(Messages.duration(retryAfter))
                                    .build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private static String text(Object value) {
        return switch (value) {
            case List<?> list ->
                    JSON.writeValueAsString(
                            list.subList(0, Math.min(list.size(), LIST_LENGTH_MAX)));
            case Map<?, ?> map -> JSON.writeValueAsString(map);
            default -> value.toString();
        };
    }
}
