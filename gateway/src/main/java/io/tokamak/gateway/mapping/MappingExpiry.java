package io.tokamak.gateway.mapping;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Ends mappings whose time is over: never early, and late by little more than a round takes. */
final class MappingExpiry implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(MappingExpiry.class);
    private static final long ROUND_MILLIS = 200;

    private final MappingTable<?> mappings;
    private volatile @Nullable CountDownLatch stop;

    MappingExpiry(MappingTable<?> mappings) {
        this.mappings = mappings;
    }

    @Override
    public void start() {
        CountDownLatch ended = new CountDownLatch(1);
        stop = ended;
        Thread.ofPlatform().daemon().name("mapping-expiry").start(() -> run(ended));
    }

    private void run(CountDownLatch ended) {
        try {
            while (!ended.await(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
                try {
                    mappings.expire();
                } catch (RuntimeException | Error e) {
                    LOG.error("a mapping did not end as it should; going on with the others", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void stop() {
        CountDownLatch running = stop;
        stop = null;
        if (running != null) {
            running.countDown();
        }
        mappings.clear();
    }

    @Override
    public boolean isRunning() {
        return stop != null;
    }

    /** Ends before the connection to the node, whose pins these are. */
    @Override
    public int getPhase() {
        return 1;
    }
}
