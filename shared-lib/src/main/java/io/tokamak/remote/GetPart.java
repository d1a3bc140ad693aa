package io.tokamak.remote;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.ObjectInfo;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link GetResponse} whose data still lies where the network left it, so that it is copied once:
 * to its place. For one thread; has to be closed.
 */
final class GetPart implements AutoCloseable {
    static final MethodDescriptor.Marshaller<GetPart> MARSHALLER = new Marshaller();

    private static final int COPY_BYTES = 64 << 10;

    private final @Nullable ObjectInfo object;
    private final InputStream data;
    private final int length;

    private GetPart(@Nullable ObjectInfo object, InputStream data, int length) {
        this.object = object;
        this.data = data;
        this.length = length;
    }

    /** In the first part, and only there. */
    @Nullable ObjectInfo object() {
        return object;
    }

    /** Bytes of data. */
    int length() {
        return length;
    }

    /** Copies the data; once. */
    void copyTo(MemorySegment target, long offset) throws IOException {
        long end = offset + length;
        if (data instanceof HasByteBuffer buffers && buffers.byteBufferSupported()) {
            for (long at = offset; at < end; ) {
                ByteBuffer buffer = buffers.getByteBuffer();
                if (buffer == null) {
                    throw new IOException("%d bytes of %d came".formatted(at - offset, length));
                }
                MemorySegment source = MemorySegment.ofBuffer(buffer);
                MemorySegment.copy(source, 0, target, at, source.byteSize());
                data.skipNBytes(source.byteSize());
                at += source.byteSize();
            }
            return;
        }
        byte[] part = new byte[Math.min(length, COPY_BYTES)];
        for (long at = offset; at < end; ) {
            int read = data.readNBytes(part, 0, (int) Math.min(part.length, end - at));
            if (read == 0) {
                throw new IOException("%d bytes of %d came".formatted(at - offset, length));
            }
            MemorySegment.copy(part, 0, target, ValueLayout.JAVA_BYTE, at, read);
            at += read;
        }
    }

    @Override
    public void close() {
        try {
            data.close();
        } catch (IOException e) {
            throw new IllegalStateException("a buffer of the network cannot be given back", e);
        }
    }

    private static final class Marshaller implements MethodDescriptor.Marshaller<GetPart> {
        private static final int OBJECT_TAG = tag(GetResponse.OBJECT_FIELD_NUMBER);
        private static final int DATA_TAG = tag(GetResponse.DATA_FIELD_NUMBER);

        private static int tag(int field) {
            return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
        }

        @Override
        public InputStream stream(GetPart part) {
            throw new UnsupportedOperationException("a client sends no answers");
        }

        @Override
        public GetPart parse(InputStream message) {
            try {
                GetPart part =
                        message instanceof Detachable && message instanceof KnownLength
                                ? parseInPlace(message)
                                : null;
                return part != null ? part : of(GetResponse.parseFrom(message));
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("an answer that is no GetResponse")
                        .withCause(e)
                        .asRuntimeException();
            }
        }

        /**
         * As servers write it: the object, if any, and then the data to the very end. Null: it is
         * written otherwise, and not read.
         */
        private static @Nullable GetPart parseInPlace(InputStream message) throws IOException {
            if (!message.markSupported()) {
                return null;
            }
            message.mark(Integer.MAX_VALUE);
            ObjectInfo object = null;
            while (message.available() > 0) {
                int tag = CodedInputStream.readRawVarint32(message.read(), message);
                int length = CodedInputStream.readRawVarint32(message.read(), message);
                int left = message.available();
                if (tag == DATA_TAG && length == left) {
                    return new GetPart(object, ((Detachable) message).detach(), length);
                }
                if (tag != OBJECT_TAG || object != null || length < 0 || length > left) {
                    message.reset();
                    return null;
                }
                object = ObjectInfo.parseFrom(message.readNBytes(length));
            }
            return new GetPart(object, InputStream.nullInputStream(), 0);
        }

        private static GetPart of(GetResponse response) {
            ByteString data = response.getData();
            return new GetPart(
                    response.hasObject() ? response.getObject() : null,
                    data.newInput(),
                    data.size());
        }
    }
}
