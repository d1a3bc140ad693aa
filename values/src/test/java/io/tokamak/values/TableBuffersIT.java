package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.MediaType;
import io.tokamak.values.TestStore.Route;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Where the buffers of a table say that they lie, by a real node")
class TableBuffersIT implements WithStore {
    private static final int ROWS = 100;

    private final TokamakClient client;
    private final Values values;

    TableBuffersIT(Clients clients) {
        client = clients.client(Route.CO_LOCATED);
        values = clients.values(Route.CO_LOCATED);
    }

    @Test
    @DisplayName(
            "a table's buffers that overlap are read as they lie, and such as leave its body are"
                    + " refused")
    void buffersThatOverlapOrLeave() throws Exception {
        byte[] good;
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot table = numbers(allocator);
                ObjectView view = client.get(values.put(table).id(), Deadline.NONE)) {
            good = view.segment().toArray(ValueLayout.JAVA_BYTE);
        }
        BatchHead head = BatchHead.of(good);
        long first = head.offset(1);
        long second = head.offset(3);
        long bytes = head.length(3);
        long body = head.bodyBytes();
        assertThat(bytes).isEqualTo(ROWS * Long.BYTES);
        assertThat(secondColumn(good)).isEqualTo(-1);
        assertThat(secondColumn(head.with(3, first, bytes))).as("the same bytes").isEqualTo(1);
        assertThat(secondColumn(head.with(3, first + 8, bytes))).as("a part of them").isEqualTo(2);

        BufferAllocator readers = Tables.readers(values);
        long before = readers.getAllocatedMemory();
        long[][] leaving = {
            {body - bytes + 8, bytes},
            {body, bytes},
            {body + 64, 0},
            {-8, bytes},
            {Long.MIN_VALUE, bytes},
            {Long.MAX_VALUE - bytes, bytes},
            {Long.MAX_VALUE, bytes},
            {second, body},
            {second, -bytes},
            {second, Long.MIN_VALUE},
            {second, Long.MAX_VALUE},
            {0, Long.MAX_VALUE},
            {second, bytes - 1}
        };
        for (long[] each : leaving) {
            assertThatThrownBy(() -> secondColumn(head.with(3, each[0], each[1])))
                    .as("offset %d, length %d", each[0], each[1])
                    .isInstanceOf(DecodeException.class);
            assertThat(readers.getAllocatedMemory())
                    .as("held after offset %d, length %d", each[0], each[1])
                    .isEqualTo(before);
        }
    }

    /** Two columns, of 1, 2, ... and of -1, -2, ... */
    private static VectorSchemaRoot numbers(BufferAllocator allocator) {
        BigIntVector up = new BigIntVector("up", allocator);
        BigIntVector down = new BigIntVector("down", allocator);
        for (int i = 0; i < ROWS; i++) {
            up.setSafe(i, i + 1);
            down.setSafe(i, -i - 1);
        }
        VectorSchemaRoot table = new VectorSchemaRoot(List.of(up, down));
        table.setRowCount(ROWS);
        return table;
    }

    /** The first element of the second column of a stored table. */
    private long secondColumn(byte[] stream) {
        Stored stored =
                client.put(
                        stream,
                        PutOptions.DEFAULTS.withMediaType(
                                new MediaType("application/vnd.apache.arrow.stream")));
        try (VectorSchemaRoot read = values.get(stored.id(), VectorSchemaRoot.class)) {
            return ((BigIntVector) read.getVector(1)).get(0);
        }
    }

    /** Where a stream's first batch says that its buffers lie, to be changed. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record BatchHead(byte[] stream, RecordBatch batch, long bodyBytes) {
        static BatchHead of(byte[] stream) {
            ByteBuffer bytes = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
            int at = 8 + bytes.getInt(4); // behind the schema
            ByteBuffer metadata = bytes.slice(at + 8, bytes.getInt(at + 4));
            Message message = Message.getRootAsMessage(metadata.order(ByteOrder.LITTLE_ENDIAN));
            RecordBatch batch =
                    (RecordBatch) Objects.requireNonNull(message.header(new RecordBatch()));
            return new BatchHead(stream, batch, message.bodyLength());
        }

        long offset(int buffer) {
            return batch.buffers(buffer).offset();
        }

        long length(int buffer) {
            return batch.buffers(buffer).length();
        }

        /** The stream with one buffer elsewhere. */
        byte[] with(int buffer, long offset, long length) {
            ByteBuffer changed = ByteBuffer.wrap(stream.clone()).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; ; at++) { // throws at the end: it is there
                if (changed.getLong(at) == offset(buffer)
                        && changed.getLong(at + 8) == length(buffer)) {
                    changed.putLong(at, offset).putLong(at + 8, length);
                    return changed.array();
                }
            }
        }
    }
}
