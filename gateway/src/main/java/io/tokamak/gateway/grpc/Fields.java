package io.tokamak.gateway.grpc;

import com.google.protobuf.CodedInputStream;
import io.grpc.HasByteBuffer;
import io.tokamak.objects.InvalidRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The fields of an encoded message, one after the other, without its long ones passing through the
 * heap.
 */
final class Fields {
    /** The wire type of texts, bytes and messages. */
    static final int LENGTH_DELIMITED = 2;

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int FIXED_32 = 5;
    private static final int TYPE_BITS = 3;
    private static final int COPY_BYTES = 16 << 10;

    private final InputStream encoded;
    private int tag;

    Fields(InputStream encoded) {
        this.encoded = encoded;
    }

    /**
     * The number of the next field; 0 at the end.
     *
     * @throws InvalidRequest {@code bad-message}
     */
    int next() throws IOException {
        int first = encoded.read();
        if (first < 0) {
            return 0;
        }
        tag = CodedInputStream.readRawVarint32(first, encoded);
        int number = tag >>> TYPE_BITS;
        if (number == 0) {
            throw Received.bad("it has a field of number 0");
        }
        return number;
    }

    /** The field just found is bytes or a message: all of it. */
    byte[] readBytes() throws IOException {
        int length = length();
        byte[] bytes = encoded.readNBytes(length);
        if (bytes.length < length) {
            throw truncated();
        }
        return bytes;
    }

    /** The field just found is bytes: gives them as they lie, in parts. */
    void forEachPart(Consumer<ByteBuffer> reader) throws IOException {
        int left = length();
        if (encoded instanceof HasByteBuffer buffers && buffers.byteBufferSupported()) {
            while (left > 0) {
                ByteBuffer buffer = buffers.getByteBuffer();
                if (buffer == null) {
                    throw truncated();
                }
                int count = Math.min(left, buffer.remaining());
                reader.accept(buffer.slice(buffer.position(), count));
                encoded.skipNBytes(count);
                left -= count;
            }
            return;
        }
        byte[] copy = new byte[Math.min(left, COPY_BYTES)];
        while (left > 0) {
            int count = encoded.read(copy, 0, Math.min(left, copy.length));
            if (count < 0) {
                throw truncated();
            }
            reader.accept(ByteBuffer.wrap(copy, 0, count));
            left -= count;
        }
    }

    private int length() throws IOException {
        if ((tag & (1 << TYPE_BITS) - 1) != LENGTH_DELIMITED) {
            throw Received.bad("field " + (tag >>> TYPE_BITS) + " has another type");
        }
        int length = varint32();
        if (length < 0) {
            throw Received.bad("a field of negative length");
        }
        return length;
    }

    private int varint32() throws IOException {
        int first = encoded.read();
        if (first < 0) {
            throw truncated();
        }
        return CodedInputStream.readRawVarint32(first, encoded);
    }

    /** Leaves out the field just found, which a newer caller may know. */
    void skip() throws IOException {
        switch (tag & (1 << TYPE_BITS) - 1) {
            case VARINT -> {
                int next = encoded.read();
                while (next >= 0x80) {
                    next = encoded.read();
                }
                if (next < 0) {
                    throw truncated();
                }
            }
            case FIXED_64 -> encoded.skipNBytes(Long.BYTES);
            case FIXED_32 -> encoded.skipNBytes(Integer.BYTES);
            case LENGTH_DELIMITED -> encoded.skipNBytes(varint32());
            default -> throw Received.bad("a field of an unknown type");
        }
    }

    private static EOFException truncated() {
        return new EOFException("it ends within a field");
    }
}
