package io.tokamak.values.arrow;

import io.tokamak.values.Body;
import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.ValuePin;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.message.ArrowDictionaryBatch;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * An IPC stream whose vectors lie in the object. Every batch is checked before a vector sees it, so
 * that none is ever grown or written, which in a read-only mapping would end the process.
 */
final class InPlaceReader extends ArrowReader {
    private static final int CONTINUATION = -1;
    private static final int METADATA_BYTES_MAX = 64 << 20;
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment stream;

    /** All of the stream, as Arrow knows memory; its last release ends the pin. */
    private final ArrowBuf whole;

    private long at;
    private boolean isClosed;

    private InPlaceReader(BufferAllocator allocator, ValuePin pin) {
        super(allocator);
        this.stream = pin.segment();
        this.whole =
                allocator.wrapForeignAllocation(
                        new ForeignAllocation(stream.byteSize(), stream.address()) {
                            @Override
                            protected void release0() {
                                pin.close();
                            }
                        });
    }

    /** Takes the object's pin over, shared: buffers are released by any thread. */
    @SuppressWarnings("MustBeClosedChecker") // closed by the caller
    static InPlaceReader of(BufferAllocator allocator, Body body) {
        ValuePin shared;
        try (ValuePin confined = body.keep()) {
            shared = confined.share();
        }
        InPlaceReader reader = new InPlaceReader(allocator, shared);
        try {
            reader.ensureInitialized();
            return reader;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            reader.closeQuietly(e);
            throw e instanceof DecodeException known ? known : wrong(String.valueOf(e), e);
        }
    }

    void closeQuietly(Throwable because) {
        try {
            close();
        } catch (IOException | RuntimeException e) {
            because.addSuppressed(e);
        }
    }

    private static DecodeException wrong(String why, @Nullable Throwable cause) {
        return DecodeException.malformed(MediaTypes.ARROW_STREAM, why, cause);
    }

    /** The next message; null at the end of the stream. */
    private @Nullable Message nextMessage() {
        if (stream.byteSize() - at < 4) {
            if (stream.byteSize() == at) {
                return null;
            }
            throw wrong("it ends amid a message", null);
        }
        int length = stream.get(INT, at);
        at += 4;
        if (length == CONTINUATION && stream.byteSize() - at >= 4) {
            length = stream.get(INT, at);
            at += 4;
        }
        if (length == 0) {
            return null;
        }
        if (length < 8 || length > Math.min(METADATA_BYTES_MAX, stream.byteSize() - at)) {
            throw wrong("metadata of %d bytes at %d".formatted(length, at), null);
        }
        byte[] metadata = stream.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        at += length;
        return Message.getRootAsMessage(ByteBuffer.wrap(metadata).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The message's body in place; its reference is the caller's. */
    private ArrowBuf body(Message message) {
        long length = message.bodyLength();
        if (length < 0 || length > stream.byteSize() - at) {
            throw wrong("a body of %d bytes at %d".formatted(length, at), null);
        }
        ArrowBuf body = whole.slice(at, length);
        body.getReferenceManager().retain();
        at += length;
        return body;
    }

    @Override
    protected Schema readSchema() throws IOException {
        try {
            Message message = nextMessage();
            if (message == null || message.headerType() != MessageHeader.Schema) {
                throw wrong("it does not begin with a schema", null);
            }
            at += message.bodyLength() == 0 ? 0 : skipped(message);
            return MessageSerializer.deserializeSchema(message);
        } catch (RuntimeException e) {
            throw e instanceof DecodeException known ? known : wrong(e.toString(), e);
        }
    }

    private static long skipped(Message message) {
        throw wrong("a schema with a body of %d bytes".formatted(message.bodyLength()), null);
    }

    /**
     * @throws DecodeException for what is no batch
     */
    @Override
    public boolean loadNextBatch() throws IOException {
        if (isClosed) {
            throw new IllegalStateException("the reader is closed");
        }
        try {
            prepareLoadNextBatch();
            return loadNext();
        } catch (DecodeException known) {
            throw known;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw wrong(e.toString(), e);
        }
    }

    private boolean loadNext() throws IOException {
        for (Message message = nextMessage(); message != null; message = nextMessage()) {
            switch (message.headerType()) {
                case MessageHeader.DictionaryBatch -> readDictionary(message);
                case MessageHeader.RecordBatch -> {
                    readBatch(message);
                    return true;
                }
                default -> throw wrong("a message of kind " + message.headerType(), null);
            }
        }
        return false;
    }

    private void readBatch(Message message) throws IOException {
        RecordBatch head = (RecordBatch) message.header(new RecordBatch());
        ArrowBuf body = body(message);
        try (ArrowRecordBatch read = deserialized(head, body)) {
            List<Field> fields = fields(getVectorSchemaRoot());
            loadRecordBatch(BatchCheck.checked(read, fields, body.capacity(), allocator));
        }
    }

    /** The batch, which has references of its own, and has given back that of the body. */
    private static ArrowRecordBatch deserialized(@Nullable RecordBatch head, ArrowBuf body)
            throws IOException {
        try {
            BatchCheck.places(Objects.requireNonNull(head), body.capacity());
            return MessageSerializer.deserializeRecordBatch(head, body);
        } catch (IOException | RuntimeException e) {
            body.close();
            throw e;
        }
    }

    private static List<Field> fields(VectorSchemaRoot root) {
        return root.getFieldVectors().stream().map(vector -> vector.getField()).toList();
    }

    private void readDictionary(Message message) throws IOException {
        DictionaryBatch head =
                (DictionaryBatch) Objects.requireNonNull(message.header(new DictionaryBatch()));
        // Read before the body is anybody's: the metadata may end anywhere.
        long id = head.id();
        RecordBatch data = head.data();
        if (head.isDelta()) {
            throw new DecodeException(
                    "dictionary %d goes on in a delta, which cannot be read in place".formatted(id),
                    "write it whole (pyarrow: unify_dictionaries), or read a copy of the bytes"
                            + " by Arrow's own ArrowStreamReader",
                    null);
        }
        Dictionary dictionary = lookup(id);
        if (dictionary == null) {
            throw wrong("dictionary %d is not known".formatted(id), null);
        }
        ArrowBuf body = body(message);
        try (ArrowRecordBatch read = deserialized(data, body)) {
            List<Field> field = List.of(dictionary.getVector().getField());
            ArrowRecordBatch checked = BatchCheck.checked(read, field, body.capacity(), allocator);
            loadDictionary(new ArrowDictionaryBatch(id, checked, false));
        }
    }

    /**
     * The one batch of a stream, which with its dictionaries then is all that holds the pin.
     *
     * @throws DecodeException when there are more, or none, or dictionaries that are not expected
     */
    DictionaryTable onlyBatch(boolean hasDictionaries) throws IOException {
        VectorSchemaRoot root = getVectorSchemaRoot();
        boolean isThere = loadNextBatch();
        if (!isThere || nextMessage() != null) {
            throw new DecodeException(
                    "the table has not exactly one batch",
                    "read it as " + ArrowReader.class.getTypeName(),
                    null);
        }
        if (!hasDictionaries && !getDictionaryIds().isEmpty()) {
            throw new DecodeException(
                    "the table has dictionaries",
                    "read it as " + DictionaryTable.class.getTypeName(),
                    null);
        }
        DictionaryTable table = new DictionaryTable(root, getDictionaryVectors());
        closeReadSource();
        return table;
    }

    @Override
    public long bytesRead() {
        return at;
    }

    @Override
    protected void closeReadSource() {
        if (!isClosed) {
            isClosed = true;
            whole.close();
        }
    }

    @Override
    public String toString() {
        return "Arrow stream of " + whole.capacity() + " bytes";
    }
}
