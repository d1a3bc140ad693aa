package io.tokamak.objects;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * SHA-256 of names.
 *
 * <p>A few digests are kept. A thread takes the one at its place and puts it back; when the place
 * is empty it clones a fresh one. A thread-local would keep one for every virtual thread.
 *
 * <p>Measured on 2 cores, JDK 25, warm, one thread: 112 to 124 ns for a name of 30 bytes, on
 * platform and virtual threads alike.
 */
final class NameDigest {
    private static final MessageDigest FRESH = newDigest();

    /** References in a cache line, so that two places never share one. */
    private static final int STRIDE = 16;

    private static final int PLACES =
            Integer.highestOneBit(Math.max(1, Runtime.getRuntime().availableProcessors() * 2 - 1));
    private static final AtomicReferenceArray<MessageDigest> KEPT =
            new AtomicReferenceArray<>(PLACES * STRIDE);

    private NameDigest() {}

    static ObjectId of(ObjectName name) {
        int place = (int) (Thread.currentThread().threadId() & (PLACES - 1)) * STRIDE;
        MessageDigest digest = KEPT.getAndSet(place, null);
        if (digest == null) {
            digest = fresh();
        }
        digest.update(Utf8.encode(name.namespace()));
        digest.update((byte) 0);
        byte[] hash = digest.digest(Utf8.encode(name.key())); // also resets it
        KEPT.setRelease(place, digest);
        long first = BigEndian.getLong(hash, 0);
        long second = BigEndian.getLong(hash, 8);
        return new ObjectId(
                (long) ObjectId.KIND_NAMED << 56 | first >>> 8, first << 56 | second >>> 8);
    }

    private static MessageDigest fresh() {
        try {
            return (MessageDigest) FRESH.clone();
        } catch (CloneNotSupportedException provider) {
            return newDigest();
        }
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }
}
