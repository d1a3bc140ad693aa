package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Sha256;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Digests of objects, kept once they were computed; many ask for one of them at the same time, and
 * one computes it. Thread-safe.
 */
final class KeptDigests {
    private static final int COUNT_MAX = 10_000;
    private static final int PART_BYTES = 64 << 10;

    /** After so many, others have a turn: virtual threads that compute are not suspended. */
    private static final int TURN_BYTES = 1 << 20;

    private static final long GLANCE_MILLIS = 200;

    private final Map<String, byte[]> digestsByTag =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, byte[]> eldest) {
                    return size() > COUNT_MAX;
                }
            };

    /** Held by who computes that digest. */
    private final ConcurrentHashMap<String, ReentrantLock> locksByTag = new ConcurrentHashMap<>();

    /**
     * The SHA-256 of what has that tag.
     *
     * @param isCancelled asked now and then, whether nobody wants it any more
     * @throws CancellationException when nobody does
     */
    byte[] sha256(String tag, MemorySegment bytes, BooleanSupplier isCancelled) {
        byte[] known = find(tag);
        if (known != null) {
            return known;
        }
        ReentrantLock lock = locksByTag.computeIfAbsent(tag, _ -> new ReentrantLock());
        await(lock, isCancelled);
        try {
            known = find(tag); // of who had the lock
            if (known == null) {
                known = compute(bytes, isCancelled);
                synchronized (digestsByTag) {
                    digestsByTag.put(tag, known);
                }
            }
            return known;
        } finally {
            if (!lock.hasQueuedThreads()) {
                locksByTag.remove(tag, lock);
            }
            lock.unlock();
        }
    }

    private byte @Nullable [] find(String tag) {
        synchronized (digestsByTag) {
            return digestsByTag.get(tag);
        }
    }

    private static void await(ReentrantLock lock, BooleanSupplier isCancelled) {
        try {
            while (!lock.tryLock(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
                check(isCancelled);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // it lets others have a turn, and nothing rests on it
    private static byte[] compute(MemorySegment bytes, BooleanSupplier isCancelled) {
        MessageDigest digest = Sha256.begin();
        byte[] part = new byte[PART_BYTES];
        for (long at = 0; at < bytes.byteSize(); at += part.length) {
            if (at % TURN_BYTES == 0) {
                check(isCancelled);
                Thread.yield();
            }
            int length = (int) Math.min(part.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, part, 0, length);
            digest.update(part, 0, length);
        }
        return digest.digest();
    }

    private static void check(BooleanSupplier isCancelled) {
        if (isCancelled.getAsBoolean()) {
            throw new CancellationException("nobody waits for the digest");
        }
    }
}
