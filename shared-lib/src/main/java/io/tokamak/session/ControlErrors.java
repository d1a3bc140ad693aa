package io.tokamak.session;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tokamak.layout.StoreFile;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MemoryShortage;
import io.tokamak.objects.NodeDown;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns what comes over the control socket back into the exceptions that it stands for. */
final class ControlErrors {
    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    private ControlErrors() {}

    static TokamakException translate(StatusRuntimeException failure, String node) {
        Status status = failure.getStatus();
        String description =
                status.getDescription() == null ? status.getCode().name() : status.getDescription();
        ErrorInfo info = info(failure);
        String reason = info.getReason();
        Map<String, String> numbers = info.getMetadataMap();
        return switch (status.getCode()) {
            case RESOURCE_EXHAUSTED ->
                    reason.equals(OutOfMemory.CODE)
                            ? new OutOfMemory(shortage(numbers))
                            : new QuotaExceeded(
                                    node,
                                    "sessions",
                                    1,
                                    number(numbers, "used"),
                                    number(numbers, "limit"));
            case OUT_OF_RANGE ->
                    new TooLarge(number(numbers, "requested"), number(numbers, "capacity"));
            case ALREADY_EXISTS -> exists(numbers);
            case NOT_FOUND -> notFound(reason, numbers, node, description);
            case FAILED_PRECONDITION ->
                    reason.equals(SessionFenced.CODE)
                            ? new SessionFenced(numbers.getOrDefault("session", ""), description)
                            : new IncompatibleStore(
                                    node,
                                    "layout",
                                    Long.toHexString(StoreFile.LAYOUT),
                                    numbers.getOrDefault("layout", "unknown"),
                                    "run the client and the node from the same release");
            case DATA_LOSS ->
                    reason.equals(ObjectLost.CODE)
                            ? new ObjectLost(id(numbers), numbers.getOrDefault("home", node))
                            : new CorruptObject(description, failure);
            case PERMISSION_DENIED ->
                    new PermissionDenied(
                            "this process",
                            numbers.getOrDefault("action", "do this"),
                            numbers.getOrDefault("resource", node));
            case INVALID_ARGUMENT ->
                    new InvalidRequest(
                            reason.isEmpty() ? InvalidRequest.BAD_PARAMETER : reason,
                            description,
                            "change the call");
            case DEADLINE_EXCEEDED -> new DeadlineExceeded("a call to node " + node, Duration.ZERO);
            default -> new NodeDown(node, description, RETRY_AFTER, failure);
        };
    }

    /** Whether the node no longer knows the session. */
    static boolean isSessionGone(StatusRuntimeException failure) {
        return failure.getStatus().getCode() == Status.Code.NOT_FOUND;
    }

    private static ErrorInfo info(StatusRuntimeException failure) {
        com.google.rpc.Status details = StatusProto.fromThrowable(failure);
        if (details != null) {
            for (Any detail : details.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        return detail.unpack(ErrorInfo.class);
                    } catch (InvalidProtocolBufferException broken) {
                        break;
                    }
                }
            }
        }
        return ErrorInfo.getDefaultInstance();
    }

    private static TokamakException notFound(
            String reason, Map<String, String> numbers, String node, String description) {
        if (reason.equals(ObjectNotFound.CODE)) {
            return new ObjectNotFound(id(numbers));
        }
        return new SessionFenced(numbers.getOrDefault("session", node), description);
    }

    private static ObjectExists exists(Map<String, String> numbers) {
        String key = numbers.getOrDefault("key", "");
        ObjectName name =
                key.isEmpty()
                        ? new ObjectName(
                                ObjectName.DEFAULT_NAMESPACE, numbers.getOrDefault("id", "unknown"))
                        : new ObjectName(
                                numbers.getOrDefault("namespace", ObjectName.DEFAULT_NAMESPACE),
                                key);
        return new ObjectExists(
                name,
                id(numbers),
                "session " + numbers.getOrDefault("session", "unknown"),
                Instant.ofEpochMilli(number(numbers, "since")));
    }

    private static ObjectId id(Map<String, String> numbers) {
        String text = numbers.getOrDefault("id", "");
        return ObjectId.isId(text) ? ObjectId.parse(text) : new ObjectId(0, 0);
    }

    private static MemoryShortage shortage(Map<String, String> numbers) {
        return new MemoryShortage(
                number(numbers, "requested"),
                number(numbers, "capacity"),
                number(numbers, "inUse"),
                number(numbers, "free"),
                number(numbers, "pinned"),
                number(numbers, "leased"),
                number(numbers, "condemned"),
                number(numbers, "spillUsed"),
                number(numbers, "spillCapacity"),
                holders(numbers.get("pinnedBy")),
                holders(numbers.get("leasedBy")));
    }

    /** Holders come as {@code session:pid:bytes:process}, one to a line, the largest first. */
    private static List<MemoryShortage.Holder> holders(@Nullable String text) {
        List<MemoryShortage.Holder> holders = new ArrayList<>();
        if (text != null) {
            text.lines()
                    .forEach(
                            line -> {
                                String[] fields = line.split(":", 4);
                                if (fields.length == 4) {
                                    holders.add(
                                            new MemoryShortage.Holder(
                                                    fields[0],
                                                    parse(fields[1]),
                                                    fields[3],
                                                    Math.max(0, parse(fields[2]))));
                                }
                            });
        }
        return holders;
    }

    private static long number(Map<String, String> numbers, String name) {
        return Math.max(0, parse(numbers.getOrDefault(name, "")));
    }

    private static long parse(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException none) {
            return 0;
        }
    }
}
