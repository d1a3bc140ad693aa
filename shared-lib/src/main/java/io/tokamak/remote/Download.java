package io.tokamak.remote;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.wire.WireFailure;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One object on its way to its place, over as many streams as it takes. For one thread. */
final class Download {
    private static final String OBJECT_CHANGED = "object-changed";

    private static final MethodDescriptor<GetRequest, GetPart> GET =
            ObjectStoreGrpc.getGetMethod().toBuilder(
                            ObjectStoreGrpc.getGetMethod().getRequestMarshaller(),
                            GetPart.MARSHALLER)
                    .build();

    private final Gateway gateway;
    private final ObjectRef object;
    private final Deadline deadline;
    private final Function<ObjectInfo, MemorySegment> place;

    /** Known from the first part on, as is the place. */
    private @Nullable ObjectInfo info;

    private MemorySegment target = MemorySegment.NULL;
    private long receivedBytes;

    Download(
            Gateway gateway,
            ObjectRef object,
            Deadline deadline,
            Function<ObjectInfo, MemorySegment> place) {
        this.gateway = gateway;
        this.object = object;
        this.deadline = deadline;
        this.place = place;
    }

    ObjectInfo run() {
        while (true) {
            try {
                ObjectInfo whole = gateway.repeat(Deadline.after(silenceMax()), this::transfer);
                if (whole != null) {
                    return whole;
                }
            } catch (StatusRuntimeException failure) {
                TokamakException translated =
                        gateway.translate(failure, "a get", gateway.timeout());
                // A gateway waits no longer than it is allowed to be asked to.
                if (!(translated instanceof ObjectNotFound)
                        || info != null
                        || deadline.isExpired()) {
                    throw translated;
                }
            }
        }
    }

    private Duration silenceMax() {
        return info == null ? deadline.remaining().plus(gateway.timeout()) : gateway.timeout();
    }

    /** The object, when it is here; null: some of it came, and then no more. */
    private @Nullable ObjectInfo transfer() {
        long before = receivedBytes;
        try (Answers<GetPart> parts = new Answers<>(gateway, GET, request(), GetPart::close)) {
            while (true) {
                try (GetPart part = parts.next(silenceMax(), this::progress)) {
                    if (part == null) {
                        return checkWhole();
                    }
                    take(part);
                }
            }
        } catch (StatusRuntimeException e) {
            if (WireFailure.of(e).reason().equals(OBJECT_CHANGED)) {
                info = null;
                receivedBytes = 0;
                return null;
            }
            if (receivedBytes > before && isBroken(e.getStatus().getCode())) {
                return null;
            }
            throw e;
        }
    }

    private GetRequest request() {
        GetRequest.Builder request =
                GetRequest.newBuilder().setObject(object).setOffsetBytes(receivedBytes);
        if (info != null) {
            request.setIncarnation(info.getIncarnation());
        } else if (!deadline.isExpired()) {
            request.setWait(Messages.wait(deadline));
        }
        return request.build();
    }

    private void take(GetPart part) {
        ObjectInfo described = part.object();
        if (info == null) {
            if (described == null) {
                throw new CorruptObject(gateway.address() + " does not say what it sends");
            }
            info = described;
            target = place.apply(described);
        } else if (described != null && described.getIncarnation() != info.getIncarnation()) {
            throw new CorruptObject(
                    "%s goes on with another object than %s"
                            .formatted(gateway.address(), info.getId()));
        }
        if (part.length() > info.getSizeBytes() - receivedBytes) {
            throw new CorruptObject(
                    "%s sends more than the %d bytes of object %s"
                            .formatted(gateway.address(), info.getSizeBytes(), info.getId()));
        }
        try {
            part.copyTo(target, receivedBytes);
        } catch (IOException e) {
            throw new CorruptObject("a part of object " + info.getId(), e);
        }
        receivedBytes += part.length();
    }

    /** A stream that ends too early in good order is no better than one that breaks. */
    private ObjectInfo checkWhole() {
        if (info == null || receivedBytes < info.getSizeBytes()) {
            throw Status.UNAVAILABLE.withDescription(progress() + " ended").asRuntimeException();
        }
        return info;
    }

    private static boolean isBroken(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE, INTERNAL, CANCELLED -> true;
            default -> false;
        };
    }

    private String progress() {
        return info == null
                ? "the get"
                : "the get of object %s, of which %d of %d bytes came,"
                        .formatted(info.getId(), receivedBytes, info.getSizeBytes());
    }
}
