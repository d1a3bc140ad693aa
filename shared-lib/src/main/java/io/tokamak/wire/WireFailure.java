package io.tokamak.wire;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.NotCoLocated;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectLost;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.TokamakException;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.TooManyPins;
import io.tokamak.objects.Unauthenticated;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed, with what the other side said about it. Immutable.
 *
 * @param status what gRPC says
 * @param reason the stable code; empty: nobody of ours had a say in it
 * @param detail for people
 * @param numbers the variables of the message, by name
 * @param retryAfter when the other side wants to be asked again; null: it did not say
 * @param cause as it was thrown
 */
public record WireFailure(
        Status.Code status,
        String reason,
        String detail,
        Map<String, String> numbers,
        @Nullable Duration retryAfter,
        Exception cause) {

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    /** How grpc-java begins what it says of an answer that is HTTP and nothing more. */
    private static final String NOT_GRPC = "HTTP status code 404";

    public static WireFailure of(StatusException cause) {
        return of(cause.getStatus(), cause);
    }

    public static WireFailure of(StatusRuntimeException cause) {
        return of(cause.getStatus(), cause);
    }

    private static WireFailure of(Status status, Exception cause) {
        com.google.rpc.Status details = StatusProto.fromThrowable(cause);
        ErrorInfo info = detail(details, ErrorInfo.getDefaultInstance());
        RetryInfo retry = detail(details, RetryInfo.getDefaultInstance());
        return new WireFailure(
                status.getCode(),
                info.getReason(),
                detail(status),
                info.getMetadataMap(),
                retry.hasRetryDelay()
                        ? Duration.ofSeconds(
                                retry.getRetryDelay().getSeconds(),
                                retry.getRetryDelay().getNanos())
                        : null,
                cause);
    }

    /** What happened below gRPC is in the cause alone: a certificate that is not trusted, say. */
    private static String detail(Status status) {
        String description =
                status.getDescription() == null
                        ? status.getCode().name()
                        : status.getDescription().lines().findFirst().orElse("");
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null || cause.getMessage() == null
                ? description
                : description + ": " + cause.getMessage();
    }

    /** The detail of that type, or the one given when there is none that can be read. */
    @SuppressWarnings("unchecked") // unpack gives what it is given the class of
    private static <T extends Message> T detail(
            com.google.rpc.@Nullable Status details, T defaultInstance) {
        if (details != null) {
            for (Any detail : details.getDetailsList()) {
                if (detail.is(defaultInstance.getClass())) {
                    try {
                        return (T) detail.unpack(defaultInstance.getClass());
                    } catch (InvalidProtocolBufferException broken) {
                        return defaultInstance;
                    }
                }
            }
        }
        return defaultInstance;
    }

    /**
     * Whether nobody answered, or who did wants to be asked again. A server that stops cancels its
     * calls: CANCELLED is as good, unless the caller did it.
     */
    public boolean isPassing() {
        return status == Status.Code.UNAVAILABLE
                || status == Status.Code.CANCELLED
                || retryAfter != null;
    }

    /** A variable of the message; empty when it is not there. */
    public String text(String name) {
        return numbers.getOrDefault(name, "");
    }

    /** A variable of the message, 0 or more; 0 when it is not there or no number. */
    public long number(String name) {
        return Math.max(0, Shortage.parse(text(name)));
    }

    /**
     * The exception that it stands for.
     *
     * @param node the address that was asked
     */
    public TokamakException toException(String node) {
        return switch (reason) {
            case ObjectNotFound.CODE -> notFound();
            case ObjectExists.CODE -> exists();
            case ObjectLost.CODE -> new ObjectLost(id(), orElse(text("home"), node));
            case OutOfMemory.CODE -> outOfMemory();
            case TooLarge.CODE -> new TooLarge(number("requested"), number("capacity"));
            case TooManyPins.CODE -> new TooManyPins((int) number("pins"), (int) number("limit"));
            case QuotaExceeded.CODE -> quota();
            case DigestMismatch.CODE ->
                    new DigestMismatch("sha-256", text("expected"), text("actual"));
            case SessionFenced.CODE -> new SessionFenced(text("session"), detail);
            case NotCoLocated.CODE ->
                    new NotCoLocated(
                            orElse(text("reason"), NotCoLocated.NONCE_DIFFERS),
                            orElse(text("folder"), node));
            default -> byStatus(node);
        };
    }

    private TokamakException byStatus(String node) {
        return switch (status) {
            case INVALID_ARGUMENT,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    ABORTED,
                    NOT_FOUND,
                    ALREADY_EXISTS ->
                    new InvalidRequest(
                            orElse(reason, InvalidRequest.BAD_PARAMETER),
                            detail,
                            orElse(text("remedy"), "change the call"));
            case UNIMPLEMENTED ->
                    new InvalidRequest(
                            "unimplemented",
                            node + " does not know this call: " + detail,
                            detail.startsWith(NOT_GRPC)
                                    ? "that is a port of REST: give the one of gRPC, 9090 if it was"
                                            + " not set to another"
                                    : "run it and this program from the same release");
            case DATA_LOSS -> new CorruptObject(detail, cause);
            case UNAUTHENTICATED -> new Unauthenticated(detail);
            case PERMISSION_DENIED ->
                    new PermissionDenied(
                            "this process",
                            orElse(text("action"), "do this at"),
                            orElse(text("resource"), node));
            case DEADLINE_EXCEEDED ->
                    new DeadlineExceeded(
                            "a call to %s (%s)".formatted(node, detail),
                            Duration.ofMillis(
                                    Math.max(number("waitedMillis"), number("timeoutMillis"))));
            case OK, CANCELLED, UNKNOWN, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE ->
                    new NodeDown(
                            node, detail, retryAfter == null ? RETRY_AFTER : retryAfter, cause);
        };
    }

    private OutOfMemory outOfMemory() {
        return text("remedy").isEmpty()
                ? new OutOfMemory(Shortage.of(this))
                : new OutOfMemory(Shortage.of(this), detail, text("remedy"));
    }

    private QuotaExceeded quota() {
        return text("namespace").isEmpty()
                ? new QuotaExceeded(
                        detail,
                        orElse(text("remedy"), "repeat it when others have ended"),
                        number("used"),
                        number("limit"))
                : new QuotaExceeded(
                        text("namespace"),
                        orElse(text("quota"), "requests"),
                        Math.max(1, number("requested")),
                        number("used"),
                        number("limit"));
    }

    private ObjectNotFound notFound() {
        ObjectName name = name();
        return name == null ? new ObjectNotFound(id()) : new ObjectNotFound(name);
    }

    private ObjectExists exists() {
        ObjectName name = name();
        String holder = text("holder");
        return new ObjectExists(
                name == null
                        ? new ObjectName(
                                ObjectName.DEFAULT_NAMESPACE, orElse(text("id"), "unknown"))
                        : name,
                id(),
                holder.isEmpty() ? "session " + orElse(text("session"), "unknown") : holder,
                Shortage.instant(text("since")));
    }

    private @Nullable ObjectName name() {
        return text("key").isEmpty()
                ? null
                : new ObjectName(
                        orElse(text("namespace"), ObjectName.DEFAULT_NAMESPACE), text("key"));
    }

    private ObjectId id() {
        String text = text("id");
        return ObjectId.isId(text) ? ObjectId.parse(text) : new ObjectId(0, 0);
    }

    private static String orElse(String text, String other) {
        return text.isEmpty() ? other : text;
    }
}
