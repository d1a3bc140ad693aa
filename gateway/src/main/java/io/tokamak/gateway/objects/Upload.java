package io.tokamak.gateway.objects;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * A body on its way into the node's memory. What is large goes there directly from the socket's
 * buffers; what is small is collected first, so that a stalled sender holds no memory of the node.
 *
 * @param length as declared; -1: not known
 * @param expectedDigest SHA-256; null: none was sent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Upload(
        TokamakClient client,
        PutOptions options,
        long length,
        byte @Nullable [] expectedDigest,
        Body body) {
    /** Up to here an object is collected in the heap. */
    static final int SMALL_BYTES_MAX = 64 << 10;

    /** Reads the body and stores it; nothing stays when that fails. Blocks. */
    Stored run() {
        if (length > SMALL_BYTES_MAX) {
            return ofKnownLength();
        }
        byte[] head = new byte[length >= 0 ? (int) length : SMALL_BYTES_MAX];
        int filled = 0;
        DataBuffer overflow = null;
        for (DataBuffer buffer = body.next(); buffer != null; buffer = body.next()) {
            int readable = buffer.readableByteCount();
            if (readable > head.length - filled) {
                overflow = buffer;
                break;
            }
            buffer.read(head, filled, readable);
            DataBufferUtils.release(buffer);
            filled += readable;
        }
        if (overflow != null) {
            return ofUnknownLength(ByteBuffer.wrap(head, 0, filled), overflow);
        }
        checkLength(filled);
        byte[] payload = filled == head.length ? head : Arrays.copyOf(head, filled);
        if (expectedDigest != null) {
            Digests.check(expectedDigest, Digests.sha256().digest(payload));
        }
        return client.put(payload, options);
    }

    private Stored ofKnownLength() {
        try (ObjectWriter writer = client.createUnclaimed(OptionalLong.of(length), options)) {
            MessageDigest digest = expectedDigest == null ? null : Digests.sha256();
            MemorySegment payload = writer.segment();
            long position = 0;
            for (DataBuffer buffer = body.next(); buffer != null; buffer = body.next()) {
                try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
                    while (parts.hasNext()) {
                        ByteBuffer part = parts.next();
                        payload.asSlice(position, part.remaining())
                                .copyFrom(MemorySegment.ofBuffer(part));
                        position += part.remaining();
                        update(digest, part);
                    }
                } finally {
                    DataBufferUtils.release(buffer);
                }
            }
            checkLength(position);
            return seal(writer, digest);
        }
    }

    private Stored ofUnknownLength(ByteBuffer head, DataBuffer next) {
        DataBuffer buffer = next;
        try (ObjectWriter writer = client.createUnclaimed(OptionalLong.empty(), options)) {
            MessageDigest digest = expectedDigest == null ? null : Digests.sha256();
            update(digest, head.duplicate());
            writer.write(head);
            while (buffer != null) {
                try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
                    while (parts.hasNext()) {
                        ByteBuffer part = parts.next();
                        update(digest, part.duplicate());
                        writer.write(part);
                    }
                }
                DataBufferUtils.release(buffer);
                buffer = null;
                buffer = body.next();
            }
            return seal(writer, digest);
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    private Stored seal(ObjectWriter writer, @Nullable MessageDigest digest) {
        if (digest != null && expectedDigest != null) {
            Digests.check(expectedDigest, digest.digest());
        }
        return writer.seal();
    }

    private static void update(@Nullable MessageDigest digest, ByteBuffer part) {
        if (digest != null) {
            digest.update(part);
        }
    }

    /** What HTTP promised and did not hold: the sender is gone. */
    private void checkLength(long actual) {
        if (length >= 0 && actual != length) {
            throw new Body.Lost(null);
        }
    }
}
