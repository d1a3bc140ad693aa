package io.tokamak.gateway.node;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidRequest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way into the node's memory. What is large goes there directly from the buffers in
 * which it came; what is small is collected first, so that a stalled sender holds no memory of the
 * node. Nothing stays of one that is closed before its seal.
 *
 * <p>For one thread at a time. Its calls may wait for the node, and for room.
 */
public final class Upload implements AutoCloseable {
    /** Up to here an object is collected in the heap. */
    public static final int SMALL_BYTES_MAX = 64 << 10;

    /** No pool is as large: what is said to be larger is refused likewise. */
    private static final long SIZE_BYTES_MAX = 1L << 60;

    private final TokamakClient client;
    private final PutOptions options;
    private final OptionalLong announced;
    private final byte @Nullable [] expectedDigest;
    private final @Nullable MessageDigest digest;
    private long position;

    /** The digest is the one that was expected. */
    private boolean isChecked;

    /** Of a large one. */
    private @Nullable ObjectWriter writer;

    /** Of a small one; as much of it as {@link #position} says. */
    private byte[] collected = new byte[0];

    /**
     * Begins one; what is said to be large gets its room now.
     *
     * @param announced bytes that will come; empty: not known
     * @param expectedDigest SHA-256 of the bytes; null: not checked
     * @throws io.tokamak.objects.OutOfMemory when there is no room by the deadline of the options
     * @throws io.tokamak.objects.TooLarge when it is larger than the pool
     */
    public Upload(
            TokamakClient client,
            PutOptions options,
            OptionalLong announced,
            byte @Nullable [] expectedDigest) {
        this.client = client;
        this.options = options;
        this.announced = announced;
        this.expectedDigest = expectedDigest;
        this.digest = expectedDigest == null ? null : Sha256.begin();
        if (announced.orElse(0) > SMALL_BYTES_MAX) {
            long size = Math.min(announced.getAsLong(), SIZE_BYTES_MAX);
            writer = client.createUnclaimed(OptionalLong.of(size), options);
        }
    }

    /**
     * Takes what remains in the buffer, whose position moves to its limit.
     *
     * @throws InvalidRequest {@code size-mismatch} when that is more than was announced
     * @throws io.tokamak.objects.OutOfMemory when an object of unknown length finds no room to grow
     */
    public void write(ByteBuffer part) {
        int length = part.remaining();
        if (announced.isPresent() && length > announced.getAsLong() - position) {
            throw sizeMismatch(position + length);
        }
        if (digest != null) {
            digest.update(part.duplicate());
        }
        if (writer == null && position + length <= SMALL_BYTES_MAX) {
            makeRoom((int) position + length);
            part.get(collected, (int) position, length);
        } else {
            large().write(part);
        }
        position += length;
    }

    private void makeRoom(int needed) {
        if (needed > collected.length) {
            int capacity = Math.min(SMALL_BYTES_MAX, Math.max(needed, 2 * collected.length));
            collected = Arrays.copyOf(collected, (int) announced.orElse(capacity));
        }
    }

    private ObjectWriter large() {
        ObjectWriter open = writer;
        if (open == null) { // larger than it could be known to be
            open = client.createUnclaimed(OptionalLong.empty(), options);
            writer = open;
            open.write(ByteBuffer.wrap(collected, 0, (int) position));
            collected = new byte[0];
        }
        return open;
    }

    /** Whether there is room for all of it: then {@link #write} copies, and never waits. */
    public boolean isPlaced() {
        return writer != null && announced.isPresent() && digest == null;
    }

    /** Bytes that came. */
    public long position() {
        return position;
    }

    /**
     * Stores the object.
     *
     * @throws InvalidRequest {@code size-mismatch} when less came than was announced
     * @throws io.tokamak.objects.DigestMismatch when other bytes came than were meant
     * @throws io.tokamak.objects.ObjectExists when its name is taken by other bytes
     */
    public Stored seal() {
        check();
        return writer == null ? client.put(small(), options) : writer.seal();
    }

    /**
     * As {@link #seal}, if a small object can be stored without waiting.
     *
     * @return null: seal it
     */
    public @Nullable Stored trySeal() {
        check();
        return writer == null ? client.tryPut(small(), options) : null;
    }

    private void check() {
        if (announced.isPresent() && position != announced.getAsLong()) {
            throw sizeMismatch(position);
        }
        if (digest != null && expectedDigest != null && !isChecked) {
            Sha256.check(expectedDigest, digest.digest());
            isChecked = true;
        }
    }

    private ByteBuffer small() {
        return ByteBuffer.wrap(collected, 0, (int) position);
    }

    private InvalidRequest sizeMismatch(long came) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("announced", announced.orElse(0));
        numbers.put("received", came);
        return new InvalidRequest(
                InvalidRequest.SIZE_MISMATCH,
                "%d bytes came, %d were announced".formatted(came, announced.orElse(0)),
                "announce the right size, or none",
                numbers);
    }

    /** Gives back what was not sealed. Idempotent. */
    @Override
    public void close() {
        if (writer != null) {
            writer.close();
        }
        collected = new byte[0];
    }
}
