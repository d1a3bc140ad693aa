package io.tokamak.node.objects;

import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a node knows, in a session file that its client may write, the extents that were lent to it:
 * each bears the number of its lease and a code that only a node can make (HMAC, RFC 2104, over
 * SHA-256, cut to 64 bits). Of two proven extents that overlap the later lease is right: the bytes
 * were given back before they were lent again.
 *
 * <p>The key is what the file {@code lock} holds, which no client can open. The owner thread's.
 */
final class LeaseProofs {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    private final OpenFile lock;
    private final byte[] key;
    private final Mac mac;
    private final ByteBuffer message = ByteBuffer.allocate(5 * Long.BYTES);
    private boolean established;

    private LeaseProofs(OpenFile lock, byte[] key, boolean established) {
        this.lock = lock;
        this.key = key;
        this.established = established;
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** Those of the store that is there, whatever node made them. */
    static LeaseProofs of(OpenFile lock) throws IOException {
        byte[] key = lock.read(0, KEY_BYTES);
        return key.length == KEY_BYTES ? new LeaseProofs(lock, key, true) : ofNewStore(lock);
    }

    static LeaseProofs ofNewStore(OpenFile lock) {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return new LeaseProofs(lock, key, false);
    }

    /**
     * Whether sessions have proofs by this key. They have not after a node that made none: what
     * they say is believed, as far as it contradicts nothing, until {@link #establish}.
     */
    boolean areEstablished() {
        return established;
    }

    /** Every extent that is lent has its proof. */
    void establish() throws IOException {
        lock.write(0, key);
        established = true;
    }

    /**
     * The code of a lease.
     *
     * @param serial number of the lease; a later one has a higher one
     */
    long of(int session, int lane, long extent, long start, long length, long serial) {
        message.clear()
                .putLong((long) session << 32 | lane)
                .putLong(extent)
                .putLong(start)
                .putLong(length)
                .putLong(serial);
        return ByteBuffer.wrap(Arrays.copyOf(mac.doFinal(message.array()), Long.BYTES)).getLong();
    }
}
