package io.tokamak.gateway.grpc;

import com.google.protobuf.CodedOutputStream;
import io.grpc.ServerCall;
import io.tokamak.client.ObjectView;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Pinned;
import io.tokamak.gateway.node.Target;
import io.tokamak.proto.v1.GetRequest;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.ObjectInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * An object's bytes, copied into the buffers of the socket as these empty. The pin ends with the
 * last copy.
 */
final class GetCall extends Answering<GetRequest, Frame> {
    /** Of one message. */
    private static final int PART_BYTES = 128 << 10;

    private static final int SCRATCH_BYTES = 16 << 10;

    private final NodeConnection connection;
    private @Nullable Pinned pin;

    /** In the first message, and only there. */
    private @Nullable ObjectInfo info;

    private byte[] scratch = new byte[0];
    private long at;
    private long end;

    GetCall(ServerCall<Received, Frame> call, NodeConnection connection) {
        super(call, GetRequest.parser());
        this.connection = connection;
        call.setOnReadyThreshold(PART_BYTES);
    }

    @Override
    boolean beginAtOnce(GetRequest request) {
        Target target = Messages.target(request.getObject());
        var _ = Messages.deadline(request.getWait()); // is one, though nothing waits
        pin = target.getIfPresent(connection.client(), view -> pin(request, view));
        return pin != null;
    }

    @Override
    void begin(GetRequest request) {
        try (ObjectView view =
                Messages.target(request.getObject())
                        .get(connection, Messages.deadline(request.getWait()), this::isCancelled)) {
            pin = pin(request, view);
        }
    }

    private Pinned pin(GetRequest request, ObjectView view) {
        long size = view.sizeBytes();
        long offset = request.getOffsetBytes();
        long length = request.getLengthBytes();
        if (request.getIncarnation() != 0 && request.getIncarnation() != view.incarnation()) {
            throw Refusal.objectChanged(request.getIncarnation(), view.incarnation());
        }
        if (Long.compareUnsigned(offset, size) > 0) {
            throw Refusal.rangeNotSatisfiable(offset, size);
        }
        at = offset;
        end =
                length == 0 || Long.compareUnsigned(length, size - offset) > 0
                        ? size
                        : offset + length;
        info = Messages.object(view);
        scratch = new byte[(int) Math.min(SCRATCH_BYTES, end - at)];
        return Pinned.of(view);
    }

    @Override
    boolean mayWaitLater() {
        return false;
    }

    @Override
    boolean proceed() {
        Pinned pinned = pin;
        if (pinned == null) {
            return false; // released
        }
        while (canSend() && (at < end || info != null)) {
            long length = Math.min(PART_BYTES, end - at);
            byte[] head = head(info, (int) length);
            send(new Frame(head, head.length, pinned.bytes().asSlice(at, length), scratch));
            at += length;
            info = null;
        }
        return at == end && info == null;
    }

    private static byte[] head(@Nullable ObjectInfo info, int length) {
        int size = info == null ? 0 : size(info);
        if (length > 0) {
            size += CodedOutputStream.computeTagSize(GetResponse.DATA_FIELD_NUMBER);
            size += CodedOutputStream.computeUInt32SizeNoTag(length);
        }
        byte[] head = new byte[size];
        CodedOutputStream fields = CodedOutputStream.newInstance(head);
        try {
            if (info != null) {
                fields.writeMessage(GetResponse.OBJECT_FIELD_NUMBER, info);
            }
            if (length > 0) {
                fields.writeTag(GetResponse.DATA_FIELD_NUMBER, Fields.LENGTH_DELIMITED);
                fields.writeUInt32NoTag(length);
            }
            fields.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array has the size that was computed
        }
        return head;
    }

    private static int size(ObjectInfo info) {
        return CodedOutputStream.computeMessageSize(GetResponse.OBJECT_FIELD_NUMBER, info);
    }

    @Override
    void release() {
        Pinned pinned = pin;
        pin = null;
        if (pinned != null) {
            pinned.release();
        }
    }
}
