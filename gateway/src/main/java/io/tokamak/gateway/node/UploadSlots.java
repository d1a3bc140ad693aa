package io.tokamak.gateway.node;

import io.tokamak.objects.QuotaExceeded;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.stereotype.Component;

/** How many uploads there may be at once, over all protocols. Thread-safe. */
@Component
public final class UploadSlots {
    private final int max;
    private final Semaphore free;

    UploadSlots(GatewayProperties properties) {
        max = properties.uploadsMax();
        free = new Semaphore(max);
    }

    /** One of the uploads. */
    public interface Slot extends AutoCloseable {
        /** Lets another begin. Idempotent. */
        @Override
        void close();
    }

    /**
     * A slot for one more.
     *
     * @throws QuotaExceeded when all are taken
     */
    public Slot take() {
        if (!free.tryAcquire()) {
            throw QuotaExceeded.atOnce("uploads", max, "tokamak.uploads-max");
        }
        AtomicBoolean taken = new AtomicBoolean(true);
        return () -> {
            if (taken.compareAndSet(true, false)) {
                free.release();
            }
        };
    }
}
