package io.tokamak.benchmarks;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.grpc.Drainable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Messages of Get and Put by hand, for a server and a client with nothing in the way. */
final class GrpcFrames {
    /** Of one message of Get, as the gateway sends it. */
    static final int GET_BYTES = 128 << 10;

    /** Of one message of Put. */
    static final int PUT_BYTES = 256 << 10;

    /** The number of {@code data} in the messages of both. */
    private static final int DATA_FIELD_NUMBER = 2;

    private static final int LENGTH_DELIMITED = 2;
    private static final int TYPE_BITS = 3;
    private static final int SCRATCH_BYTES = 16 << 10;

    static final MethodDescriptor<Frame, InputStream> PUT =
            ObjectStoreGrpc.getPutMethod().toBuilder(new Sent(), new Taken()).build();
    static final MethodDescriptor<Frame, InputStream> GET =
            ObjectStoreGrpc.getGetMethod().toBuilder(new Sent(), new Taken()).build();

    private GrpcFrames() {}

    /**
     * A message: encoded fields, then the bytes of {@code data}.
     *
     * @param bytes of the data; none: the fields are all
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Frame(byte[] head, MemorySegment bytes) {
        static Frame of(byte[] fields) {
            return new Frame(fields, MemorySegment.NULL);
        }

        static Frame data(MemorySegment bytes) {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            CodedOutputStream fields = CodedOutputStream.newInstance(head);
            try {
                fields.writeTag(DATA_FIELD_NUMBER, LENGTH_DELIMITED);
                fields.writeUInt32NoTag((int) bytes.byteSize());
                fields.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Frame(head.toByteArray(), bytes);
        }
    }

    private static final class Sent implements MethodDescriptor.Marshaller<Frame> {
        @Override
        public InputStream stream(Frame frame) {
            return new Encoded(frame);
        }

        @Override
        public Frame parse(InputStream stream) {
            throw new UnsupportedOperationException("frames are only sent");
        }
    }

    /** Leaves the message where it is: valid while it is delivered. */
    private static final class Taken implements MethodDescriptor.Marshaller<InputStream> {
        @Override
        public InputStream stream(InputStream message) {
            return message;
        }

        @Override
        public InputStream parse(InputStream stream) {
            return stream;
        }
    }

    private static final class Encoded extends InputStream implements Drainable, KnownLength {
        private final Frame frame;

        Encoded(Frame frame) {
            this.frame = frame;
        }

        @Override
        public int available() {
            return frame.head().length + (int) frame.bytes().byteSize();
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("frames are drained");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return read();
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            target.write(frame.head());
            byte[] scratch = new byte[SCRATCH_BYTES];
            long size = frame.bytes().byteSize();
            for (long at = 0; at < size; at += scratch.length) {
                int length = (int) Math.min(scratch.length, size - at);
                MemorySegment.copy(frame.bytes(), ValueLayout.JAVA_BYTE, at, scratch, 0, length);
                target.write(scratch, 0, length);
            }
            return available();
        }
    }

    /**
     * Copies the data of a message, which ends it.
     *
     * @return how many bytes it was; 0: the message has none
     */
    static int copyData(InputStream message, MemorySegment target, long offset) throws IOException {
        int length = dataLength(message);
        for (int copied = 0; copied < length; ) {
            int count;
            // A buffer that Netty has put together of several has no one place.
            if (message instanceof HasByteBuffer buffers && buffers.byteBufferSupported()) {
                ByteBuffer buffer = buffers.getByteBuffer();
                if (buffer == null) {
                    throw new IOException("a message ends within its data");
                }
                count = Math.min(buffer.remaining(), length - copied);
                MemorySegment source = MemorySegment.ofBuffer(buffer);
                MemorySegment.copy(source, 0, target, offset + copied, count);
                message.skipNBytes(count);
            } else {
                byte[] part = message.readNBytes(Math.min(SCRATCH_BYTES, length - copied));
                if (part.length == 0) {
                    throw new IOException("a message ends within its data");
                }
                count = part.length;
                MemorySegment.copy(part, 0, target, ValueLayout.JAVA_BYTE, offset + copied, count);
            }
            copied += count;
        }
        return length;
    }

    /** Passes over other fields, all of which are messages. */
    private static int dataLength(InputStream message) throws IOException {
        for (int tag = message.read(); tag >= 0; tag = message.read()) {
            int length = CodedInputStream.readRawVarint32(message.read(), message);
            if (tag >>> TYPE_BITS == DATA_FIELD_NUMBER) {
                return length;
            }
            message.skipNBytes(length);
        }
        return 0;
    }
}
