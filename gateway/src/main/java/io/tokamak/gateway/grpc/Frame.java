package io.tokamak.gateway.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A message to be sent that is encoded by hand: some fields, then the bytes of the last field from
 * where they lie. All is copied into the buffers of the socket while it is being sent (I38), and
 * not looked at afterwards.
 *
 * @param head fields, the tag and length of the last one among them
 * @param headLength how much of it counts
 * @param bytes the last field's
 * @param scratch what these go through, in parts: gRPC takes arrays alone
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Frame(byte[] head, int headLength, MemorySegment bytes, byte[] scratch) {
    static final Marshaller<Frame> MARSHALLER =
            new Marshaller<>() {
                @Override
                public InputStream stream(Frame frame) {
                    return frame.new Encoded();
                }

                @Override
                public Frame parse(InputStream stream) {
                    throw new UnsupportedOperationException("frames are only sent");
                }
            };

    /** Of fields alone. */
    Frame(byte[] head, int headLength) {
        this(head, headLength, MemorySegment.NULL, head);
    }

    private final class Encoded extends InputStream implements Drainable, KnownLength {
        private long position;

        @Override
        public int available() {
            return Math.toIntExact(headLength + bytes.byteSize() - position);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            boolean inHead = position < headLength;
            int left = inHead ? headLength - (int) position : available();
            if (left == 0) {
                return -1;
            }
            int count = Math.min(length, left);
            if (inHead) {
                System.arraycopy(head, (int) position, target, offset, count);
            } else {
                MemorySegment.copy(
                        bytes, ValueLayout.JAVA_BYTE, position - headLength, target, offset, count);
            }
            position += count;
            return count;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int length = available();
            if (position < headLength) {
                target.write(head, (int) position, headLength - (int) position);
                position = headLength;
            }
            for (int count = read(scratch, 0, scratch.length);
                    count > 0;
                    count = read(scratch, 0, scratch.length)) {
                target.write(scratch, 0, count);
            }
            return length;
        }
    }
}
