package io.tokamak.gateway.grpc;

import com.google.protobuf.CodedOutputStream;
import io.grpc.ServerCall;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.node.Waits;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.BatchGetResponse.Item;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Many small objects, as many in a message as fit. Each is pinned while it is copied; nothing is
 * while the call waits (I39).
 */
final class BatchGetCall extends Answering<BatchGetRequest, Frame> {
    private static final int COUNT_MAX = 10_000;
    private static final int OBJECT_BYTES_MAX = 1 << 20;

    /** A message that has about as many is sent. */
    private static final int MESSAGE_BYTES = 128 << 10;

    private static final int OBJECT_BYTES_EXPECTED = 2 << 10;

    private final NodeConnection connection;
    private List<Target> targets = List.of();
    private Set<ObjectId> missing = Set.of();
    private boolean withInfo;

    /** Of the targets: the first that is not in any message yet. */
    private int next;

    private byte[] buffer = new byte[0];
    private CodedOutputStream message = CodedOutputStream.newInstance(buffer);

    BatchGetCall(ServerCall<Received, Frame> call, NodeConnection connection) {
        super(call, BatchGetRequest.parser());
        this.connection = connection;
        call.setOnReadyThreshold(MESSAGE_BYTES);
    }

    @Override
    void begin(BatchGetRequest request) {
        targets = Catalog.targets(request.getObjectsList(), COUNT_MAX);
        withInfo = request.getWithInfo();
        renew(Math.min(MESSAGE_BYTES, targets.size() * OBJECT_BYTES_EXPECTED));
        Deadline deadline = Messages.deadline(request.getWait());
        TokamakClient client = connection.client();
        Set<ObjectId> unseen = new HashSet<>();
        for (Target target : targets) {
            if (!client.peek(target.id())) {
                unseen.add(target.id());
            }
        }
        if (!unseen.isEmpty()) { // the node knows better
            missing =
                    Set.copyOf(
                            Waits.await(
                                            connection,
                                            unseen,
                                            unseen.size(),
                                            deadline,
                                            this::isCancelled)
                                    .pending());
        }
    }

    @Override
    boolean proceed() {
        TokamakClient client = connection.client();
        try {
            while (canSend() && next < targets.size()) {
                while (next < targets.size() && add(client, targets.get(next))) {
                    next++;
                }
                send(new Frame(buffer, message.getTotalBytesWritten()));
                renew(buffer.length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // into an array that has the room
        }
        return next == targets.size();
    }

    /** Whether the object is in the message; false: the message is full. */
    private boolean add(TokamakClient client, Target target) throws IOException {
        if (missing.contains(target.id())) {
            return add(Item.newBuilder().setIndex(next).setMissing(true).build(), null);
        }
        try (ObjectView view =
                target.name() == null
                        ? client.get(target.id(), Deadline.NONE)
                        : client.get(target.name(), Deadline.NONE)) {
            Item.Builder item = Item.newBuilder().setIndex(next);
            if (withInfo) {
                item.setObject(Messages.object(view));
            }
            return view.sizeBytes() > OBJECT_BYTES_MAX
                    ? add(item.setTooLargeBytes(view.sizeBytes()).build(), null)
                    : add(item.build(), view.byteBuffer());
        } catch (ObjectNotFound deleted) {
            return add(Item.newBuilder().setIndex(next).setMissing(true).build(), null);
        }
    }

    /**
     * Adds an item.
     *
     * @param fields all but its data
     * @param data null: none
     */
    private boolean add(Item fields, @Nullable ByteBuffer data) throws IOException {
        int size = fields.getSerializedSize();
        if (data != null) {
            size += CodedOutputStream.computeByteBufferSize(Item.DATA_FIELD_NUMBER, data);
        }
        int needed =
                CodedOutputStream.computeTagSize(BatchGetResponse.ITEMS_FIELD_NUMBER)
                        + CodedOutputStream.computeUInt32SizeNoTag(size)
                        + size;
        if (needed > message.spaceLeft()) {
            if (message.getTotalBytesWritten() > 0) {
                return false;
            }
            renew(needed);
        }
        message.writeTag(BatchGetResponse.ITEMS_FIELD_NUMBER, Fields.LENGTH_DELIMITED);
        message.writeUInt32NoTag(size);
        fields.writeTo(message);
        if (data != null) {
            message.writeByteBuffer(Item.DATA_FIELD_NUMBER, data);
        }
        return true;
    }

    /** Begins another message, of that length at most. What was sent was copied. */
    private void renew(int length) {
        if (buffer.length < length) {
            buffer = new byte[length];
        }
        message = CodedOutputStream.newInstance(buffer);
    }

    /** A pin is held within {@link #add} alone. */
    @Override
    void release() {
        buffer = new byte[0];
    }
}
